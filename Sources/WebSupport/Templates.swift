import Mustache
import SyncModel

/// The embedded templates. What a template names has to be in its model: a missing name would show
/// nothing, so that a test compares the two.
public struct Templates: Sendable {
    private let library: MustacheLibrary

    public init() throws {
        MustacheContentTypes.register(EscapedBytes(), named: EscapedBytes.name)
        var library = MustacheLibrary()
        for (name, text) in Self.texts {
            try library.register("{{% CONTENT_TYPE:\(EscapedBytes.name)}}" + text, named: name)
        }
        self.library = library
    }

    /// Every template by its name.
    public static let texts: [String: String] = Dictionary(
        uniqueKeysWithValues: WebFiles.all.compactMap { name, bytes in
            guard name.hasSuffix(".mustache") else { return nil }
            return (
                String(name.dropLast(".mustache".count)), String(decoding: bytes, as: UTF8.self)
            )
        })

    /// Renders a value's properties into a template.
    public func render(_ name: String, _ model: some Sendable) throws -> String {
        guard let text = library.render(model, withTemplate: name) else {
            throw SyncError(
                "template", "There is no page \(name) in this release.",
                hint: "Install the release again.")
        }
        return text
    }
}

/// Escapes text for HTML byte by byte. Mustache's own way goes by characters, and to Swift a
/// quotation mark with a combining accent is another character: to a browser it ends an attribute.
private struct EscapedBytes: MustacheContentType {
    static let name = "ESCAPED"

    func escapeText(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
