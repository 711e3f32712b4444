import ArgumentParser
import Catalogue
import Foundation
import SyncTesting

@main
struct SyncWorkerSim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "syncworker-sim",
        abstract: "Runs the whole system in simulated worlds, each decided by its seed.",
        discussion: """
            Every world has a Central at work, premises that crash, a network that loses, doubles \
            and delays, and a OneClick of several nodes. After each commit and at the end what \
            OneClick holds is compared with what Central was. A seed that fails prints the command \
            that replays it. Try:

              syncworker-sim --seeds 200
              syncworker-sim --seed 17 --trace

            With --fuzz it gives mutated frames and messages to every decoder and to OneClick's \
            store instead.
            """)

    @Option(help: ArgumentHelp("How many worlds to run.", valueName: "N"))
    var seeds: UInt64 = 100

    @Option(help: ArgumentHelp("The first seed.", valueName: "S"))
    var from: UInt64 = 1

    @Option(help: ArgumentHelp("Begin no further world after so long.", valueName: "T"))
    var seconds: Int?

    @Flag(help: "Begin no further world after the first that fails.")
    var stopAtFirst = false

    @Option(
        help: ArgumentHelp(
            "Run the world of one seed, twice: both must be the same.", valueName: "S"))
    var seed: UInt64?

    @Flag(help: "With --seed: print everything that happens.")
    var trace = false

    @Flag(help: "Crash once at every step of a small world, before it, after it, and torn.")
    var crashPoints = false

    @Flag(
        help: ArgumentHelp(
            "Build and run every patch of Tests/Mutants: each has to be caught.",
            discussion: "From the repository's folder; --seeds and --seconds are those of one."))
    var mutants = false

    @Option(help: ArgumentHelp("With --mutants: only that of this number.", valueName: "NN"))
    var only: [String] = []

    /// A process of --seeds: its worlds say a line each to their parent.
    @Flag(help: .private)
    var lines = false

    /// How far the seeds of one process are apart, where several share them.
    @Option(help: .private)
    var step: UInt64 = 1

    @OptionGroup(title: "Fuzzing") var fuzzing: FuzzOptions

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func validate() throws {
        if trace, seed == nil { throw ValidationError("--trace needs --seed.") }
        if seeds == 0 { throw ValidationError("--seeds takes a number above 0.") }
        if ([crashPoints, mutants, seed != nil] + fuzzing.modes).count(where: \.self) > 1 {
            throw ValidationError(
                "--seed, --crash-points, --mutants, --fuzz, --input and --write-corpus go one at a "
                    + "time.")
        }
    }

    func run() async throws {
        if let summary = try await fuzzing.run(from: from, step: step, seconds: seconds) {
            return try end(summary)
        }
        let catalogue = try Catalogue.standard()
        if mutants {
            let gate = Mutants(
                root: URL(filePath: FileManager.default.currentDirectoryPath), seedsMax: seeds,
                secondsMax: seconds ?? 60, only: only, json: json)
            guard try gate.run() else { throw ExitCode(1) }
            return
        }
        if lines {
            return try SeedParts.runPart(
                from: from, below: from + seeds, step: step, seconds: seconds, catalogue)
        }
        let summary: any Summary
        if let seed {
            summary = try OneSeed(seed: seed, catalogue: catalogue, keepsTrace: trace)
        } else if crashPoints {
            summary = try CrashPointSummary(catalogue)
        } else {
            summary = ManySeeds(
                seeds: from..<(from + seeds), seconds: seconds, stopsAtFirst: stopAtFirst)
        }
        try end(summary)
    }

    private func end(_ summary: any Summary) throws {
        Output.write(json ? try Output.json(summary) : summary.words)
        if !summary.isClean { throw ExitCode(1) }
    }
}

/// What a command found.
protocol Summary: Encodable {
    var words: String { get }
    var isClean: Bool { get }
}

enum Output {
    static func json(_ summary: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(summary), as: UTF8.self)
    }

    static func write(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    }

    /// On standard error: what is not yet the answer.
    static func note(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
    }
}
