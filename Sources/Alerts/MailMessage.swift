import Foundation
import SyncModel

/// A message as RFC 5322 wants it: ASCII, lines that end with CR LF, headers that cannot be broken
/// out of.
struct MailMessage: Hashable, Sendable {
    var from: MailAddress
    /// The sender's name, as people see it.
    var name: String
    var to: [MailAddress]
    var subject: String
    var text: String
    /// The same each time that this message is sent.
    var id: String
    var date: Timestamp

    /// A line may have 998 characters, and should have 78.
    private static let lineMax = 76

    var content: String {
        let headers = [
            // The day of the week may be left out.
            "Date: " + date.words(secondsFromUTC: 0, zone: "+0000").dropFirst(4),
            "From: \(Self.words(name, after: 6, plain: Self.phrase))\r\n <\(from)>",
            "To: " + to.map(\.description).joined(separator: ",\r\n "),
            "Subject: " + Self.words(subject, after: 9, plain: Self.printable),
            "Message-ID: <\(Self.atom(id))@\(from.domain)>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
        ]
        return (headers + ["", Self.quotedPrintable(text)]).joined(separator: "\r\n")
    }

    // MARK: Headers

    private static func atom(_ id: String) -> String {
        String(
            id.prefix(200).map {
                $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "-"
            })
    }

    /// Words in a header: as they are where all are plain, else encoded (RFC 2047), some to a line.
    ///
    /// - Parameter column: how much of the first line is taken.
    static func words(_ text: String, after column: Int, plain: Set<Unicode.Scalar>) -> String {
        // A line break would end the header and begin one of somebody's choice.
        let line = text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
        let isPlain = line.allSatisfy(plain.contains) && line.first != " "
        if isPlain, column + line.count <= lineMax {
            return String(String.UnicodeScalarView(line))
        }
        let room = lineMax - column - "=?utf-8?Q??=".count
        var pieces = [""]
        for scalar in line {
            let encoded = encodedWord(scalar)
            let isFull = pieces[pieces.count - 1].count + encoded.count > room
            if isFull { pieces.append(encoded) } else { pieces[pieces.count - 1] += encoded }
        }
        return pieces.map { "=?utf-8?Q?\($0)?=" }.joined(separator: "\r\n ")
    }

    private static let letters = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".unicodeScalars)
    /// What may stand for itself in a name.
    static let phrase = letters.union(" -!*+/".unicodeScalars)
    /// And in a subject, where only a question mark could begin an encoded word.
    static let printable = letters.union(" -!*+/.,:;()'\"&%#@_".unicodeScalars)

    private static func encodedWord(_ scalar: Unicode.Scalar) -> String {
        if scalar == " " { return "_" }
        return letters.contains(scalar)
            ? String(scalar) : String(scalar).utf8.map(octet).joined()
    }

    private static func octet(_ byte: UInt8) -> String { "=" + [byte].hexadecimal.uppercased() }

    // MARK: Body

    /// RFC 2045, 6.7: readable as it is, and nothing that a server on the way could change.
    static func quotedPrintable(_ text: String) -> String {
        let lines = text.replacing("\r\n", with: "\n").split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r" })
        return lines.map { quoted($0) + "\r\n" }.joined()
    }

    private static func quoted(_ line: Substring) -> String {
        var lines = [""]
        let bytes = Array(line.utf8)
        for (index, byte) in bytes.enumerated() {
            let isLast = index == bytes.count - 1
            let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
            let isPrintable = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
            let encoded =
                isPrintable || (isBlank && !isLast)
                ? String(UnicodeScalar(byte)) : octet(byte)
            if lines[lines.count - 1].count + encoded.count > lineMax - 1 { lines.append("") }
            lines[lines.count - 1] += encoded
        }
        return lines.joined(separator: "=\r\n")
    }
}
