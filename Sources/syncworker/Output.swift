import ArgumentParser
import Foundation
import PortalService
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration file.", valueName: "FILE"))
    var config = "syncworker.yaml"

    @Flag(help: "Answer in JSON, for programs.")
    var json = false

    func settings() async throws -> Settings { try await Settings.read(config) }

    /// Answers on standard output: as one line of JSON, or in words.
    func answer(_ value: some Encodable, _ words: @autoclosure () -> String) throws {
        let line = json ? String(decoding: try WireJSON.encode(value), as: UTF8.self) : words()
        say(line)
    }
}

func say(_ line: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
}

extension RunRecord {
    /// For a person: a row for each data set, then what is not as it should be.
    var text: String {
        var lines = ["\(title) \(Self.words(outcome)) (\(duration))."]
        lines +=
            Table(
                ["", "added", "changed", "removed", "unchanged", "held", "errors"],
                dataSets.map { set in
                    [set.name]
                        + [
                            set.added, set.changed, set.removed, set.unchanged, set.held,
                            set.errors,
                        ]
                        .map(String.init)
                }
            ).lines
        lines.append("\(rowsSent) rows sent, \(bytesSent) bytes in \(requests) requests.")
        lines += notes.map { "Note: \($0)" }
        return (lines + problemLines).joined(separator: "\n")
    }

    /// In the order of the data sets. Of removals that wait one stands for all: many of them would
    /// hide what has to be mended.
    private var problemLines: [String] {
        let shown = 20
        let sets = [nil] + dataSets.map(\.name)
        let refused = sets.flatMap { set in errors.filter { $0.dataSet == set && !$0.isHeld } }
        var lines = refused.prefix(shown).map(\.text)
        if refused.count > shown {
            lines.append("... and \(refused.count - shown) more; --json has all.")
        }
        for set in sets {
            let held = errors.filter { $0.dataSet == set && $0.isHeld }
            guard let first = held.first else { continue }
            lines.append(first.text)
            if held.count > 1 {
                lines.append(
                    "\(set ?? ""): ... and so it is with \(held.count - 1) more; `syncworker held` "
                        + "lists them.")
            }
        }
        return lines
    }

    var title: String {
        let what = kind == .full ? "Full Synchronisation" : "Synchronisation"
        switch purpose {
        case .synchronise: return what
        case .dryRun: return what + " (dry run: nothing was applied)"
        case .verify: return what + " (verify: nothing was applied)"
        }
    }

    private var duration: String {
        let spent = finishedAt - startedAt
        return spent.formatted(
            .units(
                allowed: [.hours, .minutes, .seconds, .milliseconds],
                width: .narrow, maximumUnitCount: 2))
    }

    static func words(_ outcome: Outcome) -> String {
        switch outcome {
        case .succeeded: "succeeded"
        case .completedWithErrors: "completed with errors"
        case .held: "is held: something waits for an answer"
        case .stopped: "was stopped"
        case .failed: "failed"
        }
    }
}

extension RunRecord.Problem {
    var text: String { (dataSet.map { "\($0): " } ?? "") + "\(message) \(hint)" }
}

/// Columns, aligned: words to the left, numbers to the right.
struct Table {
    let lines: [String]

    init(_ head: [String], _ rows: [[String]]) {
        let all = [head] + rows
        let widths = head.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let areNumbers = head.indices.map { column in
            !rows.isEmpty && rows.allSatisfy { Int($0[column]) != nil }
        }
        lines = all.map { row in
            zip(row, widths).enumerated().map { index, cell in
                let pad = String(repeating: " ", count: cell.1 - cell.0.count)
                return areNumbers[index] ? pad + cell.0 : cell.0 + pad
            }.joined(separator: "  ")
        }
    }
}

/// Answers whether it was raised before.
final class Latch: Sendable {
    private let isUp = Mutex(false)
    var isRaised: Bool { isUp.withLock(\.self) }

    func raise() -> Bool {
        isUp.withLock { up in
            defer { up = true }
            return up
        }
    }
}
