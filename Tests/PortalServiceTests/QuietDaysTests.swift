import SyncEngine
import SyncModel
import Synchronization
import Testing

@testable import PortalService

/// Whatever the settings: days of a service around the changes of the clocks.
@Suite(.timeLimit(.minutes(30)))
struct QuietDaysTests {
    /// Settings from a number; the same number always gives the same.
    private struct Case: Sendable, CustomStringConvertible {
        var number: UInt64
        var time: PracticeTime
        var start: Timestamp
        var interval: Int
        var quiet: QuietHours

        var description: String {
            "\(number): \(time.zone.identifier) every \(interval) from \(start), \(quiet)"
        }

        init(_ number: UInt64) {
            var state = number &* 0x9E37_79B9_7F4A_7C15 | 1
            func chance(_ count: Int) -> Int {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                return Int(state % UInt64(count))
            }
            self.number = number
            // The evening before the clocks are changed.
            let (zone, evening) = [
                ("Europe/London", "2026-10-24T18:00:00Z"),
                ("Europe/London", "2027-03-27T18:00:00Z"),
                ("Australia/Lord_Howe", "2026-04-04T05:00:00Z"),
                ("Australia/Lord_Howe", "2026-10-03T05:00:00Z"),
                ("America/New_York", "2026-10-31T20:00:00Z"),
            ][chance(5)]
            time = PracticeTime(zone)!
            start = Timestamp(evening)! + .seconds(chance(43_200))
            interval = [1, 5, 7, 30, 60, 240, 1440][chance(7)]
            let from = chance(1440)
            // Often short ones around the hour that is there twice or not at all.
            let hours = chance(2) == 0 ? (from, chance(1440)) : (45 + chance(90), 60 + chance(90))
            quiet = QuietHours(from: hours.0, to: hours.1 == hours.0 ? hours.1 + 1 : hours.1)
        }
    }

    @Test(arguments: 1...100)
    func `a moment moves to the first one that is not quiet, and no further`(number: Int) {
        let some = Case(UInt64(number))
        guard some.quiet.isValid else { return }
        for step in 0..<40 {
            let moment = some.start + .seconds(step * 1973)
            let end = some.quiet.end(at: moment, minuteOfDay: some.time.minuteOfDay)
            #expect(!some.quiet.contains(some.time.minuteOfDay(end)), "\(some)")
            var before = moment
            while before < end, some.quiet.contains(some.time.minuteOfDay(before)) {
                before = before + .seconds(60)
            }
            #expect(before - end < .seconds(60) && end <= max(before, moment), "\(some)")
        }
    }

    /// Runs a service for 30 hours, each run as long as it takes to say when it began.
    private func starts(_ some: Case) async -> [Timestamp] {
        let clock = ManualClock(some.start.exact)
        let starts = Mutex<[Timestamp]>([])
        let portal = Portal(
            server: "srv", schedule: .example,
            timetable: Timetable(intervalMinutes: some.interval, quietHours: some.quiet),
            lastStarted: some.start, lastRun: nil, time: some.time, now: { clock.now },
            wait: clock.wait,
            perform: { request, _, _ in
                starts.withLock { $0.append(clock.now) }
                return RunRecord(
                    start: RunStart(
                        id: RunID(rawValue: "a"), request: request, startedAt: clock.now),
                    finishedAt: clock.now, outcome: .succeeded)
            })
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await portal.run() }
            var waits = clock.waits.makeAsyncIterator()
            while clock.now < some.start + .seconds(30 * 3600), let wait = await waits.next() {
                clock.set(clock.now + wait)
            }
            group.cancelAll()
        }
        return starts.withLock(\.self)
    }

    @Test(arguments: 1...12)
    func `no scheduled run starts in quiet hours, and none is left out`(number: Int) async {
        let some = Case(UInt64(number))
        guard some.quiet.isValid else { return }
        let schedule = Schedule.example.every(.seconds(some.interval * 60))
        var expected: [Timestamp] = []
        var last = some.start
        while true {
            last = some.quiet.end(
                at: schedule.next(after: last), minuteOfDay: some.time.minuteOfDay)
            guard last <= some.start + .seconds(30 * 3600) else { break }
            expected.append(last)
        }
        let starts = await starts(some)
        #expect(Array(starts.prefix(expected.count)) == expected, "\(some)")
        for start in starts {
            #expect(!some.quiet.contains(some.time.minuteOfDay(start)), "\(some)")
        }
    }
}
