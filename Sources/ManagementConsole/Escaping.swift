import SyncModel

/// Text in addresses and in CSV.
enum Escaping {
    private static let plain = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

    /// A value of an address's query (RFC 3986).
    static func query(_ text: String) -> String {
        text.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + [byte].hexadecimal.uppercased()
        }.joined()
    }

    /// A line of a CSV file (RFC 4180). A text that a spreadsheet would take for a formula gets an
    /// apostrophe in front: a client may be called `=HYPERLINK(...)`. By scalars and bytes: to
    /// Swift a sign with a combining accent is another character, to a spreadsheet it is not.
    static func csv(_ cells: [String]) -> String {
        cells.map { cell in
            let first = cell.unicodeScalars.first
            let isFormula = first.map { "=+-@\t\r\n".unicodeScalars.contains($0) } ?? false
            let safe = isFormula && Double(cell) == nil ? "'" + cell : cell
            let quote = UInt8(ascii: "\"")
            let doubled = safe.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] }
            return "\"" + String(decoding: doubled, as: UTF8.self) + "\""
        }.joined(separator: ",") + "\r\n"
    }
}
