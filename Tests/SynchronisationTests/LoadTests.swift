import SyncEngine
import SyncModel
import SyncTesting
import Testing

@Suite("A load that a later run takes up")
struct LoadTests {
    private func cutOff(_ practice: Practice, at step: World.Step, _ moment: World.Moment)
        async throws
    {
        practice.world.restart()
        practice.world.onStep { at, when, _ in
            if at == step, when == moment { throw World.Crash() }
        }
        #expect(try await practice.run(.full).outcome == .failed)
        practice.world.restart()
    }

    @Test("does not bring back a value that was undone in between")
    func undone() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE contact SET name = 'Mistake' WHERE id = 9")
        try await cutOff(practice, at: .commit, .before)
        // What was shipped is staged; what OneClick's readers see is right again.
        try practice.office("UPDATE contact SET name = 'Client 9' WHERE id = 9")
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.oneClick("clients")["9"]?["name"] == "Client 9")
        #expect(try await practice.differences() == [])
    }

    @Test("does not remove a row that returned in between, nor add one that went")
    func returned() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(
            """
            UPDATE client SET status = 'closed' WHERE id = 9;
            INSERT INTO business (client_id, name, kind) VALUES (1, 'Short-lived', 'vat')
            """)
        try await cutOff(practice, at: .commit, .before)
        try practice.office(
            "UPDATE client SET status = 'active' WHERE id = 9; DELETE FROM business WHERE id = 13")
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }

    @Test("names rows that an earlier run refused")
    func refused() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE ap_nominal SET main_code = NULL WHERE id = 3")
        try await cutOff(practice, at: .commit, .before)
        let record = try await practice.run()
        #expect(record.errors.map(\.code) == ["no_code"])
        #expect(try await practice.differences() == [])
    }

    @Test("is begun anew where Central went back to before it, and a change run does it")
    func broken() async throws {
        let practice = try await Practice()
        try await practice.run()
        let backup = try practice.backUp()
        try await cutOff(practice, at: .commit, .before)
        try practice.restore(backup)
        // The checkpoint's mark is there, the load's is not.
        #expect(try await practice.run().outcome == .held)
        try await practice.answer(.approve, nil)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().outcome == .succeeded)
    }

    @Test("is begun anew where more changed since than is followed key by key")
    func muchChanged() async throws {
        let practice = try await Practice()
        try await practice.run()
        try await cutOff(practice, at: .commit, .before)
        try practice.office("UPDATE ap_transaction SET amount_pence = amount_pence + 1")
        let record = try await practice.run(changesPerRunMax: 40)
        #expect(record.outcome == .succeeded, "\(record.errors)")
        // Nothing that the load had staged is used, and no key is read by itself.
        #expect(practice.world.steps[.beginLoad] == 1)
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().rowsSent == 0)
    }

    @Test("is begun anew where triggers were off, and a change run does it")
    func captureChanged() async throws {
        let practice = try await Practice()
        try await practice.run()
        try await cutOff(practice, at: .commit, .before)
        try practice.office("CREATE TABLE upgrade (id INTEGER)")
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().outcome == .succeeded)
    }
}
