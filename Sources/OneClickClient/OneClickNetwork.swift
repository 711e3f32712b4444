import AsyncHTTPClient
import NIOCore
import NIOSSL
import SyncModel

/// The way from this machine to OneClick, where it is not simply the internet.
public struct OneClickNetwork: Sendable, Hashable {
    public struct Proxy: Sendable, Hashable {
        public var host: String
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    public var proxy: Proxy?
    /// A PEM file of the authorities to trust instead of the system's.
    public var authorityFile: String?

    public init(proxy: Proxy? = nil, authorityFile: String? = nil) {
        self.proxy = proxy
        self.authorityFile = authorityFile
    }

    /// A client that its caller shuts down.
    public func httpClient() throws -> HTTPClient {
        HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: try configuration())
    }

    /// Shared by the process; never shut down.
    static let direct = HTTPClient(
        eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: base)

    private func configuration() throws -> HTTPClient.Configuration {
        var configuration = Self.base
        if let proxy { configuration.proxy = .server(host: proxy.host, port: proxy.port) }
        if let authorityFile {
            guard let authorities = try? NIOSSLCertificate.fromPEMFile(authorityFile),
                !authorities.isEmpty
            else {
                throw SyncError(
                    "address",
                    "The file of certificate authorities \(authorityFile) cannot be read.",
                    hint:
                        "Give the path of a file with certificates in PEM that this user may read.")
            }
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(authorities)
            configuration.tlsConfiguration = tls
        }
        return configuration
    }

    private static var base: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            // OneClick never redirects; whoever does is not OneClick.
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: .seconds(60), write: .seconds(60)))
        // The engine decides about trying again.
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }
}
