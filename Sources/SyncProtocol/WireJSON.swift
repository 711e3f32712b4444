import Foundation
import SyncModel

/// How messages look as JSON: one encoder and one decoder for both sides, so that the same message
/// is always the same bytes.
public enum WireJSON {
    public static func encode(_ message: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(message))
    }

    /// Reads a message. What cannot be read is an error that shows nothing of the contents; where a
    /// message of another version of the protocol cannot be read, the error says so.
    public static func decode<Message: Decodable>(
        _ type: Message.Type = Message.self, from bytes: [UInt8]
    ) throws -> Message {
        do {
            let message = try JSONDecoder().decode(type, from: Data(bytes))
            if let field = (message as? any Bounded)?.fieldBeyondBounds {
                throw malformed("has no usable value for \(field)")
            }
            return message
        } catch let error as DecodingError {
            try checkVersion(bytes)
            throw malformed(error.fault)
        }
    }

    private static func malformed(_ what: String) -> SyncError {
        SyncError(
            .malformed, "A message of the synchronisation protocol \(what).",
            hint: "Check that both sides run a released version and that no proxy changes the "
                + "requests between them; then run the synchronisation again.")
    }

    private struct Versioned: Decodable { var protocolVersion: Int }

    private static func checkVersion(_ bytes: [UInt8]) throws {
        let versioned = try? JSONDecoder().decode(Versioned.self, from: Data(bytes))
        guard let theirs = versioned?.protocolVersion, theirs != protocolVersion else { return }
        throw SyncError(
            .version,
            "The other side speaks version \(theirs) of the synchronisation protocol, this one "
                + "version \(protocolVersion).",
            hint: "Bring SyncWorker and OneClick to the same release; nothing was synchronised.")
    }
}

extension DecodingError {
    /// Where and how a message is wrong, in names of fields only.
    fileprivate var fault: String {
        switch self {
        case .keyNotFound(let key, let context):
            "lacks \(Self.path(context.codingPath + [key]))"
        case .valueNotFound(_, let context), .typeMismatch(_, let context):
            "has no usable value for \(Self.path(context.codingPath))"
        default: "is not the JSON that it should be"
        }
    }

    /// The field as the protocol names it, cut to a length that fits a log.
    private static func path(_ keys: [any CodingKey]) -> String {
        let names = keys.prefix(4).map { key in
            key.intValue.map(String.init)
                ?? String(String.UnicodeScalarView(key.stringValue.unicodeScalars.prefix(40)))
        }
        return names.isEmpty ? "the message" : names.joined(separator: ".")
    }
}
