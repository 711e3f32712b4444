import Foundation
import ManagementConsole
import PortalService
import ServiceLifecycle
import SyncEngine
import SyncModel
import Testing

/// The command line's way to the service, over a real socket.
@Suite(.serialized, .timeLimit(.minutes(30)))
struct ControlTests {
    let office: TestConsole
    var runs: TestRuns { office.runs }
    var socket: String { office.folder.path(of: "control.sock") }

    init() throws { office = try TestConsole() }

    private func withService(
        _ body: (ControlClient, SQLiteJournal) async throws -> Void
    ) async throws {
        let server = ControlSocket(console: office.console, path: socket)
        let (listening, isListening) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        let group = ServiceGroup(
            services: [
                server.application(logger: .silent) { isListening.yield() }, office.portal,
            ], logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await _ in listening { break }
            try await body(await client(), office.journal)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// While other tests keep the machine busy an answer may take longer than a person waits.
    private func client() async -> ControlClient {
        while true {
            if let client = await ControlClient(socket: socket) { return client }
        }
    }

    @Test func `a request is begun, followed and answered with its record`() async throws {
        try await withService { client, _ in
            var begun = runs.begun.makeAsyncIterator()
            let ticket = try await client.request(RunRequest(kind: .full, trigger: .manual))
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

    @Test func `the command line says for whom it asks, and else it is the owner`() async throws {
        try await withService { client, journal in
            var begun = runs.begun.makeAsyncIterator()
            for person in ["The Partner", nil] {
                let request = RunRequest(kind: .change, trigger: .manual, person: person)
                _ = try await client.request(request)
                #expect(await begun.next()?.person == person ?? NSUserName())
                runs.end()
                await office.waitUntil(isRunning: false)
            }
            #expect(
                try await office.deeds() == [
                    "start by The Partner", "start by \(NSUserName())",
                ])
        }
    }

    @Test func `the journal is read over the socket`() async throws {
        try await withService { client, journal in
            let start = RunStart(
                id: RunID(rawValue: "a"), request: RunRequest(kind: .change, trigger: .manual),
                startedAt: office.time.now)
            try await journal.begin(start)
            let record = RunRecord(start: start, finishedAt: office.time.now, outcome: .held)
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
