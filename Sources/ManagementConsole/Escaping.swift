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
    /// apostrophe in front: a client may be called `=HYPERLINK(...)`.
    static func csv(_ cells: [String]) -> String {
        cells.map { cell in
            let isFormula = cell.first.map { "=+-@\t\r".contains($0) } ?? false
            let safe = isFormula && Double(cell) == nil ? "'" + cell : cell
            return "\"" + safe.replacing("\"", with: "\"\"") + "\""
        }.joined(separator: ",") + "\r\n"
    }
}
