import Hummingbird
import NIOCore
import PortalService
import SyncModel
import SyncProtocol
import WebSupport

/// What the pages and the API need, as values and functions.
public struct Console: Sendable {
    let portal: Portal
    let journal: SQLiteJournal
    let connections: Connections
    let access: Access
    let attempts = SignInAttempts()
    let passwords = PasswordChecks()
    let templates: Templates
    let settings: Settings

    /// What does not change while the service runs.
    public struct Settings: Sendable {
        /// The release that runs.
        public var version: String
        public var shapes: Shapes
        public var time: PracticeTime
        /// Whether browsers come by HTTPS, so that cookies may be kept to it.
        public var isSecure: Bool
        public var now: @Sendable () -> Timestamp
        public var wait: @Sendable (Duration) async throws -> Void
        /// Random bytes for sessions, in hexadecimal.
        public var token: @Sendable () -> String
        /// Carries a person's answer to OneClick.
        public var answer: @Sendable (AnswerRequest) async throws -> AnswerReceipt
        /// What became of the alerts, in words; nil where none are configured.
        public var alerts: @Sendable () async -> AlertsView?

        public init(
            version: String, shapes: Shapes, time: PracticeTime, isSecure: Bool,
            now: @escaping @Sendable () -> Timestamp,
            wait: @escaping @Sendable (Duration) async throws -> Void,
            token: @escaping @Sendable () -> String,
            answer: @escaping @Sendable (AnswerRequest) async throws -> AnswerReceipt,
            alerts: @escaping @Sendable () async -> AlertsView? = { nil }
        ) {
            self.version = version
            self.shapes = shapes
            self.time = time
            self.isSecure = isSecure
            self.now = now
            self.wait = wait
            self.token = token
            self.answer = answer
            self.alerts = alerts
        }
    }

    /// - Parameter directories: asked in this order who somebody is.
    public init(
        portal: Portal, journal: SQLiteJournal, connections: Connections,
        directories: [UserDirectory], sessions: SessionStore, settings: Settings
    ) throws {
        self.portal = portal
        self.journal = journal
        self.connections = connections
        access = Access(directories: directories, sessions: sessions, now: settings.now)
        templates = try Templates()
        self.settings = settings
    }

    /// Everything that a browser may ask for.
    func router() -> Router<ConsoleContext> {
        let router = Router(context: ConsoleContext.self)
        router.add(middleware: SecurityHeaders(isSecure: settings.isSecure))
        router.add(middleware: Refusals(console: self))
        WebFiles.addRoutes(to: router)
        addSignIn(to: router)
        addPages(to: router)
        addActions(to: router)
        addEvents(to: router)
        addAPI(to: router)
        return router
    }
}

/// A request with where it came from.
struct ConsoleContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?
    /// The person at the other end of the control socket; nil for a browser.
    var localUser: String?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}
