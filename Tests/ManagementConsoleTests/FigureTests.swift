import PortalService
import SyncEngine
import SyncModel
import Testing

@testable import ManagementConsole

/// Numbers as people read them, and what a synchronisation in progress shows.
@Suite(.serialized)
struct FigureTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (1_048_212, "1,048,212"), (-1_234, "-1,234"),
    ])
    func `numbers are grouped`(_ number: Int, _ text: String) {
        #expect(Figure.grouped(number) == text)
    }

    @Test(arguments: [
        (0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 KB"), (9_949, "9.9 KB"),
        (9_950, "10 KB"), (212_000, "212 KB"), (999_499, "999 KB"), (999_500, "1.0 MB"),
        (1_500_000_000, "1.5 GB"), (2_000_000_000_000_000, "2,000 TB"),
    ])
    func `sizes have a unit`(_ bytes: Int, _ text: String) { #expect(Figure.bytes(bytes) == text) }

    @Test(arguments: [
        (Duration.zero, "0.0 s"), (.milliseconds(440), "0.4 s"), (.seconds(21), "21 s"),
        (.seconds(-5), "0.0 s"), (.seconds(60), "1 min"), (.seconds(125), "2 min 5 s"),
        (.seconds(3_600), "1 h"), (.seconds(12_000), "3 h 20 min"), (.seconds(172_800), "2 days"),
    ])
    func `durations have one`(_ duration: Duration, _ text: String) {
        #expect(Figure.duration(duration) == text)
    }

    @Test(
        arguments: [
            (59, nil), (-600, nil), (60, "1 minute ago"), (7_199, "119 minutes ago"),
            (7_200, "2 hours ago"), (172_800, "2 days ago"),
        ] as [(Int, String?)])
    func `ages are said from a minute on`(_ seconds: Int, _ text: String?) {
        #expect(Figure.age(.seconds(seconds)) == text)
    }

    /// A full synchronisation that began four seconds ago.
    private func inProgress(
        _ office: TestConsole, step: String,
        _ dataSets: [RunProgress.DataSetProgress], rowsSent: Int
    ) async -> DataSetsView {
        let start = RunStart(
            id: RunID(rawValue: "run-1"),
            request: RunRequest(kind: .full, trigger: .manual), startedAt: office.time.now)
        office.time.pass(.seconds(4))
        var overview = Overview(
            status: await office.portal.status(), connections: .init(), past: .init(),
            now: office.time.now)
        overview.status.isRunning = true
        overview.status.progress = RunProgress(
            run: start, step: step, dataSets: dataSets, rowsSent: rowsSent)
        return DataSetsView(overview, office.console.settings)
    }

    @Test func `a synchronisation in progress says how far it is and how long it takes`()
        async throws
    {
        let office = try TestConsole()
        var dataSets: [RunProgress.DataSetProgress] = [
            .init(name: "Employee List", state: .equal, rowsDone: 20, rowsTotal: 20),
            .init(name: "Client List", state: .working, rowsDone: 400, rowsTotal: 1_000),
            .init(name: "Team Security", state: .shipped, rowsDone: 30),
            .init(name: "Business List", state: .waiting),
        ]
        dataSets[1].startedAt = office.time.now
        let view = await inProgress(office, step: "comparing", dataSets, rowsSent: 1_234)
        #expect(
            view.title
                == "This synchronisation: full, comparing, 2 of 4 data sets, 450 records compared, "
                + "about 5.3 s left")
        #expect(view.aside == "1,234 rows sent")
        let words = view.rows.prefix(4).map(\.words)
        #expect(
            words == [
                "equal", "400 of 1,000, 100 a second, 6.0 s left", "differences sent", "waiting",
            ])
        #expect(view.rows.map(\.name) == office.console.settings.shapes.dataSets.map(\.name))
        let bar = try #require(view.rows[1].bar)
        #expect(bar.value == 400 && bar.max == 1_000)
        #expect(view.rows.prefix(4).map { $0.bar != nil } == [false, true, false, false])
        #expect(view.rows.allSatisfy { $0.added.text == "–" && $0.inOneClick.text == "–" })
    }

    /// Rows that OneClick keeps, such as held removals, are never read in Central.
    @Test func `once all is compared no time is left, however many rows OneClick had`()
        async throws
    {
        let view = await inProgress(
            try TestConsole(), step: "committing",
            [
                .init(name: "Employee List", state: .equal, rowsDone: 20, rowsTotal: 20),
                .init(name: "Client List", state: .shipped, rowsDone: 400, rowsTotal: 1_000),
            ], rowsSent: 7)
        #expect(
            view.title
                == "This synchronisation: full, committing, 2 of 2 data sets, 420 records compared")
    }
}
