import SyncEngine
import SyncModel
import Testing

@testable import Alerts

struct AlertWordsTests {
    private func words(_ alert: Alert, _ place: AlertPlace = .office) -> AlertWords {
        AlertWords(alert, place, time: \.inUTC)
    }

    private func alert(_ records: RunRecord...) throws -> Alert {
        var state = AlertState()
        return try #require(records.flatMap { state.finished($0) }.last)
    }

    @Test func `a failure says where, since when, why, and what to do`() throws {
        let words = words(try alert(.ended(.failed, .noCentral)))
        #expect(words.title == "SyncWorker on OFFICE-1: synchronisation fails")
        for part in [
            "since Wed 25 Nov 2026 08:25 UTC", "Why: Central cannot be opened.",
            "What to do: Check that the file is there.", "OFFICE-1, practice 7", "run-1",
        ] {
            #expect(words.text.contains(part), "\(part)")
        }
    }

    @Test func `the end of a failure says how long it lasted`() throws {
        let end = RunRecord.ended(.succeeded, at: .morning + 90)
        let words = words(
            try alert(.ended(.failed, .noCentral), .ended(.failed, .noCentral), end))
        #expect(words.text.contains("which is 1 hour 35 minutes; 2 in a row."))
        #expect(!words.text.contains("What to do"))
    }

    @Test(arguments: [
        RunRecord.ended(.held, .waiting, .refused),
        .ended(.completedWithErrors, .badTable, .refused), .ended(.failed, .noCentral, .refused),
        .ended(.failed, .badTable, .waiting), .ended(.held, .lineage, .refused),
    ])
    func `no name, label or key of a record leaves the premises`(record: RunRecord) throws {
        let alert = try alert(record)
        let words = words(alert)
        let remembered = String(describing: alert)
        for secret in ["Tom Evans", "TE04", "Ann Ltd", "C12"] {
            #expect(!words.text.contains(secret) && !words.title.contains(secret), "\(secret)")
            #expect(!remembered.contains(secret), "\(secret)")
        }
    }

    @Test func `held removals are counted by data set`() throws {
        let text = words(try alert(.ended(.held, .waiting, held: 40))).text
        #expect(text.contains("Waiting: Client List: 40."))
        #expect(text.contains("`syncworker held`"))
    }

    @Test func `the console's address is named where there is one`() {
        var place = AlertPlace.office
        place.console = "http://127.0.0.1:8090"
        let test = Alert.test(at: .morning)
        #expect(words(test, place).text.contains("Console: http://127.0.0.1:8090"))
        #expect(!words(test).text.contains("Console"))
    }

    @Test(arguments: AlertCondition.allCases, [Alert.Event.began, .ended])
    func `every message has one line as its title, and text`(
        condition: AlertCondition, event: Alert.Event
    ) {
        var alert = Alert.test(at: .morning)
        (alert.condition, alert.event) = (condition, event)
        let words = words(alert)
        #expect(!words.title.contains { $0.isNewline })
        #expect(words.text.split(separator: "\n\n").count >= 2)
        #expect(
            (event == .began) == words.text.contains("one more message follows")
                || words.text.contains("One more message follows"))
    }

    @Test(arguments: [
        (0, "less than a minute"), (59, "less than a minute"), (-5, "less than a minute"),
        (60, "1 minute"), (3600, "1 hour"), (3660, "1 hour 1 minute"), (7800, "2 hours 10 minutes"),
        (86_400, "1 day"), (200_000, "2 days 7 hours"),
    ])
    func `a length of time is said in two units at most`(seconds: Int, words: String) {
        #expect(AlertWords.words(.seconds(seconds)) == words)
    }
}
