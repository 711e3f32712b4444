import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import SyncModel
import WebSupport

/// Serves the console to browsers: on loopback by plain HTTP, elsewhere by TLS only.
public struct ConsoleServer: Service {
    let application: Application<RouterResponder<ConsoleContext>>
    private let address: ListenAddress

    /// Throws `address` where others than this machine would come by plain HTTP.
    ///
    /// - Parameters:
    ///   - certificate: looked at again while the server runs, and a renewed one is shown.
    ///   - onReady: called once with the address that answers.
    public init(
        console: Console, address: ListenAddress, certificate: ServerCertificate?, logger: Logger,
        onReady: @escaping @Sendable (String) async -> Void = { _ in }
    ) throws {
        try Self.check(address, certificate?.files)
        self.address = address
        // A page that nobody looks at any more must not hold a connection for ever.
        let http = HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(120)))
        application = Application(
            router: console.router(),
            server: try certificate?.encrypting(http) ?? http,
            configuration: .init(address: .hostname(address.host, port: address.port)),
            services: certificate.map { [$0] } ?? [],
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                await onReady(address.with(port: port).url(isSecure: certificate != nil))
            }, logger: logger)
    }

    /// Throws `address` if nothing can listen there.
    public func run() async throws {
        try await address.serving("The Management Console") { try await application.run() }
    }

    public static func check(_ address: ListenAddress, _ certificate: CertificateFiles?) throws {
        guard certificate == nil, !address.isLoopback else { return }
        throw SyncError(
            "address",
            "The console does not listen on \(address.host) without a certificate: passwords "
                + "would cross the network unencrypted.",
            hint: "Name a certificate and its key (console_certificate, console_key), or listen on "
                + "127.0.0.1.")
    }
}
