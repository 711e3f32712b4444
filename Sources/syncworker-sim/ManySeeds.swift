import Foundation
import SyncTesting

/// Worlds by the hundred, in as many processes as there are cores: each world is one thread, and
/// SQLite's memory is shared by the threads of a process.
struct ManySeeds: Summary {
    struct Found: Encodable {
        var seed: UInt64
        var invariant: String
        var what: String
    }

    private(set) var worlds = 0
    private(set) var seconds = 0.0
    private(set) var violations: [Found] = []
    private(set) var occurrences: [String: Int] = [:]
    private(set) var missing: [String] = []

    /// From so many worlds on everything that can happen has to have happened.
    private static let worldsForAll = 300

    init(seeds: Range<UInt64>, seconds limit: Int?, stopsAtFirst: Bool) {
        let start = ContinuousClock.now
        let parts = SeedParts(seeds: seeds, seconds: limit, stopsAtFirst: stopsAtFirst)
        let reports = parts.run()
        seconds = (ContinuousClock.now - start) / .seconds(1)
        worlds = reports.count
        for report in reports.sorted(by: { $0.seed < $1.seed }) {
            occurrences.merge(report.counts, uniquingKeysWith: +)
            if let violation = report.violation {
                violations.append(
                    Found(
                        seed: report.seed, invariant: violation.invariant, what: violation.what))
            }
        }
        missing = Simulation.everything.filter { occurrences[$0, default: 0] == 0 }
    }

    var isClean: Bool {
        violations.isEmpty && (worlds < Self.worldsForAll || missing.isEmpty)
    }

    var words: String {
        var lines = [
            "\(worlds) worlds in \(Int(seconds.rounded())) s, \(violations.count) violations"
        ]
        for (what, count) in occurrences.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(what): \(count)")
        }
        if !missing.isEmpty { lines.append("never happened: " + missing.joined(separator: ", ")) }
        return lines.joined(separator: "\n")
    }
}
