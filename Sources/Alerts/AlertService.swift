import Logging
import Observability
import ServiceLifecycle
import SyncEngine
import SyncModel

/// Tells the people who look after a practice's synchronisation when it goes wrong, and when it
/// goes well again.
public actor AlertService: Service {
    /// Time, passed in so that a test's clock can.
    public struct Environment: Sendable {
        public var now: @Sendable () -> Timestamp
        public var wait: @Sendable (Duration) async throws -> Void

        public init(
            now: @escaping @Sendable () -> Timestamp,
            wait: @escaping @Sendable (Duration) async throws -> Void
        ) {
            self.now = now
            self.wait = wait
        }
    }

    /// Where the state outlives the process.
    public struct Memory: Sendable {
        /// Nil where nothing was remembered yet.
        public var load: @Sendable () async throws -> AlertState?
        public var save: @Sendable (AlertState) async throws -> Void

        public init(
            load: @escaping @Sendable () async throws -> AlertState?,
            save: @escaping @Sendable (AlertState) async throws -> Void
        ) {
            self.load = load
            self.save = save
        }
    }

    /// What somebody else knows, asked once a minute.
    public struct Outlook: Sendable {
        public var lastGood: Timestamp?
        /// Whether nothing starts by itself, because a person said so: paused, or quiet hours.
        public var isPaused: Bool
        /// From one periodic synchronisation to the next, where that was changed.
        public var interval: Duration?

        public init(
            lastGood: Timestamp? = nil, isPaused: Bool = false, interval: Duration? = nil
        ) {
            self.lastGood = lastGood
            self.isPaused = isPaused
            self.interval = interval
        }
    }

    typealias Send =
        @Sendable (Alert, AlertChannel, [String]?) async throws -> AlertSender.Sent

    /// The clock is looked at this often.
    static let pause = Duration.seconds(60)
    /// Where nothing happens, the look at the clock is remembered this often.
    static let forgetfulness = Duration.seconds(600)
    /// Synchronisations that may end before the state was read.
    private static let earlyMax = 100

    private let channels: [AlertChannel]
    private let send: Send
    private var rules: AlertRules
    private let environment: Environment
    private let memory: Memory
    private let outlook: @Sendable () async -> Outlook
    private let logger: Logger

    private var state = AlertState()
    private var isLoaded = false
    private var early: [RunRecord] = []
    private var remembered: AlertState?
    private var isUnsaved = false
    private var isSaving = false
    /// Rung where there is something to do.
    private let doorbell = Doorbell()

    /// - Parameter interval: from one periodic synchronisation to the next.
    public init(
        sender: AlertSender, interval: Duration, environment: Environment, memory: Memory,
        logger: Logger, outlook: @escaping @Sendable () async -> Outlook = { Outlook() }
    ) {
        self.init(
            channels: sender.settings.channels, rules: AlertRules(interval: interval),
            environment: environment, memory: memory, logger: logger, outlook: outlook
        ) { try await sender.send($0, by: $1, to: $2) }
    }

    init(
        channels: [AlertChannel], rules: AlertRules, environment: Environment, memory: Memory,
        logger: Logger, outlook: @escaping @Sendable () async -> Outlook = { Outlook() },
        send: @escaping Send
    ) {
        self.channels = channels
        self.send = send
        self.rules = rules
        self.environment = environment
        self.memory = memory
        self.logger = logger
        self.outlook = outlook
    }

    /// For the console.
    public func status() -> AlertStatus { AlertStatus(state, channels) }

    /// Takes in a synchronisation of all data sets that has ended; quick. One of some data sets
    /// alone says nothing of the others, and does not belong here.
    public func finished(_ record: RunRecord) async {
        guard !channels.isEmpty else { return }
        guard isLoaded else {
            early = (early + [record]).suffix(Self.earlyMax)
            return
        }
        take(.finished(record))
        await remember()
        doorbell.ring()
    }

    public func run() async throws {
        await load()
        guard !channels.isEmpty else { return try await gracefulShutdown() }
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            let outlook = await outlook()
            if let interval = outlook.interval { rules = AlertRules(interval: interval) }
            take(.tick(lastGood: outlook.lastGood, isPaused: outlook.isPaused))
            await remember()
            // What is cut off by the end of the service is sent after its next start.
            await cancelWhenGracefulShutdown { await self.deliver() }
            await idle()
        }
    }

    private func take(_ event: AlertState.Event) {
        let now = environment.now()
        let alerts = state.handle(event, at: now, rules: rules)
        state.outbox.post(alerts, to: channels, at: now)
    }

    // MARK: Sending

    private func deliver() async {
        while !Task.isCancelled, let delivery = state.outbox.due(at: environment.now()) {
            await deliver(delivery)
            await remember()
        }
    }

    private func deliver(_ delivery: Outbox.Delivery) async {
        do {
            let sent = try await send(delivery.alert, delivery.channel, delivery.left)
            state.outbox.sent(
                delivery, except: sent.left, why: sent.error, at: environment.now())
            log(.info, "A message was sent", delivery)
        } catch {
            if error is CancellationError || Task.isCancelled { return }
            let told = error as? SyncError
            state.outbox.unsent(
                delivery, why: told?.description ?? "\(type(of: error))",
                passes: told?.recovery != .person, at: environment.now())
            log(.warning, "A message could not be sent", delivery, code: told?.code.rawValue)
        }
    }

    private func log(
        _ level: Logger.Level, _ what: Logger.Message, _ delivery: Outbox.Delivery,
        code: String? = nil
    ) {
        logger.log(
            level: level, what,
            metadata: .keyed([
                .status: "\(delivery.alert.condition?.rawValue ?? "test")",
                .step: "\(delivery.alert.event.rawValue)",
                .method: "\(delivery.channel.rawValue)", .error: "\(code ?? "none")",
            ]))
    }

    /// Until the next look at the clock, the end of a synchronisation, or that of the service.
    private func idle() async {
        // Something may have come since the last look.
        guard state.outbox.due(at: environment.now()) == nil else { return }
        await cancelWhenGracefulShutdown { [doorbell, environment] in
            await doorbell.wait { try await environment.wait(Self.pause) }
        }
    }

    // MARK: Remembering

    private func load() async {
        do {
            state = try await memory.load() ?? AlertState()
        } catch {
            logger.warning(
                "What was told before is not known any more",
                metadata: .keyed([.error: "\((error as? SyncError)?.message ?? "\(error)")"]))
        }
        let before = state
        // Whoever configures messages later is told what is wrong then, as if it had just begun.
        if channels.isEmpty { state = AlertState() }
        state.outbox.keep(channels)
        state.outbox.retry(at: environment.now())
        remembered = before
        isLoaded = true
        for record in early { take(.finished(record)) }
        early = []
        if state != before { await remember() }
    }

    /// Saves the state if something happened. While it is being saved for somebody, it is saved
    /// again for whoever comes then: an older state never overwrites a newer one.
    private func remember() async {
        guard isWorthSaving else { return }
        isUnsaved = true
        guard !isSaving else { return }
        isSaving = true
        defer { isSaving = false }
        while isUnsaved {
            isUnsaved = false
            let saved = state
            do {
                try await memory.save(saved)
                remembered = saved
            } catch {
                // Messages go out all the same; some may come twice after a restart.
                logger.warning(
                    "What was told could not be remembered",
                    metadata: .keyed([.error: "\((error as? SyncError)?.message ?? "\(error)")"]))
            }
        }
    }

    private var isWorthSaving: Bool {
        guard var before = remembered else { return true }
        if let then = before.lastTick, let now = state.lastTick,
            then <= now, now - then < Self.forgetfulness
        {
            before.lastTick = state.lastTick
        }
        return before != state
    }
}
