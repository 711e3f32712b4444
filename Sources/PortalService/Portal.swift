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
        /// Set while a synchronisation is in progress.
        public var progress: RunProgress?
        public var isQueued: Bool
        /// When the next periodic synchronisation starts.
        public var nextStart: Timestamp
        public var lastRun: RunRecord?
    }

    /// Where a request for a synchronisation stands.
    public enum Standing: Codable, Sendable, Hashable {
        /// Waits for the one in progress.
        case queued
        case running(RunProgress?)
        case done(RunRecord)
    }

    private let server: String
    private let schedule: Schedule
    private let now: @Sendable () -> Timestamp
    private let wait: @Sendable (Duration) async throws -> Void
    private let perform: Perform
    private var lastStarted: Timestamp?
    private var lastRun: RunRecord?
    private var nextStart: Timestamp

    private var lastTicket = 0
    private var queued: (ticket: Int, request: RunRequest)?
    private var running: (ticket: Int, start: Timestamp)?
    private var done: [Int: RunRecord] = [:]
    private let current = Mutex<RunProgress?>(nil)
    private let isStopped = Mutex(false)
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - lastStarted: of the journal: a start missed while the service was down is made up for.
    ///   - wait: sleeps; passed in so that a test's clock can.
    public init(
        server: String, schedule: Schedule, lastStarted: Timestamp?, lastRun: RunRecord?,
        now: @escaping @Sendable () -> Timestamp,
        wait: @escaping @Sendable (Duration) async throws -> Void, perform: @escaping Perform
    ) {
        self.server = server
        self.schedule = schedule
        self.lastStarted = lastStarted
        self.lastRun = lastRun
        self.now = now
        self.wait = wait
        self.perform = perform
        nextStart = schedule.start(now: now(), lastStarted: lastStarted)
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Asking

    /// Asks for a synchronisation. While one is in progress one more waits; whoever asks again
    /// joins it, and a full among them makes it a full.
    public func request(_ request: RunRequest) -> Int {
        if var waiting = queued {
            if request.kind == .full { waiting.request.kind = .full }
            if waiting.request.only != request.only { waiting.request.only = nil }
            queued = waiting
            return waiting.ticket
        }
        lastTicket += 1
        queued = (lastTicket, request)
        wake.yield()
        return lastTicket
    }

    /// Nil for a ticket that was never given, or long ago.
    public func standing(of ticket: Int) -> Standing? {
        if let record = done[ticket] { return .done(record) }
        if running?.ticket == ticket { return .running(current.withLock(\.self)) }
        return queued?.ticket == ticket ? .queued : nil
    }

    /// Ends the synchronisation in progress between two batches; false if there is none.
    public func stop() -> Bool {
        guard running != nil else { return false }
        isStopped.withLock { $0 = true }
        return true
    }

    public func status() -> Status {
        Status(
            server: server, progress: current.withLock(\.self), isQueued: queued != nil,
            nextStart: nextStart, lastRun: lastRun)
    }

    // MARK: Working

    public func run() async throws {
        await withGracefulShutdownHandler {
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                guard let (ticket, request) = due() else {
                    await idle()
                    continue
                }
                await work(ticket, request)
            }
        } onGracefulShutdown: {
            self.isStopped.withLock { $0 = true }
            self.wake.yield()
        }
    }

    private func due() -> (Int, RunRequest)? {
        if let waiting = queued {
            queued = nil
            return (waiting.ticket, waiting.request)
        }
        guard nextStart <= now() else { return nil }
        lastTicket += 1
        return (lastTicket, RunRequest(kind: .change, trigger: .schedule))
    }

    private func work(_ ticket: Int, _ request: RunRequest) async {
        let started = now()
        running = (ticket, started)
        lastStarted = started
        nextStart = schedule.next(after: started)
        isStopped.withLock { $0 = Task.isShuttingDownGracefully }
        let record = await perform(
            request, { progress in self.current.withLock { $0 = progress } },
            { self.isStopped.withLock(\.self) })
        current.withLock { $0 = nil }
        running = nil
        lastRun = record
        done[ticket] = record
        done[ticket - 20] = nil
        // A run longer than the interval has missed starts: they are made up for once.
        nextStart = schedule.start(now: now(), lastStarted: lastStarted)
    }

    /// Until the next start, a request, or the end of the service.
    private func idle() async {
        let (pause, wait, wakeUps) = (nextStart - now(), wait, wakeUps)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await wait(pause) }
            group.addTask { for await _ in wakeUps { break } }
            await group.next()
            group.cancelAll()
        }
    }
}
