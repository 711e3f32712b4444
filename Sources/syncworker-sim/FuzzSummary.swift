import Foundation
import SyncTesting
import Synchronization

/// What --fuzz was asked for.
struct FuzzPlan: Sendable {
    var corpus: String
    var failures: URL
    var from: UInt64
    var inputs: UInt64?
    var seconds: Int?
}

/// The fuzzer's work, in as many processes as there are cores: an input that ends one is named,
/// kept in a file, and the next process begins behind it.
struct FuzzSummary: Summary {
    struct Tally: Encodable {
        var accepted: UInt64 = 0
        var refused: UInt64 = 0
    }

    struct Found: Encodable {
        var seed: UInt64
        var what: String
        var file: String
        var replay: String
    }

    private(set) var kinds: [String: Tally] = [:]
    private(set) var inputs: UInt64 = 0
    private(set) var inputsPerSecond: UInt64 = 0
    private(set) var seconds = 0.0
    private(set) var memoryMegabytes: UInt64 = 0
    private(set) var violations: [Found] = []

    init(_ plan: FuzzPlan, _ corpus: FuzzCorpus) throws {
        let start = ContinuousClock.now
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let parts = Mutex<[FuzzParent]>([])
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "syncworker-fuzz-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        DispatchQueue.concurrentPerform(iterations: cores) { index in
            var part = FuzzParent(plan, folder, index: index, of: cores, start: start)
            part.run()
            let done = part
            parts.withLock { $0.append(done) }
        }
        seconds = (ContinuousClock.now - start) / .seconds(1)
        for part in parts.withLock(\.self) { try take(part, plan, corpus) }
        inputsPerSecond = UInt64(Double(inputs) / max(seconds, 0.001))
        violations.sort { $0.seed < $1.seed }
    }

    private mutating func take(
        _ part: FuzzParent, _ plan: FuzzPlan, _ corpus: FuzzCorpus
    ) throws {
        for (kind, tally) in part.tallies {
            kinds[kind, default: Tally()].accepted += tally.accepted
            kinds[kind, default: Tally()].refused += tally.refused
            inputs += tally.accepted + tally.refused
        }
        memoryMegabytes = max(memoryMegabytes, part.memory >> 20)
        for found in part.found {
            var mutator = Mutator(corpus, seed: found.seed)
            let input = mutator.input()
            try FileManager.default.createDirectory(
                at: plan.failures, withIntermediateDirectories: true)
            let file = plan.failures.appending(path: input.fileName("\(found.seed)"))
            try Data(input.bytes).write(to: file)
            let replay = "syncworker-sim --input \(file.relativePath)"
            Output.note("input \(found.seed): \(found.what)\n  \(replay)")
            violations.append(
                Found(
                    seed: found.seed, what: found.what, file: file.relativePath, replay: replay))
        }
    }

    var isClean: Bool { violations.isEmpty && inputs > 0 }

    var words: String {
        let lines = kinds.sorted { $0.key < $1.key }.map { kind, tally in
            "  \(kind): \(tally.accepted + tally.refused), \(tally.refused) refused, "
                + "\(tally.accepted) accepted"
        }
        let last =
            "\(inputs) inputs in \(Int(seconds.rounded())) s (\(inputsPerSecond) a second, "
            + "at most \(memoryMegabytes) MB), \(violations.count) violations"
        return (lines + [last]).joined(separator: "\n")
    }
}
