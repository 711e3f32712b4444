import Catalogue
import Central
import Logging
import PortalService
import SyncEngine
import SyncModel
import SyncProtocol
import SyncTesting
import Synchronization
import WebSupport

@testable import ManagementConsole

/// A practice's console with everything that stands around it, in a folder of its own.
final class TestConsole: Sendable {
    let folder: TestFolder
    let time = TestTime("2026-11-24T08:00:00Z")
    let rounds = Rounds()
    let oneclick = OneClickStub()
    let journal: SQLiteJournal
    let runs: TestRuns
    let portal: Portal
    let connections: Connections
    let sessions: SessionStore
    let administrators: LocalAdministrators
    let console: Console

    init(isSecure: Bool = false) throws {
        folder = try TestFolder()
        try TestCentral.make(at: folder.path(of: "central.db"))
        administrators = LocalAdministrators(path: folder.path(of: "administrators"))
        try administrators.set("support", TestCentral.passwordHash)
        journal = try SQLiteJournal(path: folder.path(of: "journal.db"))
        sessions = try SessionStore(path: folder.path(of: "sessions.db"))
        let runs = TestRuns(time, journal)
        self.runs = runs
        let (time, rounds, oneclick) = (time, rounds, oneclick)
        portal = Portal(
            server: "srv", schedule: Schedule(interval: .seconds(1800), name: "test"),
            lastStarted: time.now, lastRun: nil, now: { time.now }, wait: time.never,
            perform: runs.perform)
        connections = Connections(
            askOneClick: { try oneclick.status() }, askCentral: {}, now: { time.now },
            wait: time.never)
        let users = CentralUsers(
            path: folder.path(of: "central.db"), busyTimeout: .milliseconds(1))
        let tokens = Mutex(0)
        console = try Console(
            portal: portal, journal: journal, connections: connections,
            directories: [users.directory, administrators.directory], sessions: sessions,
            settings: Console.Settings(
                version: "1.2.3", shapes: try Catalogue.standard().shapes, time: .london,
                isSecure: isSecure, now: { time.now }, wait: rounds.next,
                token: {
                    tokens.withLock { number in
                        number += 1
                        return String(repeating: "0f", count: 28) + "\(10_000_000 + number)"
                    }
                }, answer: { try oneclick.answer($0) }))
    }

    deinit {
        try? journal.close()
        try? sessions.close()
    }

    var central: TestCentral { TestCentral(path: folder.path(of: "central.db")) }

    // MARK: People

    /// A session as its browser has it.
    struct Browser: Sendable {
        var secret: String
        var formToken: String
    }

    /// As it is once this person has signed in; whoever is not there has none.
    private func credential(of user: String) async -> String {
        for directory in console.access.directories where user.hasPrefix(directory.prefix) {
            let known = try? await directory.byID(String(user.dropFirst(directory.prefix.count)))
            return known?.credential ?? ""
        }
        return ""
    }

    func browser(of user: String, name: String = "Jane Perry") async throws -> Browser {
        let secret = try await sessions.begin(
            user: user, name: name, credential: await credential(of: user), now: time.now,
            token: console.settings.token)
        let session = try await sessions.session(secret, now: time.now)
        return Browser(secret: secret, formToken: session?.formToken ?? "")
    }

    /// Somebody who may use the console.
    func jane() async throws -> Browser { try await browser(of: TestCentral.permitted) }

    // MARK: The service

    /// Runs the portal beside the test.
    func withPortal(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.portal.run() }
            try await body()
            group.cancelAll()
        }
    }

    func waitUntil(isRunning: Bool) async {
        while await portal.status().isRunning != isRunning { await Task.yield() }
    }

    /// What people did, as the journal says, first first: the action and who it was.
    func deeds() async throws -> [String] {
        try await journal.audit(limit: 100).reversed().map { "\($0.action) by \($0.person)" }
    }

    /// Whether nobody did anything.
    func isUntouched() async throws -> Bool {
        let isQueued = await portal.status().isQueued
        return try await deeds().isEmpty && oneclick.answers.isEmpty && !isQueued
    }
}

/// OneClick as the console sees it.
final class OneClickStub: Sendable {
    private struct State {
        var status: Result<StatusAnswer, SyncError> = .success(.example)
        var answers: [AnswerRequest] = []
        var answered: Result<AnswerReceipt, SyncError> = .success(AnswerReceipt(answered: 1))
    }

    private let state = Mutex(State())

    /// The answers that it was given, first first.
    var answers: [AnswerRequest] { state.withLock(\.answers) }

    func says(_ status: Result<StatusAnswer, SyncError>) {
        state.withLock { $0.status = status }
    }

    func answers(_ receipt: Result<AnswerReceipt, SyncError>) {
        state.withLock { $0.answered = receipt }
    }

    func status() throws -> StatusAnswer { try state.withLock(\.status).get() }

    func answer(_ request: AnswerRequest) throws -> AnswerReceipt {
        try state.withLock { state in
            state.answers.append(request)
            return state.answered
        }.get()
    }
}

extension StatusAnswer {
    /// Everything is as Central has it.
    static let example = StatusAnswer(
        practiceName: "Example & Co", version: 3,
        lastCommittedAt: Timestamp("2026-11-24T07:30:00.123456Z"),
        rows: [TableName(rawValue: "clients"): 1_204], checkpoints: [:], exceptions: [],
        waiting: [:], lineageQuestion: nil)
}

extension Logger {
    static var silent: Logger {
        Logger(label: "silent", factory: { _ in SwiftLogNoOpLogHandler() })
    }
}
