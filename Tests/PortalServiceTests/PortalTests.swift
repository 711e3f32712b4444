import PortalService
import ServiceLifecycle
import ServiceLifecycleTestKit
import SyncEngine
import SyncModel
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(30)))
struct PortalTests {
    let clock = ManualClock("2026-11-24T08:00:00Z")
    let runs: ManualRuns

    init() { runs = ManualRuns(clock) }

    /// Runs a portal beside the test, and ends it with the test.
    private func withPortal(
        lastStarted: Timestamp? = nil, _ body: (Portal) async throws -> Void
    ) async throws {
        let portal = Portal.example(clock, runs, lastStarted: lastStarted)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await portal.run() }
            try await body(portal)
            group.cancelAll()
        }
    }

    /// Ends the run under way, and waits until the portal has its record.
    private func end(_ ticket: Int, _ portal: Portal) async -> RunRecord? {
        runs.end()
        while true {
            if case .done(let record) = await portal.standing(of: ticket) { return record }
            await Task.yield()
        }
    }

    @Test func `the first synchronisation starts at once, the next on the grid`() async throws {
        try await withPortal { portal in
            var begun = runs.begun.makeAsyncIterator()
            var waits = clock.waits.makeAsyncIterator()
            #expect(await begun.next()?.trigger == .schedule)
            #expect(await portal.status().isRunning)
            _ = await end(1, portal)
            _ = await waits.next()
            let status = await portal.status()
            #expect(!status.isRunning)
            #expect(status.lastRun?.outcome == .succeeded)
            #expect(status.nextStart == Schedule.example.next(after: clock.now))
            clock.set(try #require(status.nextStart))
            #expect(await begun.next()?.kind == .change)
            runs.end()
        }
    }

    @Test func `a start that was missed is made up for once`() async throws {
        try await withPortal(lastStarted: clock.now + .seconds(-86_400)) { portal in
            var begun = runs.begun.makeAsyncIterator()
            var waits = clock.waits.makeAsyncIterator()
            _ = await begun.next()
            _ = await end(1, portal)
            _ = await waits.next()
            #expect(await portal.status().nextStart == Schedule.example.next(after: clock.now))
        }
    }

    @Test func `a run longer than the interval is followed by one, then by the grid`() async throws
    {
        try await withPortal { portal in
            var begun = runs.begun.makeAsyncIterator()
            var waits = clock.waits.makeAsyncIterator()
            _ = await begun.next()
            clock.set(clock.now + .seconds(3 * 3600))
            runs.end()
            _ = await begun.next()
            _ = await end(2, portal)
            _ = await waits.next()
            #expect(await portal.status().nextStart == Schedule.example.next(after: clock.now))
        }
    }

    @Test func `requests during a run wait for it as one, a full among them makes it a full`()
        async throws
    {
        try await withPortal { portal in
            var begun = runs.begun.makeAsyncIterator()
            _ = await begun.next()
            let first = await portal.request(.manual(.change))
            let second = await portal.request(.manual(.full))
            #expect(first == second)
            #expect(first.isQueued)
            #expect(await portal.standing(of: first.ticket) == .queued)
            _ = await end(1, portal)
            #expect(await begun.next()?.kind == .full)
            #expect(await portal.standing(of: second.ticket) != .queued)
            #expect(await end(second.ticket, portal)?.kind == .full)
            #expect(await !portal.status().isQueued)
        }
    }

    @Test func `a dry run never stands in for a synchronisation`() async throws {
        try await withPortal { portal in
            var begun = runs.begun.makeAsyncIterator()
            _ = await begun.next()
            let dryRun = await portal.request(.manual(.full, .dryRun))
            let real = await portal.request(.manual(.change))
            #expect(dryRun != real)
            _ = await end(1, portal)
            #expect(await begun.next()?.purpose == .dryRun)
            _ = await end(dryRun.ticket, portal)
            #expect(await begun.next()?.purpose == .synchronise)
            #expect(await end(real.ticket, portal)?.kind == .change)
        }
    }

    @Test func `requests for different data sets become one for all of them`() async throws {
        try await withPortal { portal in
            var begun = runs.begun.makeAsyncIterator()
            _ = await begun.next()
            var clients = RunRequest.manual(.change)
            clients.only = ["Client List"]
            _ = await portal.request(clients)
            let ticket = await portal.request(.manual(.change)).ticket
            _ = await end(1, portal)
            let request = await begun.next()
            #expect(request != nil)
            #expect(request?.only == nil)
            _ = await end(ticket, portal)
        }
    }

    @Test func `a request wakes a portal that waits for the grid`() async throws {
        try await withPortal(lastStarted: clock.now) { portal in
            var begun = runs.begun.makeAsyncIterator()
            var waits = clock.waits.makeAsyncIterator()
            _ = await waits.next()
            let ticket = await portal.request(.manual(.full))
            #expect(!ticket.isQueued)
            #expect(await begun.next()?.trigger == .manual)
            #expect(await end(ticket.ticket, portal)?.outcome == .succeeded)
        }
    }

    @Test func `a portal with nothing to do looks at the clock once a minute`() async throws {
        try await withPortal(lastStarted: clock.now) { portal in
            var waits = clock.waits.makeAsyncIterator()
            #expect(await waits.next() == .seconds(60))
            // Twice, since what one wait leaves behind must not end the next.
            for _ in 0..<2 {
                clock.set(clock.now + .seconds(60))
                #expect(await waits.next() == .seconds(60))
            }
            for _ in 0..<100 { await Task.yield() }
            #expect(clock.waitCount == 3)
        }
    }

    @Test func `a clock that is put back does not put the next start off`() async throws {
        try await withPortal(lastStarted: clock.now) { portal in
            var waits = clock.waits.makeAsyncIterator()
            _ = await waits.next()
            let yesterday = clock.now + .seconds(-86_400)
            clock.set(yesterday)
            clock.wakeAll()
            _ = await waits.next()
            #expect(await portal.status().nextStart == Schedule.example.next(after: yesterday))
        }
    }

    @Test func `a run that a person stops is not made up for`() async throws {
        try await withPortal { portal in
            var begun = runs.begun.makeAsyncIterator()
            var waits = clock.waits.makeAsyncIterator()
            _ = await begun.next()
            #expect(await portal.stop())
            clock.set(clock.now + .seconds(3 * 3600))
            #expect(await end(1, portal)?.outcome == .stopped)
            _ = await waits.next()
            #expect(await portal.status().nextStart == Schedule.example.next(after: clock.now))
            #expect(await !portal.stop())
        }
    }

    @Test func `a portal with something left to write tries again every few seconds`() async throws
    {
        let isWritten = Mutex(false)
        let portal = Portal(
            server: "srv", schedule: .example, lastStarted: clock.now, lastRun: nil,
            now: { [clock] in clock.now }, wait: clock.wait,
            settle: { isWritten.withLock(\.self) }, perform: runs.perform)
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await portal.run() }
            var waits = clock.waits.makeAsyncIterator()
            #expect(await waits.next() == .seconds(5))
            clock.set(clock.now + .seconds(5))
            #expect(await waits.next() == .seconds(5))
            isWritten.withLock { $0 = true }
            clock.set(clock.now + .seconds(5))
            #expect(await waits.next() == .seconds(60))
            group.cancelAll()
        }
    }

    @Test func `the end of the service stops the run and starts no other`() async throws {
        let portal = Portal.example(clock, runs, lastStarted: nil)
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await portal.run() }
                var begun = runs.begun.makeAsyncIterator()
                _ = await begun.next()
                _ = await portal.request(.manual(.full))
                trigger.triggerGracefulShutdown()
                runs.end()
                try await group.waitForAll()
            }
        }
        #expect(await portal.status().lastRun?.outcome == .stopped)
    }

    @Test func `the end of the service ends its waiting`() async throws {
        let portal = Portal.example(clock, runs, lastStarted: clock.now)
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await portal.run() }
                var waits = clock.waits.makeAsyncIterator()
                _ = await waits.next()
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
        #expect(await portal.status().lastRun == nil)
    }
}
