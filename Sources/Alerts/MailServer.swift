import Foundation
import SyncModel

/// The server that takes our mail.
public struct MailServer: Codable, Hashable, Sendable {
    public enum Security: String, Codable, Hashable, Sendable {
        /// Begins in clear and must turn to TLS before anything is said.
        case startTLS = "starttls"
        case tls
        /// Nothing is encrypted; no password is ever sent, but to this machine.
        case none
    }

    public var host: String
    public var port: Int
    public var security: Security

    public init(host: String, port: Int, security: Security) {
        self.host = host
        self.port = port
        self.security = security
    }

    /// Reads `smtp://host:587` (STARTTLS), `smtps://host:465` (TLS) or
    /// `smtp-unencrypted://host:25`; on this machine's loopback `smtp` is not encrypted. Nil for
    /// anything else.
    public init?(url: String) {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, ["", "/"].contains(parts.path),
            parts.query == nil, parts.fragment == nil
        else { return nil }
        let isHere = Loopback.isName(host)
        switch parts.scheme?.lowercased() {
        case "smtp":
            self.init(host: host, port: isHere ? 25 : 587, security: isHere ? .none : .startTLS)
        case "smtps": self.init(host: host, port: 465, security: .tls)
        case "smtp-unencrypted": self.init(host: host, port: 25, security: .none)
        default: return nil
        }
        self.host = Loopback.bare(host)
        if let port = parts.port {
            guard (1...65535).contains(port) else { return nil }
            self.port = port
        }
    }

    /// As it is written in the configuration.
    public var url: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let isPlain = security == .none && !isLoopback
        let scheme = security == .tls ? "smtps" : isPlain ? "smtp-unencrypted" : "smtp"
        return "\(scheme)://\(name):\(port)"
    }

    /// Whether it is on this machine: what is sent there crosses no network.
    public var isLoopback: Bool { Loopback.isName(host) }
}

/// Names of this machine: what is sent there crosses no network.
enum Loopback {
    static func isName(_ host: String) -> Bool {
        ["127.0.0.1", "::1", "localhost"].contains(bare(host).lowercased())
    }

    /// Without the brackets around an IPv6 address.
    static func bare(_ host: String) -> String {
        host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
    }
}
