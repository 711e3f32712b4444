import SyncModel
import Synchronization

/// The one thread of a simulated world. Of all that could go on, chance picks what does; time
/// passes only when nothing can.
final class SimulatedExecutor: SerialExecutor, TaskExecutor {
    private struct Sleeper {
        var wakes: Timestamp
        var number: Int
        var continuation: UnsafeContinuation<Void, Never>
    }

    private struct State {
        var ready: [UnownedJob] = []
        /// Latest first.
        var sleepers: [Sleeper] = []
        var asleep = 0
        var now: Timestamp
        var random: SplitMix
        var isOver = false
    }

    private enum Next {
        case job(UnownedJob)
        case wake(UnsafeContinuation<Void, Never>)
    }

    private let state: Mutex<State>

    init(seed: UInt64, now: Timestamp) {
        state = Mutex(State(now: now, random: SplitMix(seed: seed ^ 0x51ED_2701)))
    }

    /// True time: what no clock of the world has to agree with.
    var now: Timestamp { state.withLock(\.now) }

    /// Nobody sleeps any more: what still goes on goes on to its end.
    func end() { state.withLock { $0.isOver = true } }

    var isOver: Bool { state.withLock(\.isOver) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.ready.append(job) }
    }

    func checkIsolated() {}

    func sleep(_ duration: Duration) async {
        await withUnsafeContinuation { continuation in
            state.withLock { state in
                let wakes = state.now + duration
                state.asleep += 1
                let sleeper = Sleeper(
                    wakes: wakes, number: state.asleep, continuation: continuation)
                let place =
                    state.sleepers.firstIndex { $0.wakes <= wakes } ?? state.sleepers.endIndex
                state.sleepers.insert(sleeper, at: place)
            }
        }
    }

    /// Goes on until nothing is ready and nobody sleeps.
    func run() {
        while let next = next() {
            switch next {
            case .job(let job):
                job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            case .wake(let continuation): continuation.resume()
            }
        }
    }

    private func next() -> Next? {
        state.withLock { state in
            if !state.ready.isEmpty {
                let index = state.ready.count == 1 ? 0 : state.random.below(state.ready.count)
                state.ready.swapAt(index, state.ready.count - 1)
                return .job(state.ready.removeLast())
            }
            guard let sleeper = state.sleepers.popLast() else { return nil }
            if !state.isOver { state.now = max(state.now, sleeper.wakes) }
            return .wake(sleeper.continuation)
        }
    }
}

extension SplitMix {
    /// At least 0, less than `bound`.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
