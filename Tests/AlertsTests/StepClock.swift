import SyncModel
import Synchronization

/// Time that stands still until the test moves it by a minute.
final class StepClock: Sendable {
    private struct State {
        var now = Timestamp.morning
        var sleeper: AsyncStream<Void>.Continuation?
    }

    private let state = Mutex(State())
    private let idles: AsyncStream<Void>
    private let idling: AsyncStream<Void>.Continuation

    init() {
        (idles, idling) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1000))
    }

    @Sendable func now() -> Timestamp { state.withLock(\.now) }

    /// Waits for the next step, however long that is said to be.
    @Sendable func wait(_ duration: Duration) async throws {
        let (steps, step) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        state.withLock { $0.sleeper = step }
        idling.yield()
        for await _ in steps { return }
        try Task.checkCancellation()
    }

    /// Until somebody has begun to wait since this was asked last.
    func idle() async { for await _ in idles { return } }

    /// Some minutes pass, and whoever waits goes on.
    func step(minutes: Int = 1) {
        state.withLock { state in
            state.now = state.now + minutes
            state.sleeper?.yield()
        }
    }
}
