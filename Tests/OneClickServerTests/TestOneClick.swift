import Foundation
import Hummingbird
import Logging
import NIOCore
import OneClickClient
import OneClickServer
import OneClickStore
import ServiceLifecycle
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization
import WebSupport

/// OneClick on this machine's loopback, with real HTTP and a clock that the test sets.
final class TestOneClick: Sendable {
    static let midday = Timestamp("2026-11-23T12:00:00Z")!
    static let clients = TableShape(
        name: TableName(rawValue: "clients"),
        columns: [
            Column(name: "id", type: .integer, isNullable: false),
            Column(name: "name", type: .text(characters: 100), isNullable: false),
        ], keyCount: 1)
    static let shapes = Shapes(
        dataSets: [DataSet(name: "Client List", tables: [clients.name])], tables: [clients])
    static let vault = VaultKey(id: "v1", publicKey: String(repeating: "ab", count: 32))

    let store: OneClickStore
    let url: String
    /// To it.
    let line: OneClickLine
    private let time: Mutex<Timestamp>
    private let codes = Mutex(0)

    private init(store: OneClickStore, url: String, line: OneClickLine, time: Timestamp) {
        self.store = store
        self.url = url
        self.line = line
        self.time = Mutex(time)
    }

    /// Serves while `body` runs, then shuts down gracefully.
    static func serving<T: Sendable>(
        store: OneClickStore? = nil, certificate: ServerCertificate? = nil,
        network: OneClickNetwork = OneClickNetwork(),
        waitForReceipt: @escaping @Sendable () async throws -> Void = {
            try await ContinuousClock().sleep(for: .seconds(60))
        },
        _ body: @Sendable (TestOneClick) async throws -> T
    ) async throws -> T {
        let store = try store ?? OneClickStore.inMemory(shapes: shapes, vault: vault)
        let clock = Clock()
        let (ready, isReady) = AsyncStream<String>.makeStream(
            bufferingPolicy: .bufferingOldest(1))
        let server = try OneClickServer(
            store: store, address: .anyLoopbackPort, certificate: certificate,
            settings: .init(now: { clock.read() }, waitForReceipt: waitForReceipt),
            logger: .silent, onReady: { isReady.yield($0) })
        return try await running(server) {
            let url = await ready.first { _ in true } ?? ""
            return try await network.withLine(now: { clock.read() }) { line in
                let oneClick = TestOneClick(store: store, url: url, line: line, time: midday)
                clock.follow(oneClick)
                return try await body(oneClick)
            }
        }
    }

    /// Asked by the server; set by the test.
    var now: Timestamp {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    /// A new practice with its code.
    func addPractice(_ name: String = "Example & Co") async throws -> String {
        let code = codes.withLock { number in
            number += 1
            return "ABCD-EFGH-\(1000 + number)"
        }
        _ = try await store.addPractice(
            name: name, timeZone: "Europe/London", code: code,
            codeExpires: now + .seconds(3600), now: now)
        return code
    }

    /// An installation of a new practice, and its client.
    func enrolled(_ name: String = "Example & Co") async throws -> TestInstallation {
        let key = InstallationKey()
        let answer = try await OneClickClient.enrol(
            url: url, code: try await addPractice(name), key: key, server: "OFFICE-1", place: "p1",
            line: line)
        let client = try OneClickClient(
            url: url, installation: answer.installation, key: key, now: { self.now }, line: line)
        return TestInstallation(answer: answer, key: key, client: client)
    }
}

struct TestInstallation: Sendable {
    var answer: EnrolmentAnswer
    var key: InstallationKey
    var client: OneClickClient

    func open(_ name: String, lastFence: Int = 0) async throws -> (OpenAnswer, OpenRun) {
        let request = OpenRequest(
            run: RunID(rawValue: name), lastFence: lastFence, lastRuns: [], kind: .change,
            purpose: .synchronise, server: "OFFICE-1", place: "p1",
            shapes: TestOneClick.shapes.digests)
        let answer = try await client.open(request)
        return (answer, OpenRun(id: request.run, token: answer.token))
    }

    /// Once no commit is under way any more.
    func settledState(of run: OpenRun) async throws -> RunState {
        while true {
            let state = try await client.state(of: run.id)
            if state != .committing { return state }
        }
    }
}

/// The server's clock before and after the test has its hands on it.
private final class Clock: Sendable {
    private let source = Mutex<TestOneClick?>(nil)
    func follow(_ oneClick: TestOneClick) { source.withLock { $0 = oneClick } }
    func read() -> Timestamp { source.withLock { $0?.now } ?? TestOneClick.midday }
}

/// Runs a service while `body` runs.
func running<T: Sendable>(
    _ service: any Service, _ body: @Sendable () async throws -> T
) async throws -> T {
    let group = ServiceGroup(configuration: .init(services: [service], logger: .silent))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        let result: Result<T, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return try result.get()
    }
}

/// Answers everything the same: what stands between two sides, or at a wrong address.
func answeringAlways<T: Sendable>(
    _ response: @escaping @Sendable () -> Response,
    _ body: @Sendable (_ url: String) async throws -> T
) async throws -> T {
    let (ready, isReady) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingOldest(1))
    let application = Application(
        responder: CallbackResponder<BasicRequestContext> { _, _ in response() },
        configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { isReady.yield($0.localAddress?.port ?? 0) }, logger: .silent)
    return try await running(application) {
        let port = await ready.first { _ in true }
        return try await body("http://127.0.0.1:\(port ?? 0)")
    }
}

/// The error that `body` ends with; nil if it ends well or with another kind of error.
func syncError(_ body: () async throws -> Void) async -> SyncError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? SyncError
    }
}

extension Logger {
    static var silent: Logger {
        Logger(label: "silent", factory: { _ in SwiftLogNoOpLogHandler() })
    }
}
