import Foundation
import SyncTesting

/// The parent of one of the fuzzer's processes, and of those that follow it.
struct FuzzParent: Sendable {
    private(set) var tallies: [String: FuzzSummary.Tally] = [:]
    private(set) var memory: UInt64 = 0
    private(set) var found: [FuzzFound] = []

    private let plan: FuzzPlan
    private let progressFile: URL
    private let output: URL
    private let step: UInt64
    private let start: ContinuousClock.Instant
    private var seed: UInt64
    private var inputsLeft: UInt64?

    /// Nobody reads more at a time.
    private static let foundMax = 20
    /// What no input may need of the processor; generous, as only a loop needs that long.
    private static let processorSecondsMax = 30.0

    private enum Ending {
        case done
        case died(String)
    }

    init(
        _ plan: FuzzPlan, _ folder: URL, index: Int, of count: Int,
        start: ContinuousClock.Instant
    ) {
        self.plan = plan
        self.start = start
        progressFile = folder.appending(path: "progress-\(index)")
        output = folder.appending(path: "output-\(index)")
        step = UInt64(count)
        seed = max(1, plan.from) + UInt64(index)
        inputsLeft = plan.inputs.map { ($0 + UInt64(count - 1 - index)) / UInt64(count) }
    }

    mutating func run() {
        while found.count < Self.foundMax, inputsLeft != 0, secondsLeft != 0 {
            do {
                let ending = try work()
                guard case .died(let how) = ending else { return }
                found.append(FuzzFound(seed: seed, what: how))
                seed += step
            } catch {
                found.append(FuzzFound(seed: seed, what: "the fuzzer cannot run: \(error)"))
                return
            }
        }
    }

    private var secondsLeft: Int? {
        plan.seconds.map { max(0, $0 - Int((ContinuousClock.now - start) / .seconds(1))) }
    }

    /// One process, until it ends; afterwards `seed` is that of its last input.
    private mutating func work() throws -> Ending {
        try? FileManager.default.removeItem(at: progressFile)
        let progress = try FuzzProgress(path: progressFile.path)
        let process = try begin()
        let ending = watch(process, progress)
        for kind in FuzzKind.allCases {
            let accepted = progress[kind, .accepted]
            let refused = progress[kind, .refused]
            tallies[kind.rawValue, default: .init()].accepted += accepted
            tallies[kind.rawValue, default: .init()].refused += refused
            count(accepted + refused)
        }
        memory = max(memory, progress.memory)
        let noted = FuzzFound.all(in: output)
        found += noted
        count(UInt64(noted.count))
        if case .died = ending { count(1) }
        guard progress.seed > 0 else { return .died("the fuzzer ended before its first input") }
        seed = progress.seed
        return ending
    }

    private mutating func count(_ done: UInt64) {
        if let left = inputsLeft { inputsLeft = left - min(left, done) }
    }

    private func begin() throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        // What asks for more than this asks for all there is.
        let limited = "ulimit -v 12582912; ulimit -c 0; exec \"$0\" \"$@\""
        var words = [
            "-c", limited, CommandLine.arguments[0], "--part", progressFile.path, "--from",
            "\(seed)", "--step", "\(step)", "--corpus", plan.corpus,
        ]
        if let inputsLeft { words += ["--inputs", "\(inputsLeft)"] }
        if let secondsLeft { words += ["--seconds", "\(secondsLeft)"] }
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment
            .merging(["SWIFT_BACKTRACE": "enable=no"]) { _, ours in ours }
        try Data().write(to: output)
        process.standardOutput = try FileHandle(forWritingTo: output)
        try process.run()
        return process
    }

    private func watch(_ process: Process, _ progress: FuzzProgress) -> Ending {
        let id = process.processIdentifier
        var last = (seed: UInt64(0), used: 0.0)
        while process.isRunning {
            usleep(50_000)
            let used = Self.processorSeconds(of: id)
            if progress.seed != last.seed { last = (progress.seed, used) }
            if progress.seed > 0, used - last.used > Self.processorSecondsMax {
                kill(id, SIGKILL)
                process.waitUntilExit()
                return .died("took more than \(Int(Self.processorSecondsMax)) s of the processor")
            }
        }
        process.waitUntilExit()
        let status = process.terminationStatus
        if process.terminationReason == .uncaughtSignal {
            return .died("trapped (signal \(status))")
        }
        switch status {
        case 0: return .done
        case FuzzPart.tooMuchMemory:
            return .died("needed more than \(FuzzPart.memoryMax >> 20) MB of memory")
        default: return .died("ended the process with \(status)")
        }
    }

    /// What the process has used so far; time on a clock says nothing where others are at work.
    private static func processorSeconds(of id: Int32) -> Double {
        let stat = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
        // Behind the name, which may hold blanks: the fields from the third on.
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
        else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
