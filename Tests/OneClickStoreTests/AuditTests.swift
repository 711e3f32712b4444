import SyncModel
import SyncProtocol
import Testing

@testable import OneClickStore
@testable import SyncTesting

@Suite("The audit says who did what")
struct AuditTests {
    @Test("Practices, codes and installations, by whoever gave the command")
    func operating() async throws {
        let store = try OneClickStore.inMemory(
            shapes: Shapes(dataSets: [], tables: []), vault: TestVault.key)
        let practice = try await store.addPractice(
            name: "Example & Co", timeZone: "Europe/London", code: "ONE",
            codeExpires: .midday + .seconds(600), by: "ann", now: .midday)
        let request = EnrolmentRequest(
            protocolVersion: protocolVersion, code: "ONE", publicKey: "-", server: "OFFICE-1",
            place: "here")
        let installation = InstallationID(rawValue: "first")
        _ = try await store.enrol(
            request, installation: installation, now: .midday + .seconds(1))
        try await store.addCode(
            "TWO", of: practice, expires: .midday + .seconds(600), by: "bob",
            now: .midday + .seconds(2))
        _ = try await store.revoke(installation, by: "cat", now: .midday + .seconds(3))
        let entries = try await store.audit(of: practice)
        #expect(
            entries.map(\.action) == [
                .practiceAdded, .codeGiven, .enrolled, .codeGiven, .revoked,
            ])
        #expect(entries.map(\.person) == ["ann", "ann", "OFFICE-1", "bob", "cat"])
        #expect(entries.map(\.subject) == [nil, nil, "first", nil, "first"])
        #expect(
            entries.map { $0.at - .midday } == [0, 0, 1, 2, 3].map { Duration.seconds($0) })
        let said = entries.map { "\($0)" }.joined()
        for secret in ["ONE", "TWO"] { #expect(!said.contains(secret)) }
    }

    @Test("What was refused is not written down as done")
    func leavesOutRefusals() async throws {
        let practice = try await StorePractice(StoreKind.sqlite[0])
        let store = try #require(practice.store as? OneClickStore)
        let before = try await store.audit(of: nil)
        await #expect(throws: SyncError.self) {
            try await practice.answer(.approve, "clients", keys: [Key(1)])
        }
        await #expect(throws: SyncError.self) {
            try await store.addCode(
                "X", of: PracticeID(rawValue: 99), expires: .midday, by: "ann", now: .midday)
        }
        await #expect(throws: SyncError.self) {
            _ = try await store.erase(
                practice.id, confirming: "another", by: "ann", now: .midday)
        }
        #expect(try await store.audit(of: nil) == before)
    }

    @Test("Answers to held removals, with how many rows they concern")
    func answers() async throws {
        let (practice, model) = try await StoreConformance.loaded(StoreKind.sqlite[0])
        let store = try #require(practice.store as? OneClickStore)
        let gone = model["employees"].keys.map(Replace.removal)
        try await practice.change(["employees": gone])
        let kept = try await practice.answer(.keep, "employees")
        #expect(kept.answered == gone.count)
        let keys = Array(model["employees"].keys)
        try await practice.answer(.approve, "employees", keys: keys)
        let entries = try await store.audit(of: practice.id).suffix(2)
        #expect(entries.map(\.action) == [.removalsKept, .removalsApproved])
        #expect(entries.map(\.rows) == [gone.count, gone.count])
        #expect(entries.map(\.subject) == ["employees", "employees"])
        #expect(entries.map(\.person) == ["tester", "tester"])
    }

    @Test("Each practice has its own")
    func isByPractice() async throws {
        let practice = try await StorePractice(StoreKind.sqlite[0])
        let store = try #require(practice.store as? OneClickStore)
        let neighbour = try await practice.neighbour()
        let mine = try await store.audit(of: practice.id)
        let theirs = try await store.audit(of: neighbour.id)
        #expect(mine.allSatisfy { $0.practice == practice.id })
        #expect(theirs.allSatisfy { $0.practice == neighbour.id })
        #expect(try await store.audit(of: nil).count == mine.count + theirs.count)
    }
}
