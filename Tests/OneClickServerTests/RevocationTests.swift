import OneClickClient
import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol
import Testing

@testable import OneClickServer

@Suite("A revoked installation is refused at its next request")
struct RevocationTests {
    @Test("Each request of a run says so, and the open run is ended")
    func refusesRuns() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (answer, run) = try await office.open("run-1")
            try await office.client.beginLoad(.first, in: run)
            try await office.client.ship(.first(of: run.id), in: run)
            _ = try await oneClick.store.revoke(
                office.answer.installation, by: "ann", now: oneClick.now)
            let client = office.client
            let requests: [(String, @Sendable () async throws -> Void)] = [
                ("load", { try await client.beginLoad(.first, in: run) }),
                (
                    "plan",
                    { _ = try await client.plan(Plan(table: .clients, entries: []), in: run) }
                ),
                ("ship", { try await client.ship(.first(of: run.id), in: run) }),
                (
                    "commit",
                    { _ = try await client.commit(.first(version: answer.version), in: run) }
                ),
                ("abandon", { try await client.abandon(run, reason: "test") }),
                ("state", { _ = try await client.state(of: run.id) }),
                ("open", { _ = try await office.open("run-2", lastFence: 1) }),
                ("status", { _ = try await client.status() }),
            ]
            for (name, request) in requests {
                let error = await syncError { try await request() }
                #expect(
                    error?.message == "This installation has been revoked in OneClick.", "\(name)")
                #expect(error?.recovery == .person, "\(name)")
            }
            let state = try await oneClick.store.state(
                of: run.id, practice: office.answer.practice, now: oneClick.now)
            #expect(state == .aborted(reason: "its installation was revoked"))
        }
    }

    @Test("Another practice's run goes on")
    func leavesOthers() async throws {
        try await TestOneClick.serving { oneClick in
            let here = try await oneClick.enrolled("Here")
            let there = try await oneClick.enrolled("There")
            let (_, run) = try await there.open("run-1")
            _ = try await here.open("run-1")
            _ = try await oneClick.store.revoke(
                here.answer.installation, by: "ann", now: oneClick.now)
            try await there.client.beginLoad(.first, in: run)
        }
    }

    @Test("Revoked by another node, it is refused by this one")
    func overNodes() async throws {
        let file = try StoreFile()
        defer { file.remove() }
        let other = try OneClickStore(
            path: file.path, shapes: TestOneClick.shapes)
        defer { try? other.close() }
        try await TestOneClick.serving(store: file.store) { oneClick in
            let office = try await oneClick.enrolled()
            let (_, run) = try await office.open("run-1")
            _ = try await other.revoke(
                office.answer.installation, by: "ann", now: oneClick.now)
            let error = await syncError { try await office.client.beginLoad(.first, in: run) }
            #expect(error?.message.contains("revoked") == true)
        }
    }
}
