import Foundation

/// What became of the mutants: a line each, a table in the documentation, a summary.
extension Mutants {
    enum Verdict: Equatable, CustomStringConvertible {
        /// No seed where the worlds ended before they could say it.
        case caught(seed: UInt64?, invariant: String, what: String)
        case survived
        case doesNotApply(String)
        case doesNotBuild(String)

        var isCaught: Bool {
            if case .caught = self { true } else { false }
        }

        var description: String {
            switch self {
            case .caught(let seed, let invariant, let what):
                "caught by \(invariant)" + (seed.map { " in seed \($0)" } ?? "") + " (\(what))"
            case .survived: "SURVIVED"
            case .doesNotApply(let reason): "DOES NOT APPLY (\(reason))"
            case .doesNotBuild(let reason): "DOES NOT BUILD (\(reason))"
            }
        }
    }

    struct Result {
        var mutant: Mutant
        var verdict: Verdict
        /// Building and running together.
        var seconds: Int
    }

    func say(_ line: String) {
        if !json { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
    }

    /// The last line: how many were caught, and which were not.
    func report(_ results: [Result]) {
        if results.first?.mutant.number == "00" {
            say("The product as it is was found wrong: mend that first.")
        } else {
            let missed = results.filter { !$0.verdict.isCaught }.map(\.mutant.number)
            say(
                "\(results.count - missed.count) of \(results.count) mutants caught"
                    + (missed.isEmpty ? "" : "; not \(missed.joined(separator: ", "))"))
        }
        guard json, let text = try? JSONEncoder().encode(results.map(Line.init)) else { return }
        FileHandle.standardOutput.write(text + Data("\n".utf8))
    }

    /// One result for programs.
    private struct Line: Encodable {
        var number, bug, verdict: String
        var isCaught: Bool
        var seconds: Int

        init(_ result: Result) {
            number = result.mutant.number
            bug = result.mutant.bug
            verdict = result.verdict.description
            isCaught = result.verdict.isCaught
            seconds = result.seconds
        }
    }

    // MARK: The table

    /// Puts the result into the table, in the place of an earlier one of the same mutant: hours of
    /// work can be done in parts.
    func note(_ result: Result, of count: Int) throws {
        let file = root.appending(path: "Documentation/Mutants.md")
        let before = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        var rows: [String: String] = [:]
        for line in before.split(separator: "\n").map(String.init) {
            guard let number = line.firstMatch(of: /^\| (\d\d) \|/)?.1 else { continue }
            rows[String(number)] = line
        }
        rows[result.mutant.number] = try row(result)
        let missed = rows.values.count { $0.contains(" | **") }
        let head = """
            # Mutants

            Written by `syncworker-sim --mutants`; the mistakes are in \
            [Tests/Mutants](../Tests/Mutants). Of \(count) that there are \(rows.count) were tried \
            and \(rows.count - missed) caught; in the product as it is nothing was found. Each row \
            is of the last time it was tried, at the commit named.

            | | bug | caught by | seed | seconds | commit |
            |---|---|---|---|---|---|

            """
        let text = head + rows.sorted { $0.key < $1.key }.map(\.value).joined(separator: "\n")
        try Data((text + "\n").utf8).write(to: file)
    }

    private func row(_ result: Result) throws -> String {
        let (by, seed) =
            if case .caught(let seed, let invariant, let what) = result.verdict {
                ("\(invariant): \(what)", seed.map { "\($0)" } ?? "?")
            } else {
                ("**\(result.verdict)**", "")
            }
        let commit = try call(["git", "rev-parse", "--short", "HEAD"], in: root).output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let cells = [
            result.mutant.number, result.mutant.bug, by, seed, "\(result.seconds)", commit,
        ]
        return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
}
