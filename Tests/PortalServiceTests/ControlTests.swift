import Foundation
import Logging
import PortalService
import ServiceLifecycle
import SyncEngine
import SyncModel
import Testing

/// Server and client over a real socket.
@Suite(.timeLimit(.minutes(5)))
struct ControlTests {
    let folder = TemporaryFolder()
    let clock = ManualClock("2026-11-24T08:00:00Z")
    let runs: ManualRuns
    var socket: String { folder.file("control.sock") }

    init() { runs = ManualRuns(clock) }

    private func withService(
        _ body: (ControlClient, SQLiteJournal) async throws -> Void
    ) async throws {
        let journal = try SQLiteJournal(path: folder.file("journal.db"))
        let portal = Portal.example(clock, runs, lastStarted: clock.now)
        let server = ControlServer(portal: portal, journal: journal, socket: socket)
        let (listening, isListening) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let group = ServiceGroup(
            services: [server.application(logger: logger) { isListening.yield() }, portal],
            logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in listening { break }
            try await body(try #require(await ControlClient(socket: socket)), journal)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func `a request is begun, followed and answered with its record`() async throws {
        try await withService { client, _ in
            var begun = runs.begun.makeAsyncIterator()
            let ticket = try await client.request(.manual(.full))
            _ = await begun.next()
            guard case .running(let progress) = try await client.standing(of: ticket.ticket) else {
                Issue.record("it is not running")
                return
            }
            #expect(progress?.step == "comparing")
            #expect(try await client.status().isRunning)
            #expect(try await client.stop())
            runs.end()
            while try await client.status().isRunning { await Task.yield() }
            guard case .done(let record) = try await client.standing(of: ticket.ticket) else {
                Issue.record("it is not done")
                return
            }
            #expect(record.outcome == .stopped)
            #expect(try await client.stop() == false)
        }
    }

    @Test func `the journal is read over the socket`() async throws {
        try await withService { client, journal in
            let start = RunStart(
                id: RunID(rawValue: "a"), request: .manual(.change), startedAt: clock.now)
            try await journal.begin(start)
            let record = RunRecord(start: start, finishedAt: clock.now, outcome: .held)
            try await journal.record(record)
            #expect(try await client.runs(limit: 5) == [record])
        }
    }

    @Test func `an error is told in the service's own words`() async throws {
        try await withService { client, _ in
            let error = await #expect(throws: SyncError.self) {
                try await client.standing(of: 4711)
            }
            #expect(error?.message.contains("does not know this request") == true)
        }
    }

    @Test func `only the owner may open the socket`() async throws {
        try await withService { _, _ in
            let attributes = try FileManager.default.attributesOfItem(atPath: socket)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
    }

    @Test func `a socket that a killed service left behind is no service, and no obstacle`()
        async throws
    {
        #expect(await ControlClient(socket: socket) == nil)
        try Data().write(to: URL(filePath: socket))
        #expect(await ControlClient(socket: socket) == nil)
        try await withService { client, _ in
            let status = try await client.status()
            #expect(status.server == "srv")
        }
    }
}
