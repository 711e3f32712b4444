import PortalService
import SyncEngine
import SyncModel
import Synchronization

/// Synchronisations that begin when the portal says so and end when the test says so.
final class ManualRuns: Sendable {
    private let ends = Mutex<[CheckedContinuation<Void, Never>]>([])
    private let clock: ManualClock
    /// The requests that were begun, as they come.
    let begun: AsyncStream<RunRequest>
    private let beginning: AsyncStream<RunRequest>.Continuation

    init(_ clock: ManualClock) {
        self.clock = clock
        (begun, beginning) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1000))
    }

    @Sendable func perform(
        _ request: RunRequest, _ progress: @escaping @Sendable (RunProgress) -> Void,
        _ isStopped: @escaping @Sendable () -> Bool
    ) async -> RunRecord {
        let start = RunStart(
            id: RunID(rawValue: "run"), request: request, startedAt: clock.now)
        progress(RunProgress(run: start, step: "comparing", dataSets: [], rowsSent: 0))
        await withCheckedContinuation { continuation in
            ends.withLock { $0.append(continuation) }
            beginning.yield(request)
        }
        return RunRecord(
            start: start, finishedAt: clock.now, outcome: isStopped() ? .stopped : .succeeded)
    }

    /// Ends the one that was begun first.
    func end() { ends.withLock { $0.removeFirst() }.resume() }
}

extension RunRequest {
    static func manual(_ kind: RunKind, _ purpose: RunPurpose = .synchronise) -> RunRequest {
        RunRequest(kind: kind, trigger: .manual, purpose: purpose)
    }
}

extension Portal {
    /// A portal of the practice "test" that starts every half hour.
    static func example(
        _ clock: ManualClock, _ runs: ManualRuns, lastStarted: Timestamp?
    ) -> Portal {
        Portal(
            server: "srv", schedule: .example, lastStarted: lastStarted, lastRun: nil,
            now: { clock.now }, wait: clock.wait, perform: runs.perform)
    }
}

extension Schedule {
    static let example = Schedule(interval: .seconds(1800), name: "test")
}
