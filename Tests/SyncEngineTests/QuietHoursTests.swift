import SyncEngine
import SyncModel
import Testing

struct QuietHoursTests {
    /// London around 25 October 2026: an hour ahead of UTC until 01:00 UTC.
    private func autumn(_ time: Timestamp) -> Int {
        minute(time, hoursAhead: time < Timestamp("2026-10-25T01:00:00Z")! ? 1 : 0)
    }

    /// London around 28 March 2027: an hour ahead of UTC from 01:00 UTC on.
    private func spring(_ time: Timestamp) -> Int {
        minute(time, hoursAhead: time < Timestamp("2027-03-28T01:00:00Z")! ? 0 : 1)
    }

    private func minute(_ time: Timestamp, hoursAhead: Int64) -> Int {
        Int((time.microsecondsSince1970 / 60_000_000 + hoursAhead * 60) % 1440)
    }

    private func hours(_ from: String, _ to: String) -> QuietHours {
        func minutes(_ clock: String) -> Int {
            let parts = clock.split(separator: ":").compactMap { Int($0) }
            return parts[0] * 60 + parts[1]
        }
        return QuietHours(from: minutes(from), to: minutes(to))
    }

    @Test(arguments: [
        // Not quiet, the first moment, in the middle, the last moment, the end.
        ("2026-11-24T21:59:59.999999Z", "2026-11-24T21:59:59.999Z"),
        ("2026-11-24T22:00:00Z", "2026-11-25T06:30:00.000Z"),
        ("2026-11-25T00:00:00Z", "2026-11-25T06:30:00.000Z"),
        ("2026-11-25T06:29:59.999999Z", "2026-11-25T06:30:00.000Z"),
        ("2026-11-25T06:30:00Z", "2026-11-25T06:30:00.000Z"),
    ])
    func `a moment in hours that go on after midnight moves to their end`(
        moment: String, end: String
    ) {
        let quiet = hours("22:00", "06:30")
        let moved = quiet.end(at: Timestamp(moment)!, minuteOfDay: autumn)
        #expect(moved.description == end)
    }

    @Test(arguments: [
        // The repeated hour lies within: seven hours become eight.
        ("23:00", "06:00", "2026-10-24T22:00:00Z", "2026-10-25T06:00:00.000Z"),
        // It ends in the repeated hour: when the clocks show its end first; but it is quiet again
        // when they show the same minutes once more.
        ("00:30", "01:30", "2026-10-24T23:30:00Z", "2026-10-25T00:30:00.000Z"),
        ("00:30", "01:30", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00.000Z"),
        // It begins there: the clocks go back out of it.
        ("01:45", "06:00", "2026-10-25T00:50:00Z", "2026-10-25T01:00:00.000Z"),
        ("01:45", "06:00", "2026-10-25T01:45:00Z", "2026-10-25T06:00:00.000Z"),
    ])
    func `when the clocks go back`(from: String, to: String, moment: String, end: String) {
        let moved = hours(from, to).end(at: Timestamp(moment)!, minuteOfDay: autumn)
        #expect(moved.description == end)
    }

    @Test(arguments: [
        // The missing hour lies within: seven hours become six.
        ("23:00", "06:00", "2027-03-27T23:00:00Z", "2027-03-28T05:00:00.000Z"),
        // Its end is left out.
        ("23:00", "01:30", "2027-03-27T23:00:00Z", "2027-03-28T01:00:00.000Z"),
        // All of it is left out.
        ("01:10", "01:50", "2027-03-28T00:59:59Z", "2027-03-28T00:59:59.000Z"),
        ("01:10", "01:50", "2027-03-28T01:00:00Z", "2027-03-28T01:00:00.000Z"),
        // All the day but a minute that is left out: the next day's.
        ("01:31", "01:30", "2027-03-27T02:00:00Z", "2027-03-29T00:30:00.000Z"),
    ])
    func `when the clocks go forward`(from: String, to: String, moment: String, end: String) {
        let moved = hours(from, to).end(at: Timestamp(moment)!, minuteOfDay: spring)
        #expect(moved.description == end)
    }

    @Test(arguments: [(0, 0), (-1, 5), (5, 1440), (1440, 0)])
    func `what are no quiet hours move nothing`(from: Int, to: Int) {
        let quiet = QuietHours(from: from, to: to)
        let moment = Timestamp("2026-11-24T00:03:00Z")!
        #expect(!quiet.isValid)
        #expect(quiet.end(at: moment, minuteOfDay: autumn) == moment)
    }

    @Test func `another interval keeps a practice's place`() {
        let schedule = Schedule(interval: .seconds(1800), name: "1 a")
        let moment = Timestamp("2026-11-24T08:00:00Z")!
        let other = Schedule(interval: .seconds(600), name: "1 a")
        #expect(schedule.every(.seconds(600)).next(after: moment) == other.next(after: moment))
        #expect(schedule.every(.seconds(600)).every(.seconds(1800)) == schedule)
    }
}
