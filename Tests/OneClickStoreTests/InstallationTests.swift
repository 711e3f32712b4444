import SyncModel
import SyncProtocol
import SyncTesting
import Testing

@testable import OneClickStore

@Suite("Installations are listed and revoked")
struct InstallationTests {
    private let store: OneClickStore
    private let practice: PracticeID

    init() async throws {
        store = try OneClickStore.inMemory(
            shapes: Shapes(dataSets: [], tables: []), vault: TestVault.key)
        practice = try await store.addPractice(
            name: "Example & Co", timeZone: "Europe/London", code: "ONE",
            codeExpires: .midday + .seconds(600), by: "ann", now: .midday)
        try await enrol("first", "ONE", after: 0)
    }

    private func enrol(_ name: String, _ code: String, after seconds: Int) async throws {
        let request = EnrolmentRequest(
            protocolVersion: protocolVersion, code: code, publicKey: "-", server: "S-\(name)",
            place: "here")
        _ = try await store.enrol(
            request, installation: .init(rawValue: name), now: .midday + .seconds(seconds))
    }

    @Test("The current one, those that were replaced, and those that were revoked")
    func lists() async throws {
        for (number, name) in ["second", "third"].enumerated() {
            try await store.addCode(
                name, of: practice, expires: .midday + .seconds(600), by: "ann", now: .midday)
            try await enrol(name, name, after: 60 * (number + 1))
        }
        _ = try await store.revoke(
            .init(rawValue: "first"), by: "bob", now: .midday + .seconds(300))
        let listed = try await store.installations(of: practice)
        #expect(listed.map(\.id.rawValue) == ["first", "second", "third"])
        #expect(listed.map(\.state) == [.revoked, .replaced, .current])
        #expect(
            listed.map(\.since) == [.midday + .seconds(300), .midday + .seconds(120), nil])
        #expect(listed.map(\.revokedBy) == ["bob", nil, nil])
        #expect(listed.map(\.server) == ["S-first", "S-second", "S-third"])
        #expect(try await store.installations(of: PracticeID(rawValue: 99)).isEmpty)
        #expect(try await store.installations(of: nil) == listed)
    }

    @Test("Revoking twice says who did it before; an unknown one where to look")
    func refuses() async throws {
        _ = try await store.revoke(.init(rawValue: "first"), by: "bob", now: .midday)
        let twice = await #expect(throws: SyncError.self) {
            _ = try await store.revoke(.init(rawValue: "first"), by: "cat", now: .midday)
        }
        #expect(twice?.message.contains("by bob already") == true)
        let unknown = await #expect(throws: SyncError.self) {
            _ = try await store.revoke(.init(rawValue: "none"), by: "bob", now: .midday)
        }
        #expect(unknown?.message == "OneClick has no installation none.")
        #expect(unknown?.hint.contains("oneclick installation list") == true)
        #expect(try await store.installations(of: nil).map(\.revokedBy) == ["bob"])
    }

    @Test("Nothing of a run is accepted any more, whoever looked at its token before")
    func refusesInRuns() async throws {
        let installation = try #require(try await store.installation(.init(rawValue: "first")))
        let request = OpenRequest(
            run: RunID(rawValue: "run"), lastFence: 0, lastRuns: [], kind: .change,
            purpose: .synchronise, server: "S-first", place: "here", shapes: [:])
        let opened = try await store.open(
            request, installation: installation, token: "token", asOf: Practice.today,
            now: .midday)
        let access = try await store.access(
            token: opened.token, run: request.run, now: .midday)
        let commit = CommitRequest(version: 0, batches: 0, tables: [:], mark: nil)
        _ = try await store.revoke(installation.id, by: "bob", now: .midday)
        let batch = Batch(
            table: "clients", run: request.run, number: 1, load: nil, mark: nil, covers: [],
            replaces: [])
        let store = store
        let refused: [(String, () async throws -> Void)] = [
            (
                "access",
                { _ = try await store.access(token: "token", run: access.run, now: .midday) }
            ),
            ("plan", { _ = try await store.plan(Plan(table: "clients", entries: []), access) }),
            ("stage", { try await store.stage(batch, frame: batch.encoded(), access) }),
            ("commit", { _ = try await store.commit(commit, access, now: .midday) }),
            (
                "open",
                {
                    _ = try await store.open(
                        request, installation: installation, token: "other", asOf: Practice.today,
                        now: .midday)
                }
            ),
        ]
        for (what, body) in refused {
            let error = await #expect(throws: SyncError.self) { try await body() }
            #expect(error?.message == "This installation has been revoked in OneClick.", "\(what)")
        }
        let state = try await store.state(of: request.run, practice: practice, now: .midday)
        #expect(state == .aborted(reason: "its installation was revoked"))
    }

    @Test("A receipt is not shown to an installation that was revoked since")
    func hidesReceipts() async throws {
        let installation = try #require(try await store.installation(.init(rawValue: "first")))
        let request = OpenRequest(
            run: RunID(rawValue: "run"), lastFence: 0, lastRuns: [], kind: .change,
            purpose: .synchronise, server: "S-first", place: "here", shapes: [:])
        let opened = try await store.open(
            request, installation: installation, token: "token", asOf: Practice.today,
            now: .midday)
        let access = try await store.access(token: opened.token, run: request.run, now: .midday)
        let commit = CommitRequest(version: 0, batches: 0, tables: [:], mark: nil)
        _ = try await store.commit(commit, access, now: .midday)
        _ = try await store.revoke(installation.id, by: "bob", now: .midday)
        await #expect(throws: SyncError.self) {
            _ = try await store.commit(commit, access, now: .midday)
        }
        guard
            case .committed = try await store.state(
                of: request.run, practice: practice, now: .midday)
        else {
            Issue.record("what was committed is not any more")
            return
        }
    }

    @Test("The next code makes an installation that synchronises again")
    func startsAnew() async throws {
        _ = try await store.revoke(.init(rawValue: "first"), by: "bob", now: .midday)
        try await store.addCode(
            "TWO", of: practice, expires: .midday + .seconds(600), by: "ann", now: .midday)
        try await enrol("second", "TWO", after: 60)
        let installation = try #require(try await store.installation(.init(rawValue: "second")))
        let request = OpenRequest(
            run: RunID(rawValue: "run"), lastFence: 0, lastRuns: [], kind: .change,
            purpose: .synchronise, server: "S-second", place: "here", shapes: [:])
        let opened = try await store.open(
            request, installation: installation, token: "token", asOf: Practice.today,
            now: .midday)
        #expect(opened.fence == 1)
    }
}
