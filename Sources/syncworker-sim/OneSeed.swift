import Catalogue
import SyncTesting

/// One world, twice.
struct OneSeed: Summary {
    private(set) var seed: UInt64
    /// Of everything that happened, in its order.
    private(set) var hash: String
    /// What happened the second time where something else had happened the first time.
    private(set) var difference: String?
    private(set) var violation: Violation?
    private(set) var occurrences: [String: Int]

    init(seed: UInt64, catalogue: Catalogue, keepsTrace: Bool) throws {
        self.seed = seed
        let first = Simulation.run(seed: seed, catalogue: catalogue, keepsTrace: true)
        if keepsTrace { for line in first.trace { Output.write(line) } }
        let second = Simulation.run(seed: seed, catalogue: catalogue, keepsTrace: true)
        hash = String(first.hash, radix: 16)
        if first.hash != second.hash {
            let lines = zip(first.trace, second.trace).first { $0 != $1 }
            difference = lines.map { "\($0.1), not \($0.0)" } ?? "one went on"
        }
        violation = first.violation
        occurrences = first.counts
    }

    var isClean: Bool { violation == nil && difference == nil }

    var words: String {
        let found =
            violation.map { "breaks \($0.invariant): \($0.what)" } ?? "keeps every invariant"
        let again = difference.map { "NOT the same twice: \($0)" } ?? "the same twice"
        let counts = occurrences.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        return (counts + ["seed \(seed) \(found); hash \(hash), \(again)"])
            .joined(separator: "\n")
    }
}
