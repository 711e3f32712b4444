import SyncModel
import Synchronization

/// Time that stands still until the test moves it.
final class TestTime: Sendable {
    private let time: Mutex<Timestamp>

    init(_ start: String) { time = Mutex(Timestamp(start)!) }

    var now: Timestamp { time.withLock(\.self) }

    func pass(_ duration: Duration) { time.withLock { $0 = $0 + duration } }

    /// Waits until its task is cancelled.
    @Sendable func never(_: Duration) async throws {
        let (nothing, holding) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        for await _ in nothing {}
        holding.finish()
        throw CancellationError()
    }
}

/// What happens while a stream of events waits, pause by pause. A pause without a script ends it.
final class Rounds: Sendable {
    typealias Round = @Sendable () async throws -> Void

    private let script = Mutex<[Round]>([])

    var isOver: Bool { script.withLock(\.isEmpty) }

    func will(_ rounds: [Round]) { script.withLock { $0 += rounds } }

    @Sendable func next(_: Duration) async throws {
        let round = script.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let round else { throw CancellationError() }
        try await round()
    }
}
