import ServiceLifecycle
import SyncEngine
import SyncModel
import SyncProtocol

/// What OneClick and Central answered last. They are asked in the background, so that no page waits
/// for either.
public actor Connections: Service {
    public struct State: Codable, Hashable, Sendable {
        /// What OneClick said when it last answered, and when that was.
        public var oneclick: StatusAnswer?
        public var oneclickAnsweredAt: Timestamp?
        /// Why OneClick did not answer the last time it was asked; nil if it did.
        public var oneclickError: String?
        /// Why Central could not be read the last time; nil if it could.
        public var centralError: String?
        /// When both were asked last; nil before the first time.
        public var askedAt: Timestamp?

        public init() {}
    }

    public private(set) var state = State()
    private let askOneClick: @Sendable () async throws -> StatusAnswer
    private let askCentral: @Sendable () async throws -> Void
    private let now: @Sendable () -> Timestamp
    private let wait: @Sendable (Duration) async throws -> Void
    /// Rung where both are to be asked before their time.
    private let doorbell = Doorbell()

    /// Both are asked this often.
    static let interval = Duration.seconds(30)

    public init(
        askOneClick: @escaping @Sendable () async throws -> StatusAnswer,
        askCentral: @escaping @Sendable () async throws -> Void,
        now: @escaping @Sendable () -> Timestamp,
        wait: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.askOneClick = askOneClick
        self.askCentral = askCentral
        self.now = now
        self.wait = wait
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown { [doorbell, wait] in
            while !Task.isCancelled {
                await self.refresh()
                await doorbell.wait { try await wait(Self.interval) }
            }
        }
    }

    /// Has both asked soon: a synchronisation has ended. Where they are being asked, once more: the
    /// answers may be from before.
    public nonisolated func nudge() { doorbell.ring() }

    /// Asks both now, before a person answers something.
    @discardableResult
    public func refresh() async -> State {
        async let central = Self.failure(askCentral)
        do {
            let answer = try await askOneClick()
            state.oneclick = answer
            state.oneclickAnsweredAt = now()
            state.oneclickError = nil
        } catch {
            state.oneclickError = Self.words(error)
        }
        state.centralError = await central
        state.askedAt = now()
        return state
    }

    private static func failure(_ ask: @Sendable () async throws -> Void) async -> String? {
        do {
            try await ask()
            return nil
        } catch {
            return words(error)
        }
    }

    private static func words(_ error: any Error) -> String {
        (error as? SyncError)?.description
            ?? "Something unexpected went wrong (\(type(of: error)))."
    }
}
