import ArgumentParser
import Catalogue
import Foundation
import SyncTesting

@main
struct SyncWorkerSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "syncworker-sim",
        abstract: "Run the whole system in simulated worlds, each decided by its seed.",
        discussion: """
            Every world has a Central at work, premises that crash, a network that loses, doubles \
            and delays, and a OneClick; after each commit and at the end what OneClick holds is \
            compared with what Central was. A seed that fails prints the command that replays it.
            """)

    @Option(help: ArgumentHelp("How many seeds to run.", valueName: "N"))
    var seeds: UInt64?

    @Option(help: ArgumentHelp("The first of them.", valueName: "S"))
    var from: UInt64 = 1

    @Option(help: ArgumentHelp("Stop beginning new ones after so many seconds.", valueName: "T"))
    var seconds: Int?

    @Option(help: ArgumentHelp("Run one seed.", valueName: "S"))
    var seed: UInt64?

    @Flag(help: "Print what happened in the world of --seed.")
    var trace = false

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func run() throws {
        let catalogue = try Catalogue.standard()
        if let seed {
            let report = Simulation.run(seed: seed, catalogue: catalogue, keepsTrace: trace)
            for line in report.trace { print(line) }
            print("seed \(seed): hash \(String(report.hash, radix: 16)), \(report.flavour)")
            for (fault, count) in report.faults.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                print("  \(fault.rawValue): \(count)")
            }
            for (what, count) in report.occurrences.sorted(by: { $0.key.rawValue < $1.key.rawValue }
            ) {
                print("  \(what.rawValue): \(count)")
            }
            if let violation = report.violation {
                print("VIOLATION of \(violation.invariant): \(violation.what)")
                throw ExitCode(1)
            }
            return
        }
        let start = Date()
        for seed in from..<(from + (seeds ?? 100)) {
            let report = Simulation.run(seed: seed, catalogue: catalogue)
            let line =
                "seed \(seed) \(report.flavour) commits \(report.occurrences[.commits] ?? 0) faults \(report.faults.values.reduce(0, +)) "
                + (report.violation.map { "\($0.invariant): \($0.what)" } ?? "ok")
            FileHandle.standardOutput.write(
                Data((line + " \(Int(Date().timeIntervalSince(start) * 1000)) ms\n").utf8))
        }
        print("\(Date().timeIntervalSince(start)) s")
    }
}
