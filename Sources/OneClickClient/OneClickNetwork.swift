import AsyncHTTPClient
import NIOCore
import NIOSSL
import SyncModel

/// The way from this machine to OneClick, where it is not simply the internet.
public struct OneClickNetwork: Sendable, Hashable {
    public var proxy: HTTPProxy?
    /// A PEM file of the authorities to trust instead of the system's.
    public var authorityFile: String?

    public init(proxy: HTTPProxy? = nil, authorityFile: String? = nil) {
        self.proxy = proxy
        self.authorityFile = authorityFile
    }

    /// Throws `address` where secrets may not be sent to the URL by this way.
    public func check(url: String) throws {
        let address = try OneClickAddress(url)
        if let proxy, !address.isSecure {
            throw SyncError(
                "address",
                "OneClick's address \(address.url) is plain http, which the proxy \(proxy.url) "
                    + "would get to read.",
                hint: "Give OneClick's https address, or no proxy where OneClick runs on this "
                    + "machine.")
        }
    }

    /// Throws `address` where the file of authorities cannot be read.
    public func checkAuthorities() throws { _ = try tls() }

    /// Runs `body` with a line that is open until it ends, however it ends.
    ///
    /// - Parameter now: this machine's clock: it tells an expired certificate.
    /// - Throws: `address` where the file of authorities cannot be read; what `body` throws.
    public func withLine<T: Sendable>(
        now: @escaping @Sendable () -> Timestamp, isolation: isolated (any Actor)? = #isolation,
        _ body: (OneClickLine) async throws -> T
    ) async throws -> T {
        try await HTTPClient.withHTTPClient(configuration: try configuration()) { http in
            try await body(OneClickLine(network: self, http: http, now: now))
        }
    }

    /// How a server has to prove who it is.
    func tls() throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        guard let authorityFile else { return tls }
        guard let authorities = try? NIOSSLCertificate.fromPEMFile(authorityFile),
            !authorities.isEmpty
        else {
            throw SyncError(
                "address",
                "The file of certificate authorities \(authorityFile) cannot be read.",
                hint: "Give the path of a file with certificates in PEM that this user may read.")
        }
        tls.trustRoots = .certificates(authorities)
        return tls
    }

    private func configuration() throws -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try tls(),
            // OneClick never redirects; whoever does is not OneClick.
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: .seconds(60), write: .seconds(60)))
        // The engine decides about trying again.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let proxy {
            configuration.proxy = .server(
                host: proxy.host, port: proxy.port, authorization: proxy.authorization)
        }
        return configuration
    }
}

/// An open way to OneClick, for the requests of one process: see `OneClickNetwork.withLine`.
public struct OneClickLine: Sendable {
    let network: OneClickNetwork
    let http: HTTPClient
    let now: @Sendable () -> Timestamp
}
