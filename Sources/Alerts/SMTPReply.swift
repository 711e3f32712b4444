/// What a mail server answers: a number for programs, words for people.
struct SMTPReply: Hashable, Sendable {
    var code: Int
    var lines: [String]

    var isPositive: Bool { (200...299).contains(code) }
    /// The server says that it may go better later.
    var isTransient: Bool { (400...499).contains(code) }

    /// Cut to a length that fits a message, and without what could make lines of its own.
    var words: String {
        let text = ([String(code)] + lines).joined(separator: " ")
        let printable = text.unicodeScalars.map {
            $0.properties.generalCategory == .control ? " " : $0
        }
        return String(String(String.UnicodeScalarView(printable)).prefix(200))
    }
}

/// Puts replies together from bytes as they come.
struct SMTPReplyReader {
    struct Malformed: Error {}

    /// RFC 5321 allows 512; real servers send more.
    private static let lineBytesMax = 4096
    private static let linesMax = 100

    private var rest: [UInt8] = []
    private var lines: [String] = []

    /// Whether something of a reply has come that is not over yet.
    var isUnderway: Bool { !rest.isEmpty || !lines.isEmpty }

    mutating func take(_ bytes: some Sequence<UInt8>) throws(Malformed) -> [SMTPReply] {
        rest += bytes
        var replies: [SMTPReply] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            var line = rest[..<end]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if let reply = try reply(String(decoding: line, as: UTF8.self)) {
                replies.append(reply)
            }
            rest.removeSubrange(...end)
        }
        guard rest.count <= Self.lineBytesMax else { throw Malformed() }
        return replies
    }

    /// `250-more follows`, `250 the last one`, or `250` alone.
    private mutating func reply(_ line: String) throws(Malformed) -> SMTPReply? {
        let bytes = Array(line.utf8)
        guard bytes.count >= 3, bytes.count <= Self.lineBytesMax, lines.count < Self.linesMax,
            let code = Int(line.prefix(3)), (200...599).contains(code)
        else { throw Malformed() }
        lines.append(String(line.dropFirst(4)))
        switch bytes.count > 3 ? bytes[3] : UInt8(ascii: " ") {
        case UInt8(ascii: "-"): return nil
        case UInt8(ascii: " "):
            defer { lines = [] }
            return SMTPReply(code: code, lines: lines)
        default: throw Malformed()
        }
    }
}
