import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import Observability
import ServiceLifecycle
import SyncModel
import Synchronization
import UnixSignals

/// The certificate that a server shows, with its key: PEM files that may be renewed while it runs.
///
/// Run it as a service beside the server. It looks at the files every minute, at once on SIGHUP.
/// What they hold then is shown to new connections; those that are open go on. Files that cannot be
/// used change nothing: the certificate before goes on, and a line of the log says why.
public actor ServerCertificate: Service {
    public nonisolated let files: CertificateFiles
    private nonisolated let shown: Mutex<CertificatePair>
    private let now: @Sendable () -> Timestamp
    private let wait: @Sendable () async throws -> Void
    private let logger: Logger
    /// What the log has said of the files; nil while nothing is wrong with them.
    private var complaint: String?

    /// Reads the files.
    ///
    /// - Parameters:
    ///   - now: this machine's clock: an expired certificate is refused.
    ///   - wait: returns when it is time to look at the files again.
    /// - Throws: `certificate`, in words for a person, where the files cannot be used: see
    ///   `CertificateFiles`.
    public init(
        _ files: CertificateFiles, now: @escaping @Sendable () -> Timestamp, logger: Logger,
        wait: @escaping @Sendable () async throws -> Void = {
            try await ContinuousClock().sleep(for: .seconds(60))
        }
    ) throws {
        self.files = files
        self.now = now
        self.wait = wait
        self.logger = logger
        shown = Mutex(try files.read(now: now()))
    }

    /// The same server, which speaks TLS 1.2 or newer with this certificate.
    public nonisolated func encrypting(_ http: HTTPServerBuilder) throws -> HTTPServerBuilder {
        var configuration = shown.withLock { $0.configuration }
        // Asked at each handshake.
        configuration.sslContextCallback = { [self] _, promise in
            promise.succeed(shown.withLock { $0.override })
        }
        return try .tls(http, tlsConfiguration: configuration)
    }

    /// Looks at the files until it is asked to shut down.
    public func run() async throws {
        // Caught from the beginning on: a signal that nobody catches ends the process.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        try await cancelWhenGracefulShutdown {
            try await withThrowingDiscardingTaskGroup { tasks in
                tasks.addTask { for await _ in hangups { await self.look() } }
                tasks.addTask {
                    while true {
                        do { try await self.wait() } catch is CancellationError { return }
                        await self.look()
                    }
                }
            }
        }
    }

    /// Takes over what the files hold now, if it can be used.
    func look() {
        do {
            let read = try files.read(now: now())
            complaint = nil
            let isNew = shown.withLock { old in
                defer { old = read }
                return old != read
            }
            guard isNew else { return }
            logger.notice(
                "New connections see the new certificate",
                metadata: .keyed([.path: "\(files.chain)", .until: "\(read.validUntil)"]))
        } catch {
            // Said once: the same every minute would hide everything else.
            guard complaint != "\(error)" else { return }
            complaint = "\(error)"
            logger.error(
                "The certificate's files cannot be used; the one before stays",
                metadata: .keyed([.path: "\(files.chain)", .error: "\(error)"]))
        }
    }
}
