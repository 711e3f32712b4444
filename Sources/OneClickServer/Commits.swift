import Logging
import Observability
import OneClickStore
import ServiceLifecycle
import SyncModel
import SyncProtocol

/// The commits under way. A commit goes on when the request that asked for it has been answered or
/// is gone; a shutdown waits for it.
///
/// What is under way is only remembered so that a commit is not begun twice and a person hears
/// "in progress" at once: the store's transaction alone decides.
actor Commits: Service {
    private struct Order: Sendable {
        var request: CommitRequest
        var access: OneClickStore.RunAccess
    }

    private typealias Outcome = Result<RunState, any Error>

    private struct UnderWay {
        var run: RunID
        var waiting: [AsyncStream<Outcome>.Continuation] = []
    }

    private static let ordersMax = 256

    private let store: OneClickStore
    private let settings: OneClickServer.Settings
    private let logger: Logger
    private var underWay: [PracticeID: UnderWay] = [:]
    /// Of each practice the last failure that nobody waited for any more: told to whoever sends the
    /// same commit again.
    private var unheard: [PracticeID: (run: RunID, error: any Error)] = [:]
    private let orders: AsyncStream<Order>
    private let incoming: AsyncStream<Order>.Continuation

    init(store: OneClickStore, settings: OneClickServer.Settings, logger: Logger) {
        self.store = store
        self.settings = settings
        self.logger = logger
        (orders, incoming) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(Self.ordersMax))
    }

    /// Carries commits out, each in a task of this service's group.
    func run() async {
        let incoming = incoming
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await order in orders {
                    group.addTask { await self.execute(order) }
                }
            }
        } onGracefulShutdown: {
            incoming.finish()
        }
    }

    /// The receipt, or `.committing` where it takes longer than a request may wait.
    func commit(
        _ request: CommitRequest, _ access: OneClickStore.RunAccess
    ) async throws -> RunState {
        try await receipt(try register(request, access))
    }

    /// The run that the practice is committing at this moment.
    func run(of practice: PracticeID) -> RunID? { underWay[practice]?.run }

    func checkNone(of practice: PracticeID) throws {
        if underWay[practice] != nil { throw Self.inProgress }
    }

    private func register(
        _ request: CommitRequest, _ access: OneClickStore.RunAccess
    ) throws -> AsyncStream<Outcome> {
        if let failure = unheard.removeValue(forKey: access.practice), failure.run == access.run {
            throw failure.error
        }
        if let run = run(of: access.practice) {
            guard run == access.run else { throw Self.inProgress }
        } else {
            guard case .enqueued = incoming.yield(Order(request: request, access: access)) else {
                throw Self.busy
            }
            underWay[access.practice] = UnderWay(run: access.run)
        }
        let (outcomes, waiting) = AsyncStream<Outcome>.makeStream(
            bufferingPolicy: .bufferingOldest(1))
        underWay[access.practice]?.waiting.append(waiting)
        return outcomes
    }

    private nonisolated func receipt(_ outcomes: AsyncStream<Outcome>) async throws -> RunState {
        let waitForReceipt = settings.waitForReceipt
        return try await withThrowingTaskGroup(of: RunState.self) { group in
            group.addTask {
                for await outcome in outcomes { return try outcome.get() }
                return .committing
            }
            group.addTask {
                try await waitForReceipt()
                return .committing
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .committing
        }
    }

    private func execute(_ order: Order) async {
        let outcome: Outcome
        do {
            let receipt = try await store.commit(order.request, order.access, now: settings.now())
            outcome = .success(.committed(receipt))
        } catch {
            outcome = .failure(error)
            note(error, order.access)
        }
        let waiting = underWay.removeValue(forKey: order.access.practice)?.waiting ?? []
        var isHeard = false
        for one in waiting {
            if case .enqueued = one.yield(outcome) { isHeard = true }
            one.finish()
        }
        if case .failure(let error) = outcome, !isHeard {
            unheard[order.access.practice] = (order.access.run, error)
        }
    }

    private func note(_ error: any Error, _ access: OneClickStore.RunAccess) {
        logger.warning(
            "A commit was not applied",
            metadata: .keyed([
                .practice: "\(access.practice)", .run: "\(access.run)", .error: "\(error)",
            ]))
    }

    private static let inProgress = SyncError(
        .commitInProgress, "OneClick is committing the synchronisation before this one.",
        hint: "Nothing is wrong; the next attempt carries on when it is done.",
        recovery: .retryAfter(.seconds(5)))

    private static let busy = SyncError(
        "busy", "OneClick is shutting down, or has more commits waiting than it takes in.",
        hint: "Nothing was applied; the next attempt carries on.",
        recovery: .retryAfter(.seconds(10)))
}
