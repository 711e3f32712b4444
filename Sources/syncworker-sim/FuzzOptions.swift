import ArgumentParser
import Foundation
import SyncTesting

/// The options of the fuzzer, and which of its parts they ask for.
struct FuzzOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Mutate recorded frames and messages, and give them to decoders and store.",
            discussion: "Seeds count on from --from, one an input; --seconds ends it."))
    var fuzz = false

    @Option(help: ArgumentHelp("With --fuzz: end after so many inputs.", valueName: "N"))
    var inputs: UInt64?

    @Option(
        help: ArgumentHelp(
            "Judge one input: WHAT.KIND.frame or WHAT.KIND.json.", valueName: "FILE"))
    var input: String?

    @Flag(help: "Record the corpus anew, from real runs of a small practice.")
    var writeCorpus = false

    @Option(help: ArgumentHelp("Where the corpus lies.", valueName: "DIR"))
    var corpus = "Tests/FuzzCorpus"

    @Option(help: ArgumentHelp("Where inputs that fail are kept.", valueName: "DIR"))
    var failures = ".build/fuzz-failures"

    /// A process of --fuzz: where it says how far it has got.
    @Option(help: .private)
    var part: String?

    var modes: [Bool] { [fuzz, input != nil, writeCorpus, part != nil] }

    private var folder: URL { URL(filePath: corpus, directoryHint: .isDirectory) }

    /// Nil where nothing of the fuzzer was asked for.
    func run(from seed: UInt64, step: UInt64, seconds: Int?) async throws -> (any Summary)? {
        if writeCorpus {
            let corpus = try await FuzzCorpus.recorded()
            try corpus.write(to: folder)
            return FuzzCorpusSummary(files: corpus.entries.count, folder: folder.path)
        }
        if let input { return try await FuzzInputSummary(file: URL(filePath: input), folder) }
        if let part {
            let work = FuzzPart(
                corpus: try FuzzCorpus(folder: folder), first: seed, step: step,
                inputs: inputs ?? .max, seconds: seconds)
            try await work.run(try FuzzProgress(path: part))
            throw ExitCode.success
        }
        guard fuzz else { return nil }
        let plan = FuzzPlan(
            corpus: folder.path, failures: URL(filePath: failures, directoryHint: .isDirectory),
            from: seed, inputs: inputs, seconds: seconds ?? (inputs == nil ? 60 : nil))
        return try FuzzSummary(plan, try FuzzCorpus(folder: folder))
    }
}

/// What --write-corpus did.
struct FuzzCorpusSummary: Summary {
    var files: Int
    var folder: String
    var words: String { "\(files) files in \(folder)" }
    var isClean: Bool { true }
}

/// What --input found.
struct FuzzInputSummary: Summary {
    private(set) var verdict: String
    private(set) var isClean: Bool
    var words: String { verdict }

    init(file: URL, _ corpus: URL) async throws {
        let input = try FuzzCorpus.input(file: file)
        let fuzzer = try await Fuzzer(try FuzzCorpus(folder: corpus))
        do {
            verdict = try await fuzzer.judge(input).rawValue
            isClean = true
        } catch let violation as FuzzViolation {
            verdict = violation.description
            isClean = false
        }
    }
}
