import GRDB
import SyncEngine
import SyncModel
import Synchronization
import Testing

@testable import PortalService

@Suite(.timeLimit(.minutes(30)))
struct TimetableTests {
    let clock = ManualClock("2026-11-24T08:00:00Z")
    let runs: ManualRuns

    init() { runs = ManualRuns(clock) }

    private func withPortal(
        lastStarted: Timestamp? = nil, _ timetable: Timetable = Timetable(intervalMinutes: 30),
        remember: @escaping @Sendable (Timetable) async throws -> Void = { _ in },
        _ body: (Portal) async throws -> Void
    ) async throws {
        let portal = Portal(
            server: "srv", schedule: .example, timetable: timetable, lastStarted: lastStarted,
            lastRun: nil, now: { [clock] in clock.now }, wait: clock.wait, remember: remember,
            perform: runs.perform)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await portal.run() }
            try await body(portal)
            group.cancelAll()
        }
    }

    private func end(_ portal: Portal) async {
        runs.end()
        while await portal.status().isRunning { await Task.yield() }
    }

    private static let paused = Timetable(
        intervalMinutes: 30,
        pause: .init(
            person: "Anne", reason: "Stocktaking", since: Timestamp("2026-11-24T07:00:00Z")!))

    @Test func `a pause is remembered and said at once, and nothing starts by itself`() async throws
    {
        let kept = Mutex<[Timetable]>([])
        try await withPortal(
            lastStarted: clock.now,
            remember: { timetable in kept.withLock { $0.append(timetable) } }
        ) { portal in
            var waits = clock.waits.makeAsyncIterator()
            _ = await waits.next()
            try await portal.pause(by: " Anne  Smith ", reason: "Stock\ntaking")
            let status = await portal.status()
            #expect(status.nextStart == nil)
            #expect(status.timetable.pause?.person == "Anne Smith")
            #expect(status.timetable.pause?.reason == "Stock taking")
            #expect(status.timetable.pause?.since == clock.now)
            #expect(status.timetable.changed == .init(person: "Anne Smith", at: clock.now))
            #expect(kept.withLock(\.self) == [status.timetable])
            for _ in 0..<3 {
                _ = await waits.next()
                clock.set(clock.now + .seconds(3600))
            }
            _ = await waits.next()
            #expect(await !portal.status().isRunning)
            #expect(await portal.status().nextStart == nil)
        }
    }

    @Test func `a run that a person asks for runs in a pause, and does not end it`() async throws {
        try await withPortal(Self.paused) { portal in
            var begun = runs.begun.makeAsyncIterator()
            _ = await portal.request(.manual(.full))
            #expect(await begun.next()?.trigger == .manual)
            let status = await portal.status()
            #expect(status.running == .manual(.full))
            #expect(status.queued == nil)
            #expect(status.nextStart == nil)
            _ = await portal.request(.manual(.change))
            #expect(await portal.status().queued == .manual(.change))
            runs.end()
            _ = await begun.next()
            #expect(await portal.status().running == .manual(.change))
            await end(portal)
            #expect(await portal.status().running == nil)
            #expect(await portal.status().timetable == Self.paused)
        }
    }

    @Test func `a start that was missed in a pause is made up for once when it ends`() async throws
    {
        try await withPortal(lastStarted: clock.now + .seconds(-86_400), Self.paused) { portal in
            var begun = runs.begun.makeAsyncIterator()
            var waits = clock.waits.makeAsyncIterator()
            _ = await waits.next()
            #expect(await portal.status().nextStart == nil)
            try await portal.resume(by: "Bert")
            #expect(await begun.next()?.trigger == .schedule)
            await end(portal)
            _ = await waits.next()
            let next = Schedule.example.next(after: clock.now)
            #expect(await portal.status().nextStart == next)
            #expect(await portal.status().timetable.changed?.person == "Bert")
            #expect(await portal.status().timetable.pause == nil)
        }
    }

    @Test func `the end of a pause in which nothing was missed starts nothing`() async throws {
        try await withPortal(lastStarted: clock.now, Self.paused) { portal in
            try await portal.resume(by: "Bert")
            #expect(
                await portal.status().nextStart == Schedule.example.next(after: clock.now))
        }
    }

    @Test func `the end of no pause changes nothing`() async throws {
        try await withPortal(
            lastStarted: clock.now, remember: { _ in Issue.record("It was remembered.") }
        ) { portal in
            try await portal.resume(by: "Bert")
            #expect(await portal.status().timetable.changed == nil)
        }
    }

    @Test func `another interval holds at once, also for what it makes overdue`() async throws {
        try await withPortal(lastStarted: clock.now + .seconds(-600)) { portal in
            var begun = runs.begun.makeAsyncIterator()
            var waits = clock.waits.makeAsyncIterator()
            _ = await waits.next()
            try await portal.setInterval(minutes: 1440, by: "Anne")
            let daily = Schedule.example.every(.seconds(86_400))
            #expect(await portal.status().nextStart == daily.next(after: clock.now))
            try await portal.setInterval(minutes: 5, by: "Anne")
            #expect(await begun.next()?.trigger == .schedule)
            await end(portal)
            let often = Schedule.example.every(.seconds(300))
            #expect(await portal.status().nextStart == often.next(after: clock.now))
            #expect(await portal.status().timetable.intervalMinutes == 5)
        }
    }

    @Test func `quiet hours move the next start at once, and back`() async throws {
        try await withPortal(lastStarted: clock.now) { portal in
            try await portal.setQuietHours(QuietHours(from: 7 * 60, to: 18 * 60), by: "Anne")
            let evening = Timestamp("2026-11-24T18:00:00Z")
            #expect(await portal.status().nextStart == evening)
            try await portal.setQuietHours(nil, by: "Anne")
            #expect(
                await portal.status().nextStart == Schedule.example.next(after: clock.now))
        }
    }

    @Test func `a run that a person asks for runs in quiet hours`() async throws {
        let quiet = Timetable(intervalMinutes: 30, quietHours: QuietHours(from: 0, to: 1439))
        try await withPortal(quiet) { portal in
            var begun = runs.begun.makeAsyncIterator()
            _ = await portal.request(.manual(.change))
            #expect(await begun.next()?.trigger == .manual)
            await end(portal)
            #expect(
                await portal.status().nextStart == Timestamp("2026-11-24T23:59:00Z"))
        }
    }

    @Test func `a machine that sleeps into the quiet hours starts nothing when it wakes`()
        async throws
    {
        let quiet = Timetable(intervalMinutes: 30, quietHours: QuietHours(from: 600, to: 720))
        try await withPortal(lastStarted: clock.now, quiet) { portal in
            var begun = runs.begun.makeAsyncIterator()
            var waits = clock.waits.makeAsyncIterator()
            _ = await waits.next()
            clock.set(Timestamp("2026-11-24T10:30:00Z")!)
            _ = await waits.next()
            let noon = Timestamp("2026-11-24T12:00:00Z")!
            #expect(await portal.status().nextStart == noon)
            clock.set(noon)
            #expect(await begun.next()?.trigger == .schedule)
            await end(portal)
            #expect(await portal.status().nextStart == Schedule.example.next(after: noon))
        }
    }

    @Test func `what is not possible is refused with what is, and changes nothing`() async throws {
        try await withPortal(
            lastStarted: clock.now, remember: { _ in Issue.record("It was remembered.") }
        ) { portal in
            let changes: [(String, () async throws -> Void)] = [
                ("1 to 1440", { try await portal.setInterval(minutes: 0, by: "Anne") }),
                ("1 to 1440", { try await portal.setInterval(minutes: 1441, by: "Anne") }),
                (
                    "two different times",
                    { try await portal.setQuietHours(QuietHours(from: 60, to: 60), by: "Anne") }
                ),
                (
                    "two different times",
                    { try await portal.setQuietHours(QuietHours(from: 0, to: 1440), by: "Anne") }
                ),
                ("1 to 500", { try await portal.pause(by: "Anne", reason: " \n ") }),
                ("1 to 100", { try await portal.pause(by: "", reason: "Stocktaking") }),
                (
                    "1 to 500",
                    {
                        try await portal.pause(
                            by: "Anne", reason: String(repeating: "x", count: 501))
                    }
                ),
            ]
            for (words, change) in changes {
                let error = await #expect(throws: SyncError.self) { try await change() }
                #expect(error?.hint.contains(words) == true)
            }
            #expect(await portal.status().timetable == Timetable(intervalMinutes: 30))
        }
    }

    @Test func `what cannot be remembered does not happen`() async throws {
        let full = SyncError(.journal, "The disk is full.", hint: "Free some space.")
        try await withPortal(lastStarted: clock.now, remember: { _ in throw full }) { portal in
            let error = await #expect(throws: SyncError.self) {
                try await portal.pause(by: "Anne", reason: "Stocktaking")
            }
            #expect(error == full)
            #expect(await portal.status().timetable.pause == nil)
            #expect(await portal.status().nextStart != nil)
            // And does not stand in the way of the next change.
            await #expect(throws: SyncError.self) {
                try await portal.setInterval(minutes: 5, by: "Anne")
            }
        }
    }

    @Test func `changes that come together forget none, here and in what is remembered`()
        async throws
    {
        let kept = Mutex<Timetable?>(nil)
        let remember: @Sendable (Timetable) async throws -> Void = { timetable in
            for _ in 0..<20 { await Task.yield() }
            kept.withLock { $0 = timetable }
        }
        try await withPortal(lastStarted: clock.now, remember: remember) { portal in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await portal.pause(by: "Anne", reason: "Stocktaking") }
                group.addTask { try await portal.setInterval(minutes: 15, by: "Bert") }
                group.addTask {
                    try await portal.setQuietHours(QuietHours(from: 0, to: 60), by: "Cleo")
                }
                try await group.waitForAll()
            }
            let timetable = await portal.status().timetable
            #expect(timetable.pause?.person == "Anne")
            #expect(timetable.intervalMinutes == 15)
            #expect(timetable.quietHours == QuietHours(from: 0, to: 60))
            #expect(kept.withLock(\.self) == timetable)
        }
    }

    @Test func `an interval is the configuration's until somebody sets another one`() async throws {
        let folder = TemporaryFolder()
        let journal = try SQLiteJournal(path: folder.file("journal.db"))
        #expect(try await journal.timetable(intervalMinutes: 30) == .init(intervalMinutes: 30))
        // A pause alone does not make the interval a choice.
        try await journal.remember(Self.paused, intervalMinutes: 30)
        var expected = Self.paused
        #expect(try await journal.timetable(intervalMinutes: 30) == expected)
        expected.intervalMinutes = 60
        #expect(try await journal.timetable(intervalMinutes: 60) == expected)
        expected.intervalMinutes = 5
        expected.quietHours = QuietHours(from: 1320, to: 360)
        expected.changed = .init(person: "Anne", at: Timestamp("2026-11-24T08:00:00Z")!)
        try await journal.remember(expected, intervalMinutes: 60)
        #expect(try await journal.timetable(intervalMinutes: 60) == expected)
    }

    @Test func `a pause is said with who, since when and why`() {
        #expect(
            Self.paused.pause?.words(.london)
                == "Synchronisation is paused by Anne since Tue 24 Nov 2026 07:00 GMT: Stocktaking"
        )
    }
}
