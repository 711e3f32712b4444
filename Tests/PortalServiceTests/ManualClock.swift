import SyncModel
import Synchronization

/// Time that stands still until the test moves it.
final class ManualClock: Sendable {
    private struct Sleeper {
        var deadline: Timestamp
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Timestamp
        var lastSleeper = 0
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
    }

    private let state: Mutex<State>
    /// How long each wait was asked to be, as they come.
    let waits: AsyncStream<Duration>
    private let waited: AsyncStream<Duration>.Continuation

    init(_ start: String) {
        state = Mutex(State(now: Timestamp(start)!))
        (waits, waited) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1000))
    }

    var now: Timestamp { state.withLock(\.now) }
    var waitCount: Int { state.withLock(\.lastSleeper) }

    /// As when a wait ends although the wall clock was put back.
    func wakeAll() {
        let all = state.withLock { state in
            defer { state.sleepers = [:] }
            return state.sleepers.values.map(\.continuation)
        }
        for continuation in all { continuation.resume() }
    }

    /// Moves the clock and wakes whoever waited for a time that has come.
    func set(_ time: Timestamp) {
        let due = state.withLock { state in
            state.now = time
            let due = state.sleepers.filter { $0.value.deadline <= time }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    @Sendable func wait(_ duration: Duration) async throws {
        let id = state.withLock { state in
            state.lastSleeper += 1
            return state.lastSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if state.cancelled.contains(id) { return true }
                    state.sleepers[id] = Sleeper(
                        deadline: state.now + duration, continuation: continuation)
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
                waited.yield(duration)
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(id)
                return state.sleepers.removeValue(forKey: id)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
