import SyncEngine
import Synchronization
import Testing

/// Waits that are cut short. A wait that missed its ring would never end here.
@Suite(.timeLimit(.minutes(30)))
struct DoorbellTests {
    let doorbell = Doorbell()

    /// Says that it sleeps, and ends only when it is cancelled.
    private static func asleep(_ isAsleep: AsyncStream<Void>.Continuation) async throws {
        isAsleep.yield()
        try await ContinuousClock().sleep(for: .seconds(3_600))
    }

    @Test func `a ring ends the wait under way`() async {
        let (sleeping, isAsleep) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        async let wait: Void = doorbell.wait { try await Self.asleep(isAsleep) }
        for await _ in sleeping { break }
        doorbell.ring()
        await wait
    }

    @Test func `a ring while nobody waits ends the next wait, and no other`() async {
        doorbell.ring()
        doorbell.ring()
        let slept = Mutex(0)
        await doorbell.wait { slept.withLock { $0 += 1 } }
        #expect(slept.withLock(\.self) == 0)
        await doorbell.wait { slept.withLock { $0 += 1 } }
        #expect(slept.withLock(\.self) == 1)
    }

    @Test func `a wait ends with its sleep, and with its task`() async {
        await doorbell.wait {}
        let (sleeping, isAsleep) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { [doorbell] group in
            group.addTask { await doorbell.wait { try await Self.asleep(isAsleep) } }
            for await _ in sleeping { break }
            group.cancelAll()
        }
    }
}
