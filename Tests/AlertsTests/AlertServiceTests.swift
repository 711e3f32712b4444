import Logging
import ServiceLifecycle
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization
import Testing

@testable import Alerts

@Suite(.timeLimit(.minutes(30)))
struct AlertServiceTests {
    private let clock = StepClock()
    private let office = Office()

    /// What the service has sent and remembered, and what goes wrong with it.
    private final class Office: Sendable {
        struct Books {
            var sent: [String] = []
            var refusal: SyncError?
            var memory: [UInt8]?
            var saves = 0
            var isDiskFull = false
        }

        let books = Mutex(Books())

        @Sendable func send(
            _ alert: Alert, _ channel: AlertChannel, _ left: [String]?
        ) throws -> AlertSender.Sent {
            try books.withLock { books in
                if let refusal = books.refusal { throw refusal }
                books.sent.append("\([alert].words[0]) by \(channel)")
                return .init()
            }
        }

        @Sendable func load() throws -> AlertState? {
            try books.withLock(\.memory).map { try WireJSON.decode(from: $0) }
        }

        @Sendable func save(_ state: AlertState) throws {
            let bytes = try WireJSON.encode(state)
            try books.withLock { books in
                if books.isDiskFull { throw SyncError("disk", "Full.", hint: "Free some space.") }
                books.memory = bytes
                books.saves += 1
            }
        }

        var sent: [String] { books.withLock(\.sent) }
    }

    private static let down = SyncError(
        .mail, "The mail server is down.", hint: "Wait.", recovery: .retry)

    /// Runs a service until the test is over, as a process would.
    private func withService(
        _ channels: [AlertChannel] = [.email], _ body: (AlertService) async throws -> Void
    ) async throws {
        let service = AlertService(
            channels: channels, rules: .halfHourly,
            environment: .init(now: clock.now, wait: clock.wait),
            memory: .init(load: office.load, save: office.save), logger: .silent,
            send: office.send)
        let group = ServiceGroup(configuration: .init(services: [service], logger: .silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            if !channels.isEmpty { await clock.idle() }
            try await body(service)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func finished(_ record: RunRecord, _ service: AlertService) async {
        await service.finished(record)
        await clock.idle()
    }

    @Test func `a failure and its end are sent by every channel`() async throws {
        try await withService([.email, .webhook]) { service in
            await finished(.ended(.failed, .noCentral), service)
            #expect(office.sent == ["failing began by email", "failing began by webhook"])
            #expect(await service.status().conditions[.failing] == .morning + -5)
            await finished(.ended(.succeeded), service)
            #expect(
                office.sent.suffix(2) == ["failing ended by email", "failing ended by webhook"])
            let status = await service.status()
            #expect(status.conditions.isEmpty)
            #expect(status.channels.map(\.waiting) == [0, 0])
            #expect(status.channels.map(\.lastSentAt) == [.morning, .morning])
        }
    }

    @Test func `a success sends nothing`() async throws {
        try await withService { service in
            for _ in 0..<5 { await finished(.ended(.succeeded), service) }
            #expect(office.sent == [])
        }
    }

    @Test func `what cannot be sent is visible, and sent when it can be`() async throws {
        office.books.withLock { $0.refusal = Self.down }
        try await withService { service in
            await finished(.ended(.failed, .noCentral), service)
            let channel = try #require(await service.status().channels.first)
            #expect(channel.waiting == 1)
            #expect(channel.lastError == "The mail server is down. Wait.")
            #expect(channel.nextAttemptAt == .morning + 1)
            office.books.withLock { $0.refusal = nil }
            clock.step()
            await clock.idle()
            #expect(office.sent == ["failing began by email"])
            let after = try #require(await service.status().channels.first)
            #expect(after.waiting == 0 && after.lastError == nil)
        }
    }

    @Test func `a restart repeats nothing that was sent, and forgets nothing that was not`()
        async throws
    {
        try await withService { await finished(.ended(.failed, .noCentral), $0) }
        office.books.withLock { $0.refusal = Self.down }
        try await withService { service in
            await finished(.ended(.failed, .noCentral), service)
            #expect(office.sent == ["failing began by email"])
            await finished(.ended(.succeeded), service)
        }
        office.books.withLock { $0.refusal = nil }
        try await withService { _ in
            #expect(office.sent == ["failing began by email", "failing ended by email"])
        }
        try await withService { _ in #expect(office.sent.count == 2) }
    }

    @Test func `a synchronisation that ends before the state is read is not lost`() async throws {
        let service = AlertService(
            channels: [.email], rules: .halfHourly,
            environment: .init(now: clock.now, wait: clock.wait),
            memory: .init(load: office.load, save: office.save), logger: .silent,
            send: office.send)
        await service.finished(.ended(.failed, .noCentral))
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await service.run() }
            await clock.idle()
            #expect(office.sent == ["failing began by email"])
            tasks.cancelAll()
        }
    }

    @Test func `a full disk keeps no message back`() async throws {
        office.books.withLock { $0.isDiskFull = true }
        try await withService { service in
            await finished(.ended(.failed, .noCentral), service)
            #expect(office.sent == ["failing began by email"])
            office.books.withLock { $0.isDiskFull = false }
            clock.step()
            await clock.idle()
            let remembered = try office.load()
            #expect(remembered?.told == [.failing])
        }
    }

    @Test func `a quiet hour is remembered every ten minutes`() async throws {
        try await withService { service in
            let before = office.books.withLock(\.saves)
            for _ in 0..<60 {
                clock.step()
                await clock.idle()
            }
            #expect(office.books.withLock(\.saves) - before == 6)
        }
    }

    @Test func `a memory that cannot be read is begun anew`() async throws {
        office.books.withLock { $0.memory = Array("{".utf8) }
        try await withService { service in
            await finished(.ended(.failed, .noCentral), service)
            #expect(office.sent == ["failing began by email"])
        }
    }

    @Test func `without a channel nothing is remembered, and old troubles are forgotten`()
        async throws
    {
        try await withService { await finished(.ended(.failed, .noCentral), $0) }
        try await withService([]) { service in
            await service.finished(.ended(.succeeded))
            #expect(await service.status().channels.isEmpty)
            while try office.load() != AlertState() { await Task.yield() }
        }
        try await withService { await finished(.ended(.failed, .noCentral), $0) }
        #expect(office.sent == ["failing began by email", "failing began by email"])
    }
}
