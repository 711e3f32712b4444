import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import ServiceLifecycle
import SyncModel
import WebSupport

/// Serves the console to browsers: on loopback by plain HTTP, elsewhere by TLS only.
public struct ConsoleServer: Service {
    let application: Application<RouterResponder<ConsoleContext>>
    private let address: ListenAddress

    /// PEM files.
    public struct Certificate: Hashable, Sendable {
        public var chainFile: String
        public var keyFile: String

        public init(chainFile: String, keyFile: String) {
            self.chainFile = chainFile
            self.keyFile = keyFile
        }
    }

    /// Throws `address` where others than this machine would come by plain HTTP, or where the
    /// certificate cannot be read.
    ///
    /// - Parameter onReady: called once with the address that answers.
    public init(
        console: Console, address: ListenAddress, certificate: Certificate?, logger: Logger,
        onReady: @escaping @Sendable (String) async -> Void = { _ in }
    ) throws {
        try Self.check(address, certificate)
        self.address = address
        // A page that nobody looks at any more must not hold a connection for ever.
        let http = HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(120)))
        application = Application(
            router: console.router(),
            server: try certificate.map { try .tls(http, tlsConfiguration: try Self.tls($0)) }
                ?? http,
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                await onReady(address.with(port: port).url(isSecure: certificate != nil))
            }, logger: logger)
    }

    /// Throws `address` if nothing can listen there.
    public func run() async throws {
        try await address.serving("The Management Console") { try await application.run() }
    }

    public static func check(_ address: ListenAddress, _ certificate: Certificate?) throws {
        guard certificate == nil, !address.isLoopback else { return }
        throw SyncError(
            "address",
            "The console does not listen on \(address.host) without a certificate: passwords "
                + "would cross the network unencrypted.",
            hint: "Name a certificate and its key (console_certificate, console_key), or listen on "
                + "127.0.0.1.")
    }

    private static func tls(_ certificate: Certificate) throws -> TLSConfiguration {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate.chainFile)
            let key = try NIOSSLPrivateKey(file: certificate.keyFile, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            return configuration
        } catch {
            throw SyncError(
                "address",
                "The certificate \(certificate.chainFile) or its key \(certificate.keyFile) cannot "
                    + "be read as PEM.",
                hint: "Check both files, and that this user may read them.")
        }
    }
}
