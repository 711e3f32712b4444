import SyncModel
import Testing

@testable import syncworker

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
}
