import ArgumentParser
import Foundation
import PortalService
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration.", valueName: "FILE"))
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
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
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
        for error in errors.prefix(20) {
            let place = error.dataSet.map { "\($0): " } ?? ""
            lines.append("\(place)\(error.message) \(error.hint)")
        }
        if errors.count > 20 { lines.append("... and \(errors.count - 20) more; --json has all.") }
        return lines.joined(separator: "\n")
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

/// A bar for each data set, redrawn in place; nothing where standard error is no terminal.
final class ProgressBars: Sendable {
    private static let isTerminal = isatty(STDERR_FILENO) == 1
    private let isDrawn = Latch()

    func show(_ progress: RunProgress) {
        guard Self.isTerminal else { return }
        var text = isDrawn.raise() ? "\u{1B}[\(progress.dataSets.count + 1)A" : ""
        text += "\u{1B}[K\(progress.step), \(progress.rowsSent) rows sent\n"
        for set in progress.dataSets { text += "\u{1B}[K" + Self.bar(set) + "\n" }
        FileHandle.standardError.write(Data(text.utf8))
    }

    private static func bar(_ set: RunProgress.DataSetProgress) -> String {
        let width = 24
        let isDone = set.state == .equal || set.state == .shipped
        let part = set.rowsTotal.map { min(1, Double(set.rowsDone) / Double(max(1, $0))) } ?? 0
        let filled = isDone ? width : Int(Double(width) * part)
        let bar =
            String(repeating: "#", count: filled)
            + String(repeating: ".", count: width - filled)
        let name = set.name.padding(toLength: 22, withPad: " ", startingAt: 0)
        return "\(name) [\(bar)] \(set.rowsDone) \(set.state.rawValue)"
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
