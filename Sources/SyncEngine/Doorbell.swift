import Synchronization

/// Cuts a wait short. A ring while nobody waits ends the next wait at once, so that none is missed.
public final class Doorbell: Sendable {
    private struct State {
        var isRung = false
        /// Set while somebody waits.
        var waiting: AsyncStream<Void>.Continuation?
    }

    private let state = Mutex(State())

    public init() {}

    public func ring() {
        state.withLock { state in
            state.isRung = true
            state.waiting?.yield()
        }
    }

    /// Waits until `sleep` returns, until it rings, or until the task is cancelled. For one that
    /// waits at a time, and looks for what there is to do afterwards.
    public func wait(_ sleep: @escaping @Sendable () async throws -> Void) async {
        // A stream ends with the task that waits for it: each wait has one of its own.
        let (rings, waiting) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let isRung = state.withLock { state in
            state.waiting = waiting
            return state.isRung
        }
        if !isRung {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await sleep() }
                group.addTask { for await _ in rings { break } }
                await group.next()
                group.cancelAll()
            }
        }
        state.withLock { $0 = State() }
    }
}
