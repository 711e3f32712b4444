import PortalService
import SyncModel
import Testing

struct PracticeTimeTests {
    @Test(arguments: [
        ("2026-11-25T08:30:00Z", "Wed 25 Nov 2026 08:30 GMT"),
        ("2026-07-01T23:30:59Z", "Thu 2 Jul 2026 00:30 BST"),
        // On 25 October 2026 the hour from 1 to 2 comes twice.
        ("2026-10-25T00:59:59.999999Z", "Sun 25 Oct 2026 01:59 BST"),
        ("2026-10-25T01:00:00Z", "Sun 25 Oct 2026 01:00 GMT"),
        // On 28 March 2027 it is left out.
        ("2027-03-28T00:59:59.999999Z", "Sun 28 Mar 2027 00:59 GMT"),
        ("2027-03-28T01:00:00Z", "Sun 28 Mar 2027 02:00 BST"),
        ("1960-01-03T12:00:00Z", "Sun 3 Jan 1960 12:00 GMT"),
        ("2028-02-29T12:00:00Z", "Tue 29 Feb 2028 12:00 GMT"),
    ])
    func `London's clocks`(time: String, words: String) throws {
        #expect(PracticeTime.london.words(try #require(Timestamp(time))) == words)
    }

    @Test func `another zone, and UTC where the zone is not known`() throws {
        let time = try #require(Timestamp("2026-11-25T00:30:00Z"))
        let paris = try #require(PracticeTime("Europe/Paris"))
        #expect(paris.words(time) == "Wed 25 Nov 2026 01:30 CET")
        #expect(time.inUTC == "Wed 25 Nov 2026 00:30 UTC")
    }

    @Test(arguments: ["Europe/Londn", "London", "BST", "", "+01:00"])
    func `what names no place is no time zone`(name: String) {
        #expect(PracticeTime(name) == nil)
    }

    private func london(_ time: String, now: String) throws -> String {
        PracticeTime.london.words(
            try #require(Timestamp(time)), now: try #require(Timestamp(now)))
    }

    @Test(arguments: [
        ("2026-11-25T14:30:02Z", "2026-11-25T20:00:00Z", "Today 14:30:02"),
        ("2026-11-24T23:10:00Z", "2026-11-25T20:00:00Z", "Yesterday 23:10:00"),
        ("2026-11-26T00:00:00Z", "2026-11-25T20:00:00Z", "Tomorrow 00:00:00"),
        ("2026-11-25T08:30:00Z", "2026-11-27T00:00:00Z", "Wed 25 Nov 2026 08:30"),
        ("2026-11-27T08:30:00Z", "2026-11-25T23:59:59Z", "Fri 27 Nov 2026 08:30"),
        // By the local date: in summer a day begins an hour before UTC's.
        ("2026-07-01T23:30:00Z", "2026-07-02T12:00:00Z", "Today 00:30:00"),
        ("2026-07-01T22:59:59Z", "2026-07-02T12:00:00Z", "Yesterday 23:59:59"),
    ])
    func `what is near is said by its day`(time: String, now: String, words: String) throws {
        #expect(try london(time, now: now) == words)
    }

    @Test(arguments: [
        // The hour from 1 to 2 of 25 October 2026, and what lies around it.
        ("2026-10-24T23:59:59Z", "Today 00:59:59"), ("2026-10-25T00:00:00Z", "Today 01:00:00 BST"),
        ("2026-10-25T00:59:59.999999Z", "Today 01:59:59 BST"),
        ("2026-10-25T01:00:00Z", "Today 01:00:00 GMT"),
        ("2026-10-25T01:59:59.999999Z", "Today 01:59:59 GMT"),
        ("2026-10-25T02:00:00Z", "Today 02:00:00"), ("2026-10-25T23:59:59Z", "Today 23:59:59"),
        ("2026-10-24T22:59:59Z", "Yesterday 23:59:59"),
        ("2026-10-26T00:00:00Z", "Tomorrow 00:00:00"),
    ])
    func `the hour that comes twice names its zone`(time: String, words: String) throws {
        // Seen from before it and from behind it.
        for now in ["2026-10-24T23:30:00Z", "2026-10-25T12:00:00Z"] {
            #expect(try london(time, now: now) == words)
        }
        #expect(
            try london("2026-10-25T00:30:00Z", now: "2026-12-01T00:00:00Z")
                == "Sun 25 Oct 2026 01:30 BST")
        #expect(
            try london("2026-10-25T01:30:00Z", now: "2026-10-01T00:00:00Z")
                == "Sun 25 Oct 2026 01:30 GMT")
    }

    @Test(arguments: [
        ("2027-03-28T00:59:59.999999Z", "Today 00:59:59"),
        ("2027-03-28T01:00:00Z", "Today 02:00:00"), ("2027-03-28T22:59:59Z", "Today 23:59:59"),
        ("2027-03-28T23:00:00Z", "Tomorrow 00:00:00"),
        ("2027-03-27T23:59:59Z", "Yesterday 23:59:59"),
    ])
    func `the hour that is left out is nobody's`(time: String, words: String) throws {
        for now in ["2027-03-28T00:30:00Z", "2027-03-28T12:00:00Z"] {
            #expect(try london(time, now: now) == words)
        }
    }

    @Test func `half an hour comes twice on Lord Howe Island, and no more`() throws {
        let time = try #require(PracticeTime("Australia/Lord_Howe"))
        let end = try #require(Timestamp("2026-04-04T15:00:00Z"))
        for (minutes, isTwice) in [(-31, false), (-30, true), (-1, true), (29, true), (30, false)] {
            let moment = end + .seconds(minutes * 60)
            let words = "Today \(time.clock(moment, seconds: true))"
            #expect((time.words(moment, now: end) != words) == isTwice)
        }
    }

    @Test func `dates, clocks and minutes of the day are the practice's`() throws {
        let time = try #require(Timestamp("2026-07-01T23:30:59.5Z"))
        #expect(PracticeTime.london.day(time).description == "2026-07-02")
        #expect(PracticeTime.london.clock(time, seconds: true) == "00:30:59")
        #expect(PracticeTime.london.clock(time, seconds: false) == "00:30")
        #expect(PracticeTime.london.minuteOfDay(time) == 30)
        #expect(PracticeTime.london.secondsFromUTC(time) == 3600)
        let early = try #require(Timestamp("1960-01-03T23:59:59Z"))
        #expect(PracticeTime.london.minuteOfDay(early) == 1439)
        #expect(PracticeTime.london.secondsFromUTC(early) == 0)
    }
}
