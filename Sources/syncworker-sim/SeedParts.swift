import Catalogue
import Foundation
import SyncTesting
import Synchronization

/// What one world says to the parent of its process: a line of JSON.
struct SeedReport: Codable {
    var seed: UInt64
    var counts: [String: Int]
    var violation: Violation?
}

/// The processes of many worlds.
struct SeedParts: Sendable {
    let seeds: Range<UInt64>
    let seconds: Int?
    let stopsAtFirst: Bool

    private struct Progress {
        var reports: [SeedReport] = []
        var running: [Int32] = []
        var isStopped = false
    }

    func run() -> [SeedReport] {
        let progress = Mutex(Progress())
        let count = ProcessInfo.processInfo.activeProcessorCount
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let first = seeds.lowerBound + UInt64(index)
            if first < seeds.upperBound { work(from: first, of: UInt64(count), progress) }
        }
        return progress.withLock(\.reports)
    }

    /// One process, to its last world or to the one that ends it.
    private func work(
        from first: UInt64, of step: UInt64, _ progress: borrowing Mutex<Progress>
    ) {
        var seed = first
        func crashed(_ how: String) {
            let crash = Violation(invariant: "crash", what: how)
            note(SeedReport(seed: seed, counts: [:], violation: crash), progress)
        }
        guard let (process, output) = try? begin(from: first, step) else {
            return crashed("no process could be begun")
        }
        progress.withLock { $0.running.append(process.processIdentifier) }
        for report in Lines(output).lazy.compactMap(Self.decoded) {
            note(report, progress)
            seed = report.seed + step
        }
        process.waitUntilExit()
        let status = process.terminationStatus
        let isStopped = progress.withLock { progress in
            progress.running.removeAll { $0 == process.processIdentifier }
            return progress.isStopped
        }
        if !isStopped, status != 0 { crashed("the process ended with \(status)") }
    }

    private func begin(from seed: UInt64, _ step: UInt64) throws -> (Process, FileHandle) {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "--lines", "--from", "\(seed)", "--seeds", "\(seeds.upperBound - seed)", "--step",
            "\(step)",
        ]
        if let seconds { process.arguments? += ["--seconds", "\(seconds)"] }
        let output = Pipe()
        process.standardOutput = output
        // Held open as long as this process lives.
        process.standardInput = Pipe()
        try process.run()
        return (process, output.fileHandleForReading)
    }

    private static func decoded(_ line: String) -> SeedReport? {
        try? JSONDecoder().decode(SeedReport.self, from: Data(line.utf8))
    }

    private func note(_ report: SeedReport, _ progress: borrowing Mutex<Progress>) {
        if let violation = report.violation {
            Output.note(
                "seed \(report.seed) breaks \(violation.invariant): \(violation.what)\n"
                    + "  syncworker-sim --seed \(report.seed) --trace")
        }
        progress.withLock { progress in
            progress.reports.append(report)
            guard stopsAtFirst, report.violation != nil else { return }
            progress.isStopped = true
            for id in progress.running { kill(id, SIGKILL) }
        }
    }

    /// A process of many worlds: one after the other, until its parent is gone.
    static func runPart(
        from first: UInt64, below end: UInt64, step: UInt64, seconds: Int?, _ catalogue: Catalogue
    ) throws {
        DispatchQueue(label: "syncworker.parent").async {
            _ = try? FileHandle.standardInput.readToEnd()
            exit(1)
        }
        let start = ContinuousClock.now
        for seed in stride(from: first, to: end, by: Int(step)) {
            if let seconds, ContinuousClock.now - start > .seconds(seconds) { return }
            let report = Simulation.run(seed: seed, catalogue: catalogue)
            Output.write(
                try Output.json(
                    SeedReport(seed: seed, counts: report.counts, violation: report.violation)))
        }
    }
}

/// What another process writes, line by line as it comes.
private struct Lines: Sequence, IteratorProtocol {
    private let output: FileHandle
    private var bytes: [UInt8] = []

    init(_ output: FileHandle) { self.output = output }

    mutating func next() -> String? {
        while true {
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                defer { bytes.removeSubrange(...end) }
                return String(decoding: bytes[..<end], as: UTF8.self)
            }
            let more = output.availableData
            guard !more.isEmpty else { return nil }
            bytes += more
        }
    }
}
