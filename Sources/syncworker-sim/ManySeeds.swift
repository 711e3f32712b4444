import Catalogue
import Foundation
import SyncTesting
import Synchronization

/// Worlds by the hundred, on as many threads as there are cores: each is one thread of its own.
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

    private struct Progress {
        var next: UInt64
        var reports: [Simulation.Report] = []
    }

    init(seeds: Range<UInt64>, seconds limit: Int?, stopsAtFirst: Bool, catalogue: Catalogue) {
        let start = ContinuousClock.now
        let progress = Mutex(Progress(next: seeds.lowerBound))
        DispatchQueue.concurrentPerform(
            iterations: ProcessInfo.processInfo.activeProcessorCount
        ) { _ in
            while let seed = Self.take(progress, seeds, limit, stopsAtFirst, start) {
                var report = Simulation.run(seed: seed, catalogue: catalogue)
                report.trace = []
                if let violation = report.violation {
                    Output.note(
                        "seed \(seed) breaks \(violation.invariant): \(violation.what)\n"
                            + "  syncworker-sim --seed \(seed) --trace")
                }
                let done = report
                progress.withLock { $0.reports.append(done) }
            }
        }
        seconds = (ContinuousClock.now - start) / .seconds(1)
        take(progress.withLock(\.reports))
    }

    private static func take(
        _ progress: borrowing Mutex<Progress>, _ seeds: Range<UInt64>, _ limit: Int?,
        _ stopsAtFirst: Bool, _ start: ContinuousClock.Instant
    ) -> UInt64? {
        progress.withLock { progress in
            if let limit, ContinuousClock.now - start > .seconds(limit) { return nil }
            if stopsAtFirst, progress.reports.contains(where: { $0.violation != nil }) {
                return nil
            }
            guard progress.next < seeds.upperBound else { return nil }
            defer { progress.next += 1 }
            return progress.next
        }
    }

    private mutating func take(_ reports: [Simulation.Report]) {
        worlds = reports.count
        for report in reports.sorted(by: { $0.seed < $1.seed }) {
            for (what, count) in report.counts { occurrences[what, default: 0] += count }
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

/// One world, twice.
struct OneSeed: Summary {
    private(set) var seed: UInt64
    /// Of everything that happened, in its order.
    private(set) var hash: String
    private(set) var isRepeatable: Bool
    private(set) var violation: Violation?
    private(set) var occurrences: [String: Int]

    init(seed: UInt64, catalogue: Catalogue, keepsTrace: Bool) throws {
        self.seed = seed
        let first = Simulation.run(seed: seed, catalogue: catalogue, keepsTrace: keepsTrace)
        for line in first.trace { Output.write(line) }
        let second = Simulation.run(seed: seed, catalogue: catalogue)
        hash = String(first.hash, radix: 16)
        isRepeatable = first.hash == second.hash
        violation = first.violation
        occurrences = first.counts
    }

    var isClean: Bool { violation == nil && isRepeatable }

    var words: String {
        let found =
            violation.map { "breaks \($0.invariant): \($0.what)" } ?? "keeps every invariant"
        let again = isRepeatable ? "the same twice" : "NOT the same twice"
        let counts = occurrences.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        return (counts + ["seed \(seed) \(found); hash \(hash), \(again)"])
            .joined(separator: "\n")
    }
}
