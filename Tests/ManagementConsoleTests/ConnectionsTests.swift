import SyncModel
import SyncProtocol
import Synchronization
import Testing

@testable import ManagementConsole

@Suite(.serialized, .timeLimit(.minutes(30)))
struct ConnectionsTests {
    private let time = TestTime("2026-11-24T08:00:00Z")
    private let oneclick = OneClickStub()

    private func connections(
        askCentral: @escaping @Sendable () async throws -> Void = {},
        wait: @escaping @Sendable (Duration) async throws -> Void
    ) -> Connections {
        Connections(
            askOneClick: { [oneclick] in try oneclick.status() }, askCentral: askCentral,
            now: { [time] in time.now }, wait: wait)
    }

    @Test func `what OneClick said last stays known while it does not answer`() async {
        let connections = connections(wait: time.never)
        #expect(await connections.state.askedAt == nil)
        let good = await connections.refresh()
        #expect(good.oneclick == .example && good.oneclickError == nil)
        time.pass(.seconds(60))
        oneclick.says(.failure(SyncError(.unreachable, "Away.", hint: "Look.")))
        let bad = await connections.refresh()
        #expect(bad.oneclick == .example)
        #expect(bad.oneclickAnsweredAt == good.askedAt)
        #expect(bad.oneclickError == "Away. Look.")
        #expect(bad.askedAt == time.now)
        oneclick.says(.success(.example))
        #expect(await connections.refresh().oneclickError == nil)
    }

    @Test func `an error without words shows nothing of its inside`() async {
        struct Secret: Error { var password = "hunter2" }
        let connections = connections(askCentral: { throw Secret() }, wait: time.never)
        let error = await connections.refresh().centralError
        #expect(error == "Something unexpected went wrong (Secret).")
    }

    @Test func `both are asked again after each pause, and at once where something has ended`()
        async throws
    {
        let (pauses, pausing) = AsyncStream<Duration>.makeStream(
            bufferingPolicy: .bufferingOldest(10))
        let asked = Mutex(0)
        let connections = connections(
            askCentral: { asked.withLock { $0 += 1 } },
            wait: { duration in
                pausing.yield(duration)
                // The first pause is over at once, the others only when somebody knocks.
                if asked.withLock(\.self) > 1 { try await time.never(duration) }
            })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await connections.run() }
            var pauses = pauses.makeAsyncIterator()
            #expect(await pauses.next() == Connections.interval)
            _ = await pauses.next()
            #expect(asked.withLock(\.self) == 2)
            connections.nudge()
            _ = await pauses.next()
            #expect(asked.withLock(\.self) == 3)
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
