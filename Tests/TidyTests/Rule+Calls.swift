extension Rule {
    /// Calls that take time, chance or order out of the hands of a test, or end the process.
    static let bannedCalls: [Rule] = [
        banned(
            "no wall clock", #"\bDate\(\)|\bDate\.now\b"#,
            "Take `now` as a parameter; only the executables ask the clock."),
        banned(
            "no sleeping", #"\bTask\.sleep\b"#,
            "Wait through the environment that is passed in (`RunEnvironment.wait`).",
            alsoInTests: true),
        banned("no random names", #"\bUUID\(\)"#, "Take the token or name as a parameter."),
        banned(
            "no printing", #"(^|[^\w.])print\("#,
            "Log it, or write to the output that the command was given."),
        banned(
            "no forced try", #"\btry!"#, "Let the error through, or say what to do about it."),
        banned(
            "no fatal errors", #"\bfatalError\("#,
            "Throw a `SyncError`; where it cannot happen, `preconditionFailure` with the reason."),
        banned(
            "no unstructured tasks", #"\bTask(\.detached)?\s*(\([^)]*\))?\s*\{"#,
            "Use a task group or a service, whose end somebody waits for."),
        banned(
            "no global queues", #"\bDispatchQueue\.global\("#,
            "A blocked call there stops everybody: give the connection a queue of its own."),
        Rule(
            "streams are bounded",
            remedy: "Name a bufferingPolicy: what nobody takes out must not fill the memory.",
            for: \.isSource, find: unboundedStreams),
        Rule(
            "unchecked Sendable has a reason",
            remedy: "Say in a comment on the line above why it is safe.",
            for: \.isSource, find: uncheckedSendable),
    ]

    private static func banned(
        _ description: String, _ pattern: String, _ remedy: String, alsoInTests: Bool = false
    ) -> Rule {
        Rule(
            description, remedy: remedy, for: { $0.isSource || (alsoInTests && $0.isTest) },
            find: { $0.breaches(matching: pattern) })
    }

    @Sendable
    private static func unboundedStreams(_ file: SourceText) -> [Breach] {
        let pattern = #"\bAsync(Throwing)?Stream(<[^>]*>)?(\.makeStream)?\("#
        return file.breaches(matching: pattern).filter { breach in
            let rest = file.code[(breach.line - 1)...].joined(separator: "\n")
            guard let call = rest.firstMatch(of: regex(pattern)) else { return true }
            return !arguments(rest[call.range.upperBound...]).contains("bufferingPolicy:")
        }
    }

    /// What stands between an opening parenthesis and the one that closes it.
    private static func arguments(_ text: Substring) -> Substring {
        var depth = 1
        let end = text.firstIndex { character in
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            return depth == 0
        }
        return text[..<(end ?? text.endIndex)]
    }

    @Sendable
    private static func uncheckedSendable(_ file: SourceText) -> [Breach] {
        file.breaches(matching: "@unchecked Sendable").filter { breach in
            guard breach.line > 1 else { return true }
            let above = file.lines[breach.line - 2].drop { $0 == " " }
            return !above.hasPrefix("//")
        }
    }

    static func regex(_ pattern: String) -> Regex<AnyRegexOutput> {
        guard let regex = try? Regex(pattern) else { preconditionFailure("no pattern: \(pattern)") }
        // By default `Date.now` is one word.
        return regex.wordBoundaryKind(.simple)
    }
}

extension SourceText {
    /// Lines of code in which the pattern occurs.
    func breaches(matching pattern: String) -> [Rule.Breach] {
        let regex = Rule.regex(pattern)
        return code.indices.compactMap { index in
            code[index].firstMatch(of: regex).map { match in
                Rule.Breach(line: index + 1, what: "`\(code[index][match.range])`")
            }
        }
    }
}
