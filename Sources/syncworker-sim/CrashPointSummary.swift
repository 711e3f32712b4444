import Catalogue
import Foundation
import SyncTesting
import Synchronization

/// A small world once for each step of it, with a crash there.
struct CrashPointSummary: Summary {
    struct Found: Encodable {
        var point: String
        var invariant: String
        var what: String
    }

    private(set) var points: [String: Int] = [:]
    private(set) var seconds = 0.0
    private(set) var violations: [Found] = []

    init(_ catalogue: Catalogue) throws {
        let start = ContinuousClock.now
        let all = CrashPoint.all(catalogue)
        let found = Mutex<[Found]>([])
        DispatchQueue.concurrentPerform(iterations: all.count) { index in
            let point = all[index]
            guard let violation = point.run(catalogue) else { return }
            Output.note("\(point) breaks \(violation.invariant): \(violation.what)")
            found.withLock {
                $0.append(
                    Found(
                        point: point.description, invariant: violation.invariant,
                        what: violation.what))
            }
        }
        for point in all { points[point.kind, default: 0] += 1 }
        violations = found.withLock { $0 }.sorted { $0.point < $1.point }
        seconds = (ContinuousClock.now - start) / .seconds(1)
    }

    var isClean: Bool { violations.isEmpty && !points.isEmpty }

    var words: String {
        let counts = points.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        let all = points.values.reduce(0, +)
        return
            (counts + [
                "\(all) crash points in \(Int(seconds.rounded())) s, \(violations.count) violations"
            ]).joined(separator: "\n")
    }
}
