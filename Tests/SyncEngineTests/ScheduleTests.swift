import SyncEngine
import SyncModel
import Testing

struct ScheduleTests {
    let schedule = Schedule(interval: .seconds(1800), name: "1 a")
    let start = Timestamp("2026-11-24T08:00:00Z")!

    @Test func `starts are one interval apart, whatever lies between`() {
        let first = schedule.next(after: start)
        #expect(first > start)
        #expect(first - start <= .seconds(1800))
        #expect(schedule.next(after: first) - first == .seconds(1800))
        #expect(schedule.next(after: first + .seconds(1799)) - first == .seconds(1800))
    }

    @Test func `the place on the grid is the same in every process`() {
        // A value written down: a hash that differs from process to process would not meet it.
        #expect(schedule.next(after: start).description == "2026-11-24T08:22:56.255Z")
    }

    @Test func `practices are spread over the interval`() {
        let starts = (0..<100).map {
            Schedule(interval: .seconds(1800), name: "\($0) a").next(after: start)
        }
        let sixths = Set(starts.map { ($0 - start).components.seconds / 300 })
        #expect(sixths == [0, 1, 2, 3, 4, 5])
    }

    @Test func `the first start is now`() {
        #expect(schedule.start(now: start, lastStarted: nil) == start)
    }

    @Test func `a start that was missed is now, and the next one on the grid`() {
        let threeDaysAgo = start + .seconds(-3 * 86_400)
        #expect(schedule.start(now: start, lastStarted: threeDaysAgo) == start)
        #expect(schedule.start(now: start, lastStarted: start) == schedule.next(after: start))
    }

    @Test func `a start that was not missed waits for the grid`() {
        let next = schedule.next(after: start)
        let shortlyBefore = next + .seconds(-1)
        #expect(schedule.start(now: shortlyBefore, lastStarted: start) == next)
    }

    @Test func `a last start that lies ahead of a clock put back says nothing`() {
        let tomorrow = start + .seconds(86_400)
        #expect(schedule.start(now: start, lastStarted: tomorrow) == schedule.next(after: start))
    }

    @Test func `times before 1970 lie on the same grid`() {
        let early = Timestamp("1969-12-31T23:00:00Z")!
        let first = schedule.next(after: early)
        #expect(first > early)
        #expect(schedule.next(after: first + .microseconds(-1)) == first)
    }

    @Test func `an interval shorter than a minute becomes a minute`() {
        let schedule = Schedule(interval: .seconds(1), name: "1 a")
        let first = schedule.next(after: start)
        #expect(schedule.next(after: first) - first == .seconds(60))
    }
}
