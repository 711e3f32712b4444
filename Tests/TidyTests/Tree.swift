import Foundation

/// The repository as text.
struct Tree {
    let root: URL
    /// Paths of all files, relative to the root; what is built or hidden is left out.
    let paths: [String]

    /// The repository that this file belongs to.
    static let here = Tree(
        root: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent())

    init(root: URL) {
        self.root = root
        let files = FileManager.default.enumerator(
            at: root, includingPropertiesForKeys: [.isRegularFileKey],
            options: [.skipsHiddenFiles])
        var paths: [String] = []
        while let file = files?.nextObject() as? URL {
            let values = try? file.resourceValues(forKeys: [.isRegularFileKey])
            guard values?.isRegularFile == true else { continue }
            paths.append(String(file.path.dropFirst(root.path.count + 1)))
        }
        self.paths = paths.sorted()
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// Nil for what is no text.
    func text(_ path: String) -> SourceText? {
        guard let data = FileManager.default.contents(atPath: root.appending(path: path).path),
            let text = String(validating: data, as: UTF8.self)
        else { return nil }
        return SourceText(path: path, text: text)
    }
}

/// One file, with its lines as they are and as the compiler sees them.
struct SourceText {
    var path: String
    var lines: [String]
    /// The same lines without comments and without what stands in quotes.
    var code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var stripper = CodeStripper(text)
        code = stripper.strip().split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isSource: Bool { isSwift && path.hasPrefix("Sources/") }
    var isTest: Bool { isSwift && path.hasPrefix("Tests/") }
    /// The folder below Sources or Tests.
    var module: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }
}

/// Takes comments and quoted text out of Swift, and keeps the lines.
struct CodeStripper {
    private var rest: Substring
    private var code = ""

    init(_ text: String) { rest = text[...] }

    mutating func strip() -> String {
        stripCode(until: nil)
        return code
    }

    /// Code up to the parenthesis that closes an interpolation, or to the end.
    private mutating func stripCode(until closing: Character?) {
        var depth = 0
        while let character = rest.first {
            if rest.hasPrefix("//") {
                rest = rest.drop { $0 != "\n" }
            } else if rest.hasPrefix("/*") {
                skipComment()
            } else if let hashes = quote {
                skipQuoted(hashes: hashes)
            } else {
                if character == "(" { depth += 1 }
                if character == closing, depth == 0 { return }
                if character == ")" { depth -= 1 }
                code.append(character)
                rest.removeFirst()
            }
        }
    }

    private mutating func skipComment() {
        var depth = 0
        repeat {
            if rest.hasPrefix("/*") {
                depth += 1
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("*/") {
                depth -= 1
                rest = rest.dropFirst(2)
            } else if rest.popFirst()?.isNewline == true {
                code.append("\n")
            }
        } while depth > 0 && !rest.isEmpty
    }

    /// How many `#` stand before the quote that begins here; nil if none begins.
    private var quote: Int? {
        let hashes = rest.prefix { $0 == "#" }.count
        return rest.dropFirst(hashes).first == "\"" ? hashes : nil
    }

    private mutating func skipQuoted(hashes: Int) {
        let fence = String(repeating: "#", count: hashes)
        rest = rest.dropFirst(hashes)
        let mark = rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
        rest = rest.dropFirst(mark.count)
        code += "\"\""
        while !rest.isEmpty, !rest.hasPrefix(mark + fence) {
            if rest.hasPrefix("\\" + fence + "(") {
                rest = rest.dropFirst(2 + hashes)
                code += " "
                stripCode(until: ")")
                rest = rest.dropFirst()
            } else if rest.hasPrefix("\\" + fence) {
                rest = rest.dropFirst(2 + hashes)
            } else if rest.popFirst()?.isNewline == true {
                code.append("\n")
            }
        }
        rest = rest.dropFirst(mark.count + hashes)
    }
}
