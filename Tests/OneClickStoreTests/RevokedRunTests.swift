import SyncEngine
import SyncModel
import SyncTesting
import Testing

@testable import OneClickStore

@Suite("A run whose installation is revoked meanwhile")
struct RevokedRunTests {
    private static let steps: [World.Step] = [.pin, .mark, .beginLoad, .ship, .commit]

    @Test("It fails in the words of the refusal, and nothing of it is applied", arguments: steps)
    func fails(step: World.Step) async throws {
        let practice = try await Practice()
        let store = practice.cloud.store
        practice.world.onStep { at, moment, number in
            guard at == step, moment == .before, number == 1 else { return }
            try store.inDatabase { db in
                _ = try Installations(db: db).revoke(
                    InstallationID(rawValue: "installation"), by: "ann", now: .midday)
            }
        }
        let record = try await practice.run()
        #expect(record.outcome == .failed)
        #expect(
            record.errors.map(\.message) == ["This installation has been revoked in OneClick."])
        #expect(record.errors.first?.hint.contains("enrol it again with a new code") == true)
        #expect(record.errors.first?.passes == false)
        let status = try await store.status(practice: practice.id)
        #expect(status.version == 0)
    }
}
