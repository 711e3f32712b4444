import AsyncHTTPClient
import Foundation

/// A proxy that is asked to connect to OneClick (CONNECT): what crosses it stays encrypted.
public struct HTTPProxy: Sendable, Hashable {
    public var host: String
    public var port: Int
    public var user: String?
    /// Never shown.
    public var password: String?

    /// Reads `http://HOST:PORT` or `http://USER@HOST:PORT`. Nil for anything else, such as one with
    /// a password in it, which would be shown wherever the configuration is.
    public init?(url: String) {
        guard let parts = URLComponents(string: url), parts.scheme?.lowercased() == "http",
            let host = parts.host, !host.isEmpty, let port = parts.port,
            (1...65_535).contains(port), parts.password == nil, parts.user != "",
            ["", "/"].contains(parts.path), parts.query == nil, parts.fragment == nil
        else { return nil }
        self.host = host.trimmingCharacters(in: ["[", "]"])
        self.port = port
        user = parts.user
    }

    /// With the user, without the password.
    public var url: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let user = user?.addingPercentEncoding(withAllowedCharacters: .urlUserAllowed)
        return "http://" + (user.map { $0 + "@" } ?? "") + "\(name):\(port)"
    }

    /// What proves to the proxy who asks.
    var authorization: HTTPClient.Authorization? {
        user.map { .basic(username: $0, password: password ?? "") }
    }
}

/// Never shows the password.
extension HTTPProxy: CustomStringConvertible, CustomReflectable {
    public var description: String { url }
    public var customMirror: Mirror { Mirror(self, children: ["url": url]) }
}
