import Foundation
import NIOCore
import SyncModel

/// Where a server listens. Plain HTTP is for the machine itself only (`isLoopback`): what crosses a
/// network is encrypted, by the server or by a proxy in front of it.
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

    /// Reads `HOST:PORT`, an IPv6 host in brackets. Throws `address` for anything else.
    public init(_ text: String) throws {
        guard let (host, port) = Self.parts(text) else {
            throw SyncError(
                "address", "\"\(text)\" is not an address to listen on.",
                hint: "Write it as HOST:PORT, such as 127.0.0.1:8080.")
        }
        self.init(host: host, port: port)
    }

    private static func parts(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            port <= 65_535
        else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        // Without brackets nobody can say where an IPv6 host ends.
        guard !host.isEmpty, host.contains(":") == isBracketed,
            !host.contains(where: \.isWhitespace)
        else { return nil }
        return (String(host), port)
    }

    /// Whether only this machine itself can connect.
    public var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }

    public func with(port: Int) -> ListenAddress { ListenAddress(host: host, port: port) }

    /// As a client writes it.
    public var url: String { url(isSecure: false) }

    public func url(isSecure: Bool) -> String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "\(isSecure ? "https" : "http")://\(host):\(port)"
    }
}

extension ListenAddress {
    /// Runs a server that listens here.
    ///
    /// Throws `address`, in words for a person, where it cannot.
    public func serving(_ server: String, _ run: () async throws -> Void) async throws {
        do {
            try await run()
        } catch let error as IOError {
            throw SyncError(
                "address",
                "\(server) cannot listen on \(host), port \(port): "
                    + "\(String(cString: strerror(error.errnoCode))).",
                hint:
                    "Stop the program that uses the port, or choose another one; port 0 takes any "
                    + "free port.")
        }
    }
}
