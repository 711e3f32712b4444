import ArgumentParser
import Catalogue
import Logging
import Observability
import OneClickServer
import OneClickStore
import ServiceLifecycle
import SyncModel
import WebSupport
import UnixSignals

/// Serves the API until SIGTERM or SIGINT.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer the SyncWorkers of the practices, until stopped.",
        discussion: """
            Prints one line with its address when it is ready. On SIGTERM or Ctrl-C it finishes \
            what is under way and ends; the database's file alone is a backup then.

            For practices elsewhere it needs a certificate and its key, and speaks HTTPS then; \
            without them it answers this machine only, such as a proxy in front of it. A renewed \
            certificate is taken over within a minute, at once on SIGHUP; connections go on.
            """)

    @Option(
        help: ArgumentHelp(
            "Where to listen; port 0 takes any free port.", valueName: "HOST:PORT"))
    var listen = "127.0.0.1:8080"

    @Option(
        help: ArgumentHelp(
            "The server's certificate, followed by those that lead to its authority (PEM).",
            valueName: "CHAIN.pem"))
    var certificate: String?

    @Option(
        help: ArgumentHelp(
            "Its private key (PEM), in a file that only its owner may read.",
            valueName: "KEY.pem"))
    var key: String?

    @Option(
        help: ArgumentHelp(
            "How much to log to standard error: debug, info, warning or error.",
            valueName: "LEVEL"))
    var logLevel = "info"

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable { var address: String }

    func validate() throws {
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw ValidationError(
                "\"\(logLevel)\" is no log level; take debug, info, warning or error.")
        }
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate and --key need each other.")
        }
        do {
            try OneClickServer.check(try ListenAddress(listen), isSecure: certificate != nil)
        } catch let error as SyncError {
            throw ValidationError(error.description)
        }
    }

    func run() async throws {
        bootstrapLogging(level: Logger.Level(rawValue: logLevel) ?? .info)
        let logger = Logger(label: "oneclick")
        let certificate = try serverCertificate(logger)
        let store = try common.store()
        let common = common
        let server = try OneClickServer(
            store: store, address: try ListenAddress(listen), certificate: certificate,
            settings: .init(now: SystemClock.now), logger: logger,
            onReady: { url in
                // A closed standard output is no reason to stop serving.
                try? common.answer(Answer(address: url), "OneClick answers at \(url)")
            })
        let group = ServiceGroup(
            configuration: .init(
                services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
        do {
            try store.foldLog()
        } catch {
            logger.warning(
                "The database's log stays beside it; back up both files",
                metadata: .keyed([.error: "\(error)"]))
        }
        try store.close()
    }

    private func serverCertificate(_ logger: Logger) throws -> ServerCertificate? {
        guard let certificate, let key else { return nil }
        return try ServerCertificate(
            CertificateFiles(chain: certificate, key: key), now: SystemClock.now, logger: logger)
    }
}
