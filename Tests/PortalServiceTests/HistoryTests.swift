import GRDB
import SyncEngine
import SyncModel
import Testing

@testable import PortalService

struct HistoryTests {
    let folder = TemporaryFolder()
    let journal: SQLiteJournal

    init() throws { journal = try SQLiteJournal(path: folder.file("journal.db")) }

    private func write(_ runs: RunRecord...) async throws {
        for run in runs {
            try await journal.begin(
                RunStart(
                    id: run.id,
                    request: RunRequest(
                        kind: run.kind, trigger: run.trigger, purpose: run.purpose,
                        person: run.person),
                    startedAt: run.startedAt))
            try await journal.record(run)
        }
    }

    private func ids(_ filter: RunFilter) async throws -> [String] {
        let runs = try await journal.history(filter, limit: 10)
        #expect(try await journal.count(filter) == runs.count)
        return runs.map(\.id.rawValue)
    }

    @Test func `a summary says what its record says`() async throws {
        let run = RunRecord.example(
            "a", outcome: .completedWithErrors, request: .manual(.full),
            problems: [.example("One."), .example("Two.", code: "held"), .example("Three.")])
        try await write(run)
        let summary = try #require(try await journal.history(limit: 1).first)
        #expect(summary == RunSummary(run, number: 1))
        #expect(summary.dataSets == run.dataSets)
        #expect(summary.errors == 2)
        #expect(summary.held == 4)
        #expect(summary.records == 6)
        #expect(summary.duration == .seconds(2))
        #expect(summary.requests == 7)
    }

    @Test func `a clock put back during a run makes no time negative`() {
        var run = RunRecord.example("a")
        run.finishedAt = run.startedAt + .seconds(-3600)
        #expect(RunSummary(run, number: 1).duration == .zero)
    }

    @Test func `pages follow each other in the order of beginning, whatever the clock said`()
        async throws
    {
        try await write(
            .example("a", "2026-11-24T09:00:00Z"), .example("b", "2026-11-24T08:00:00Z"),
            .example("c", "2026-11-24T08:30:00Z"))
        let first = try await journal.history(limit: 2)
        #expect(first.map(\.id.rawValue) == ["c", "b"])
        let second = try await journal.history(before: first.last?.number, limit: 2)
        #expect(second.map(\.id.rawValue) == ["a"])
        #expect(try await journal.history(before: second.last?.number, limit: 2).isEmpty)
    }

    @Test func `runs are found by outcome, kind, trigger, purpose and time`() async throws {
        try await write(
            .example("a", "2026-11-24T08:00:00Z"),
            .example(
                "b", "2026-11-24T09:00:00Z", outcome: .held, request: .manual(.full, .verify)),
            .example("c", "2026-11-24T10:00:00Z", outcome: .failed, request: .manual(.change)))
        #expect(try await ids(RunFilter()) == ["c", "b", "a"])
        #expect(try await ids(RunFilter(outcomes: [.held])) == ["b"])
        #expect(try await ids(RunFilter(outcomes: [.failed, .succeeded])) == ["c", "a"])
        #expect(try await ids(RunFilter(kind: .full)) == ["b"])
        #expect(try await ids(RunFilter(trigger: .manual)) == ["c", "b"])
        #expect(try await ids(RunFilter(purpose: .synchronise)) == ["c", "a"])
        let nine = Timestamp("2026-11-24T09:00:00Z")!
        #expect(try await ids(RunFilter(from: nine)) == ["c", "b"])
        #expect(try await ids(RunFilter(to: nine)) == ["a"])
        #expect(try await ids(RunFilter(outcomes: [.failed], trigger: .schedule)).isEmpty)
    }

    @Test(arguments: [
        ("anne", "a"), ("SMITH", "a"), ("  smith ", "a"), ("100%", "b"), ("10%", ""), ("%", "b"),
        ("_", "b"), ("a_b", "b"), ("axb", ""), ("client roles", "b"), ("[5, 17]", "b"), ("'", "b"),
        ("straße", "b"), ("STRASSE", ""), ("ZOË", "a"), ("\\", ""), ("what to do", ""),
        ("17", "ba"), ("", "ba"), (" ", "ba"),
    ])
    func `text is found in names, messages, keys and data sets, as it is`(
        text: String, found: String
    ) async throws {
        try await write(
            .example(
                "a",
                request: RunRequest(kind: .change, trigger: .manual, person: "Anne Smith, Zoë"),
                problems: [.example("A name is too long."), .example("A name is too long.")]),
            .example(
                "b",
                problems: [
                    .example(
                        "The 'a_b' of Straße 1 is 100% full.", key: Key(5, 17),
                        dataSet: "Client Roles")
                ]))
        #expect(try await ids(RunFilter(text: text)).joined() == found)
    }

