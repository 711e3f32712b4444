/// An e-mail address that every server takes: ASCII, no quotes, no comments.
public struct MailAddress: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil for what is no such address, a line break in it above all.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= 254, (1...64).contains(parts[0].utf8.count),
            Self.isDotted(parts[0], Self.localCharacters),
            Self.isDotted(parts[1], Self.domainCharacters)
        else { return nil }
        description = String(text)
    }

    /// What stands behind the @.
    var domain: Substring { description.split(separator: "@").last ?? "" }

    private static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    private static let localCharacters = Set((letters + "!#$%&'*+-/=?^_`{|}~").unicodeScalars)
    private static let domainCharacters = Set((letters + "-").unicodeScalars)

    /// Words of these characters with single dots between.
    private static func isDotted(
        _ text: some StringProtocol, _ allowed: Set<Unicode.Scalar>
    ) -> Bool {
        text.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0.allSatisfy(allowed.contains) }
    }
}

extension MailAddress: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let address = MailAddress(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not an e-mail address")
        }
        self = address
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
