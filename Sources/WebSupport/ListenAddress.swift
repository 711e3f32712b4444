import SyncModel

/// Where the API listens. Plain HTTP is for the machine itself only: what crosses a network is
/// encrypted by the proxy in front.
public struct ListenAddress: Hashable, Sendable {
    public let host: String
    /// 0 means any free port.
    public let port: Int

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// 127.0.0.1 with a free port.
    public static let anyLoopbackPort = ListenAddress(host: "127.0.0.1", port: 0)

    /// Reads `HOST:PORT`, an IPv6 host in brackets. Throws `address` for anything else, and for a
    /// host that is not this machine's loopback.
    public init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else {
            throw SyncError(
                "address", "\"\(text)\" is not an address to listen on.",
                hint: "Write it as HOST:PORT, such as 127.0.0.1:8080.")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
            throw SyncError(
                "address",
                "OneClick does not listen on \(host): plain HTTP would cross the network "
                    + "unencrypted.",
                hint: "Listen on 127.0.0.1 and put a proxy that speaks HTTPS, such as nginx or "
                    + "Caddy, in front of it.")
        }
        self.init(host: host, port: port)
    }

    func with(port: Int) -> ListenAddress { ListenAddress(host: host, port: port) }

    /// As a client writes it.
    public var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
