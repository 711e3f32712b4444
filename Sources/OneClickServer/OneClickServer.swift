import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import OneClickStore
import ServiceLifecycle
import SyncModel
import WebSupport

/// OneClick's API over HTTP, as a service: runs until it is asked to shut down, then finishes the
/// requests and commits under way. On loopback it may speak plain HTTP, elsewhere HTTPS only.
public struct OneClickServer: Service {
    private let application: Application<RouterResponder<BasicRequestContext>>
    private let address: ListenAddress

    /// What may be set otherwise than in production, by tests above all.
    public struct Settings: Sendable {
        /// OneClick's clock.
        public var now: @Sendable () -> Timestamp
        /// Returns when a commit's request has waited long enough for its receipt.
        public var waitForReceipt: @Sendable () async throws -> Void

        public init(
            now: @escaping @Sendable () -> Timestamp,
            waitForReceipt: @escaping @Sendable () async throws -> Void = {
                try await ContinuousClock().sleep(for: .seconds(5))
            }
        ) {
            self.now = now
            self.waitForReceipt = waitForReceipt
        }
    }

    /// Throws `address` where others than this machine would come by plain HTTP.
    ///
    /// - Parameters:
    ///   - certificate: looked at again while the server runs, and a renewed one is shown; nil
    ///     for plain HTTP.
    ///   - onReady: called once with the URL at which requests are answered: with the port that the
    ///     system chose where 0 was asked for.
    public init(
        store: OneClickStore, address: ListenAddress, certificate: ServerCertificate? = nil,
        settings: Settings, logger: Logger,
        onReady: @escaping @Sendable (_ url: String) async -> Void = { _ in }
    ) throws {
        try Self.check(address, isSecure: certificate != nil)
        let commits = Commits(store: store, settings: settings, logger: logger)
        let router = Router()
        router.add(middleware: ErrorAnswers())
        SyncAPI(store: store, commits: commits, now: settings.now).addRoutes(to: router)
        self.address = address
        let http = HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(120)))
        application = Application(
            router: router,
            server: try certificate?.encrypting(http) ?? http,
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port)),
            services: [commits] + (certificate.map { [$0] } ?? []),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? address.port
                await onReady(address.with(port: port).url(isSecure: certificate != nil))
            },
            logger: logger)
    }

    /// Throws `address` where plain HTTP would leave the machine.
    public static func check(_ address: ListenAddress, isSecure: Bool) throws {
        guard !isSecure, !address.isLoopback else { return }
        throw SyncError(
            "address",
            "OneClick does not listen on \(address.host): plain HTTP would cross the network "
                + "unencrypted.",
            hint: "Give a certificate and its key (--certificate, --key), or listen on 127.0.0.1 "
                + "and put a proxy that speaks HTTPS, such as nginx or Caddy, in front of it.")
    }

    /// Throws `address` if nothing can listen there.
    public func run() async throws {
        try await address.serving("OneClick") { try await application.run() }
    }
}
