import Foundation

/// Where messages are posted: encrypted wherever they cross a network.
///
/// The path and the query of such an address are often a secret in themselves: only `shown` is for
/// logs and screens.
public struct WebhookAddress: Hashable, Sendable {
    public let url: String
    /// Scheme, host and port.
    public let shown: String

    /// Nil for what is no address, and for plain http to another machine.
    public init?(_ url: String) {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil,
            let scheme = parts.scheme?.lowercased(),
            scheme == "https" || (scheme == "http" && Loopback.isName(host))
        else { return nil }
        self.url = url
        shown = "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
    }
}

extension WebhookAddress: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let address = WebhookAddress(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not an address that messages may be posted to")
        }
        self = address
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(url)
    }
}
