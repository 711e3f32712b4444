import PortalService
import SyncEngine
import SyncModel
import Synchronization

/// Synchronisations that begin when the portal says so and end when the test says so; each stands
/// in the journal.
final class TestRuns: Sendable {
    private struct State {
        var count = 0
        var ends: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let time: TestTime
    private let journal: SQLiteJournal
    /// The requests that were begun, as they come.
    let begun: AsyncStream<RunRequest>
    private let beginning: AsyncStream<RunRequest>.Continuation

    init(_ time: TestTime, _ journal: SQLiteJournal) {
        self.time = time
        self.journal = journal
        (begun, beginning) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1000))
    }

    @Sendable func perform(
        _ request: RunRequest, _ progress: @escaping @Sendable (RunProgress) -> Void,
        _ isStopped: @escaping @Sendable () -> Bool
    ) async -> RunRecord {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        let start = RunStart(
            id: RunID(rawValue: "run-\(number)"), request: request, startedAt: time.now)
        do {
            try await journal.begin(start)
        } catch {
            return RunRecord(start: start, finishedAt: time.now, outcome: .failed)
        }
        progress(RunProgress(run: start, step: "comparing", dataSets: [], rowsSent: 0))
        await withCheckedContinuation { continuation in
            state.withLock { $0.ends.append(continuation) }
            beginning.yield(request)
        }
        let outcome: Outcome = isStopped() ? .stopped : .succeeded
        let record = RunRecord(start: start, finishedAt: time.now, outcome: outcome)
        try? await journal.record(record)
        return record
    }

    /// Ends the one that was begun first.
    func end() { state.withLock { $0.ends.removeFirst() }.resume() }
}
