import Foundation
import SyncEngine
import Synchronization

/// A bar for each data set, redrawn in place; nothing where standard error is no terminal.
final class ProgressBars: Sendable {
    private static let isTerminal = isatty(STDERR_FILENO) == 1
    private let linesDrawn = Mutex(0)

    func show(_ progress: RunProgress) {
        let lines =
            ["\(progress.step), \(progress.rowsSent) rows sent"] + progress.dataSets.map(Self.bar)
        draw(lines.map { "\u{1B}[K\($0)\n" })
    }

    /// The result follows, which says the same and more.
    func clear() { draw(["\u{1B}[J"], isLast: true) }

    /// Draws over what was drawn before. A line is cut off at the terminal's edge: one that went on
    /// in the next would shift all that follow.
    private func draw(_ lines: [String], isLast: Bool = false) {
        guard Self.isTerminal else { return }
        linesDrawn.withLock { drawn in
            guard drawn > 0 || !isLast else { return }
            let up = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
            let text = up + "\u{1B}[?7l" + lines.joined() + "\u{1B}[?7h"
            FileHandle.standardError.write(Data(text.utf8))
            drawn = isLast ? 0 : lines.count
        }
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
        return "\(name) [\(bar)] \(set.rowsDone) \(words(set.state))"
    }

    private static func words(_ state: RunProgress.DataSetProgress.State) -> String {
        switch state {
        case .waiting: "waiting"
        case .working: "rows read"
        case .equal: "rows, equal"
        case .shipped: "rows, differences sent"
        }
    }
}