    @Test func `the run under way is left out where it is said to be, and else cut off`()
        async throws
    {
        try await write(.example("a"))
        try await journal.begin(.example("b"))
        #expect(try await ids(RunFilter()) == ["b", "a"])
        #expect(try await ids(RunFilter(outcomes: [.failed])) == ["b"])
        #expect(try await ids(RunFilter(text: "no end in the journal")) == ["b"])
        let underway = try await journal.history(limit: 10, isUnderway: true)
        #expect(underway.map(\.id.rawValue) == ["a"])
        #expect(try await journal.count(isUnderway: true) == 1)
        #expect(
            try await journal.history(
                RunFilter(outcomes: [.failed]), limit: 10, isUnderway: true
            ).isEmpty)
        // One that ended is no longer under way, although the service still says so.
        try await journal.record(.example("b"))
        #expect(try await journal.history(limit: 10, isUnderway: true).count == 2)
        #expect(try await ids(RunFilter(outcomes: [.failed])).isEmpty)
    }

    @Test func `an end that was written later takes the place of the cut-off one`() async throws {
        try await journal.begin(.example("a"))
        try await journal.endCutOff()
        #expect(try await journal.history(limit: 1).first?.outcome == .failed)
        try await journal.record(.example("a", outcome: .held))
        let runs = try await journal.history(limit: 10)
        #expect(runs.map(\.outcome) == [.held])
        #expect(try await ids(RunFilter(text: "no end in the journal")).isEmpty)
    }

    @Test func `what is pruned is gone from the lists, too`() async throws {
        try await write(.example("old", "2026-08-01T08:00:00Z"))
        try await journal.save(fence: 1)
        try await write(.example("young", "2026-11-24T08:00:00Z"))
        #expect(try await ids(RunFilter()) == ["young"])
        #expect(try await journal.count(startedSince: .init(microsecondsSince1970: 0)) == 1)
    }

    @Test func `the latest good run, and the latest that OneClick took over`() async throws {
        let good = RunFilter(outcomes: [.succeeded], purpose: .synchronise)
        #expect(try await journal.history(good, limit: 1).isEmpty)
        #expect(try await journal.lastApplied() == nil)
        try await write(.example("good"))
        #expect(try await journal.lastApplied()?.id.rawValue == "good")
        try await write(
            .example("errors", outcome: .completedWithErrors), .example("held", outcome: .held),
            .example("lineage", outcome: .held, problems: [.example("Whose?", code: "lineage")]),
            .example("dry", request: .manual(.full, .dryRun)),
            .example("stopped", outcome: .stopped), .example("failed", outcome: .failed))
        #expect(try await journal.history(good, limit: 1).map(\.id.rawValue) == ["good"])
        #expect(try await journal.lastApplied()?.id.rawValue == "held")
    }

    @Test func `what synchronised lately comes in the order of a chart`() async throws {
        try await write(
            .example("a", "2026-11-24T08:00:00Z"), .example("b", "2026-11-24T09:00:00Z"),
            .example("dry", "2026-11-24T09:10:00Z", request: .manual(.full, .dryRun)),
            .example("c", "2026-11-24T10:00:00Z"))
        try await journal.begin(.example("underway", "2026-11-24T11:00:00Z"))
        let nine = Timestamp("2026-11-24T09:00:00Z")!
        let runs = try await journal.activity(since: nine, limit: 10)
        #expect(runs.map(\.id.rawValue) == ["b", "c"])
        let latest = try await journal.activity(since: nine, limit: 1)
        #expect(latest.map(\.id.rawValue) == ["c"])
        // The one under way has begun, too.
        #expect(try await journal.count(startedSince: nine) == 3)
    }

    @Test func `days are the practice's, and sum up what was synchronised`() async throws {
        try await write(
            .example("before", "2026-07-01T22:59:59Z"), .example("a", "2026-07-01T23:00:00Z"),
            .example("b", "2026-07-02T22:59:59.999999Z", outcome: .failed),
            .example("dry", "2026-07-02T12:00:00Z", request: .manual(.full, .dryRun)),
            .example("c", "2026-07-04T12:00:00Z"))
        try await journal.begin(.example("underway", "2026-07-04T12:30:00Z"))
        let days = try await journal.activityByDay(
            since: Timestamp("2026-07-01T12:00:00Z")!, dayOf: PracticeTime.london.day)
        #expect(days.map(\.day.description) == ["2026-07-01", "2026-07-02", "2026-07-04"])
        #expect(days[1].outcomes == [.succeeded: 1, .failed: 1])
        #expect(days[1].runs == 2)
        #expect(days[1].records == 12)
        #expect(days[1].duration == .seconds(4))
        #expect(days[1].longest == .seconds(2))
        #expect(days[2].runs == 1)
    }
}
