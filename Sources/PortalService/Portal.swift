import ServiceLifecycle
import SyncEngine
import SyncModel
import Synchronization

/// The service: one synchronisation at a time, by the schedule or because somebody asked.
public actor Portal: Service {
    public typealias Perform =
        @Sendable (
            RunRequest, @escaping @Sendable (RunProgress) -> Void, @escaping @Sendable () -> Bool
        ) async -> RunRecord

    /// What `syncworker status` and the console show.
    public struct Status: Codable, Sendable, Hashable {
        public var server: String
        public var isRunning: Bool
        /// What is in progress.
        public var running: RunRequest?
        /// Set while a synchronisation is in progress and has said where it stands.
        public var progress: RunProgress?
        public var isQueued: Bool
        /// What follows the one in progress, if somebody asked for one.
        public var queued: RunRequest?
        /// When the next periodic synchronisation starts; nil while they are paused.
        public var nextStart: Timestamp?
        public var timetable: Timetable
        public var lastRun: RunRecord?
    }

    /// The answer to a request for a synchronisation: a number to ask by.
    public struct Ticket: Codable, Sendable, Hashable {
        public var ticket: Int
        /// Whether it waits for one that is in progress.
        public var isQueued: Bool
    }

    /// Where a request for a synchronisation stands.
    public enum Standing: Codable, Sendable, Hashable {
        /// Waits for the one in progress.
        case queued
        case running(RunProgress?)
        case done(RunRecord)
    }

    private let server: String
    let now: @Sendable () -> Timestamp
    private let wait: @Sendable (Duration) async throws -> Void
    private let perform: Perform
    private let settle: @Sendable () async -> Bool
    private let time: PracticeTime
    let remember: @Sendable (Timetable) async throws -> Void
    /// Starts that were missed since are made up for.
    private var lastStarted: Timestamp?
    private var lastRun: RunRecord?
    private var schedule: Schedule
    private(set) var timetable: Timetable
    private var nextStart: Timestamp?

    /// Whether somebody's change of the timetable is being remembered, and who waits for that.
    var isChanging = false
    var changesWaiting: [CheckedContinuation<Void, Never>] = []

    private var lastTicket = 0
    /// At most one for each purpose: a dry run must never stand in for a synchronisation.
    private var queued: [(ticket: Int, request: RunRequest)] = []
    private var running: (ticket: Int, request: RunRequest)?
    private var done: [Int: RunRecord] = [:]
    private let current = Mutex<RunProgress?>(nil)
    private let isStopped = Mutex(false)
    /// Rung where there is something to do.
    private let doorbell = Doorbell()

    /// The clock is looked at this often: it may be put forward or back.
    static let pauseMax = Duration.seconds(60)
    /// As long as something of an earlier run is still to be written down.
    static let pauseUnsettledMax = Duration.seconds(5)
    /// Tickets are answered for this many runs.
    private static let ticketsKept = 20

    /// - Parameters:
    ///   - timetable: as people left it; nil for the schedule's interval and nothing else.
    ///   - lastStarted: of the journal: a start missed while the service was down is made up for.
    ///   - time: the practice's, by which its quiet hours are.
    ///   - wait: sleeps; passed in so that a test's clock can.
    ///   - remember: keeps a timetable that somebody changed; it takes effect after that.
    ///   - settle: asked at rest and before each run, to write down what could not be written
    ///     before; false while that still cannot be done.
    public init(
        server: String, schedule: Schedule, timetable: Timetable? = nil, lastStarted: Timestamp?,
        lastRun: RunRecord?, time: PracticeTime = .london, now: @escaping @Sendable () -> Timestamp,
        wait: @escaping @Sendable (Duration) async throws -> Void,
        remember: @escaping @Sendable (Timetable) async throws -> Void = { _ in },
        settle: @escaping @Sendable () async -> Bool = { true }, perform: @escaping Perform
    ) {
        self.server = server
        self.schedule = timetable.map { schedule.every($0.interval) } ?? schedule
        self.timetable =
            timetable
            ?? Timetable(intervalMinutes: Int(schedule.interval.components.seconds / 60))
        self.time = time
        self.remember = remember
        self.lastStarted = lastStarted
        self.lastRun = lastRun
        self.now = now
        self.wait = wait
        self.settle = settle
        self.perform = perform
        let start = self.schedule.start(now: now(), lastStarted: lastStarted)
        nextStart = self.timetable.start(start, time)
    }

    // MARK: Asking

    /// Asks for a synchronisation. While one is in progress one more of its purpose waits; whoever
    /// asks again joins it, and a full among them makes it a full.
    public func request(_ request: RunRequest) -> Ticket {
        let isBusy = running != nil
        if let index = queued.firstIndex(where: { $0.request.purpose == request.purpose }) {
            if request.kind == .full { queued[index].request.kind = .full }
            if queued[index].request.only != request.only { queued[index].request.only = nil }
            return Ticket(ticket: queued[index].ticket, isQueued: isBusy)
        }
        lastTicket += 1
        queued.append((lastTicket, request))
        doorbell.ring()
        return Ticket(ticket: lastTicket, isQueued: isBusy)
    }

    /// Nil for a ticket that was never given, or long ago.
    public func standing(of ticket: Int) -> Standing? {
        if let record = done[ticket] { return .done(record) }
        if running?.ticket == ticket { return .running(current.withLock(\.self)) }
        return queued.contains { $0.ticket == ticket } ? .queued : nil
    }

    /// Ends the synchronisation in progress between two batches; false if there is none.
    public func stop() -> Bool {
        guard running != nil else { return false }
        isStopped.withLock { $0 = true }
        return true
    }

    public func status() -> Status {
        Status(
            server: server, isRunning: running != nil, running: running?.request,
            progress: current.withLock(\.self), isQueued: !queued.isEmpty,
            queued: queued.first?.request, nextStart: nextStart, timetable: timetable,
            lastRun: lastRun)
    }

    /// From now on; what was missed since the last start is made up for.
    func follow(_ timetable: Timetable) {
        self.timetable = timetable
        schedule = schedule.every(timetable.interval)
        plan(schedule.start(now: now(), lastStarted: lastStarted))
        doorbell.ring()
    }

    // MARK: Working

    public func run() async throws {
        await withGracefulShutdownHandler {
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                let isSettled = await settle()
                guard let (ticket, request) = due() else {
                    await idle(atMost: isSettled ? Self.pauseMax : Self.pauseUnsettledMax)
                    continue
                }
                await work(ticket, request)
            }
        } onGracefulShutdown: {
            self.isStopped.withLock { $0 = true }
        }
    }

    private func due() -> (Int, RunRequest)? {
        if !queued.isEmpty { return queued.removeFirst() }
        guard let start = nextStart, start <= now() else { return nil }
        // The machine may have slept past it, or a run lasted, until the quiet hours.
        plan(now())
        guard let start = nextStart, start <= now() else { return nil }
        lastTicket += 1
        return (lastTicket, RunRequest(kind: .change, trigger: .schedule))
    }

    private func work(_ ticket: Int, _ request: RunRequest) async {
        let started = now()
        running = (ticket, request)
        lastStarted = started
        plan(schedule.next(after: started))
        isStopped.withLock { $0 = Task.isShuttingDownGracefully }
        let record = await perform(
            request, { progress in self.current.withLock { $0 = progress } },
            { self.isStopped.withLock(\.self) })
        current.withLock { $0 = nil }
        running = nil
        lastRun = record
        done[ticket] = record
        done[ticket - Self.ticketsKept] = nil
        // A run longer than the interval has missed starts: they are made up for once, unless a
        // person has just said that it is enough.
        if record.outcome == .stopped { lastStarted = now() }
        plan(schedule.start(now: now(), lastStarted: lastStarted))
    }

    private func plan(_ start: Timestamp) { nextStart = timetable.start(start, time) }

    /// Until the next start, a request, or the end of the service.
    private func idle(atMost pauseMax: Duration) async {
        // A clock that was put back must not put the next start off by as much.
        if let start = nextStart {
            plan(min(start, schedule.next(after: now())))
        }
        let pause = nextStart.map { min($0 - now(), pauseMax) } ?? pauseMax
        await cancelWhenGracefulShutdown { [doorbell, wait] in
            await doorbell.wait { try await wait(pause) }
        }
    }
}
