extension Rule {
    static let lengths: [Rule] = [
        Rule(
            "files are short", remedy: "Split it by subject: one type a file, or one aspect of it.",
            for: \.isSource
        ) { file in
            let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
            return count > 400 ? [Breach(line: 1, what: "\(count) lines")] : []
        },
        Rule(
            "functions are short", remedy: "Name a part of it and make that a function of its own.",
            for: \.isSwift
        ) { file in
            functions(in: file.code).filter { $0.lineCount > 70 }.map {
                Breach(line: $0.line, what: "a function of \($0.lineCount) lines")
            }
        },
        Rule(
            "lines are short", remedy: "Break it, or say it in fewer words.", for: \.isSwift
        ) { file in
            file.lines.indices.filter { file.lines[$0].count > 100 }.map {
                Breach(line: $0 + 1, what: "\(file.lines[$0].count) characters")
            }
        },
    ]

    struct Function: Equatable {
        var line: Int
        var lineCount: Int
    }

    /// Functions with a body, found by counting braces.
    static func functions(in code: [String]) -> [Function] {
        let beginning = regex(#"\b(func\s|init[?!]?[(<]|deinit\b)"#)
        return code.indices.compactMap { index in
            guard let match = code[index].firstMatch(of: beginning),
                !code[index][..<match.range.lowerBound].hasSuffix(".")
            else { return nil }
            let column = code[index].distance(
                from: code[index].startIndex, to: match.range.upperBound)
            guard let end = endOfBody(code, from: index, column) else { return nil }
            return Function(line: index + 1, lineCount: end - index + 1)
        }
    }

    /// The line of the brace that closes the body; nil where there is none, as in a protocol.
    private static func endOfBody(_ code: [String], from first: Int, _ column: Int) -> Int? {
        var parentheses = code[first].dropFirst(column - 1).first == "(" ? 1 : 0
        var braces = 0
        for line in code[first...].indices {
            let text = line == first ? code[line].dropFirst(column) : code[line][...]
            if line > first, braces == 0, parentheses == 0, text.contains(regex(#"\bfunc\s"#)) {
                return nil
            }
            for character in text {
                switch character {
                case "(", "[": parentheses += 1
                case ")", "]": parentheses -= 1
                case "{" where parentheses == 0 || braces > 0: braces += 1
                case "}" where braces > 0:
                    braces -= 1
                    if braces == 0 { return line }
                case "}" where parentheses == 0: return nil
                default: break
                }
                if parentheses < 0 { return nil }
            }
        }
        return nil
    }
}
