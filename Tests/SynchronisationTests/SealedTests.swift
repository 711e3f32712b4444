import GRDB
import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol
import SyncTesting
import Testing
import Vault

@Suite("What is sealed")
struct SealedTests {
    private let table: TableName = "hmrc_credentials"

    private struct Office {
        let practice: Practice
        let file: VaultFile

        init() async throws {
            practice = try await Practice(isOneClickInFile: true)
            file = VaultFile(besides: practice.oneClickPath!)
            try file.makeIfMissing()
            try setKey(try file.read())
        }

        func setKey(_ vault: Vault) throws {
            try OneClickStore.setVaultKey(
                vault.publicKey, path: practice.oneClickPath!, by: "test", now: practice.world.now)
        }

        /// Those of the synchronised rows; what was adopted stays as it was handed over.
        func values() async throws -> [OneClickStore.Sealed] {
            let all = try await practice.cloud.store.sealedValues()
            return Array(all.prefix(4))
        }
    }

    @Test("is sealed anew to a new key with the next change run, and only once")
    func rotated() async throws {
        let office = try await Office()
        try await office.practice.run()
        let before = try await office.values()
        #expect(before.count == 4)
        let vault = try office.file.rotate(publish: office.setKey)

        let record = try await office.practice.run()
        #expect(record.outcome == .succeeded)
        #expect(record.notes.contains { $0.contains("OneClick's vault has another key") })
        #expect(record.rowsSent == 2)
        let after = try await office.values()
        #expect(after.map(\.place) == before.map(\.place))
        #expect(Set(after.map(\.value.vaultKey)) == [vault.publicKey.id])
        let adopted = try await office.practice.cloud.store.sealedValues().dropFirst(4)
        #expect(Set(adopted.map(\.value)) == Set(before.map(\.value)))
        let secrets = try after.map {
            String(decoding: try vault.open($0.value, at: $0.place), as: UTF8.self)
        }
        #expect(Set(secrets) == ["access-canary", "refresh-canary", "a2", "r2"])
        #expect(try await office.practice.run().rowsSent == 0)
    }

    @Test("and comes with a load that was begun under the key before is not mixed with it")
    func rotatedUnderLoad() async throws {
        let office = try await Office()
        let world = office.practice.world
        world.onStep { step, moment, _ in
            if step == .commit, moment == .before { throw World.Crash() }
        }
        try await office.practice.run()
        world.restart()
        let vault = try office.file.rotate(publish: office.setKey)
        #expect(try await office.practice.run().outcome == .succeeded)
        let keys = Set(try await office.values().map(\.value.vaultKey))
        #expect(keys == [vault.publicKey.id])
    }

    @Test("and was swapped between two rows is found, and a full mends what digests can see")
    func swapped() async throws {
        let office = try await Office()
        try await office.practice.run()
        let vault = try office.file.read()
        func wrong() async throws -> Int {
            try await office.values().count { sealed in
                (try? vault.open(sealed.value, at: sealed.place)) == nil
            }
        }
        #expect(try await wrong() == 0)
        try await swap(office, ["access_token"])
        #expect(try await wrong() == 2)
        try await swap(office, ["access_token"])
        try await swap(office, ["access_token", "access_token_fingerprint"])
        #expect(try await wrong() == 2)
        // With its fingerprint a value is another one to the digests, too.
        #expect(try await office.practice.run(.full).rowsSent == 2)
        #expect(try await wrong() == 0)
    }

    private func swap(_ office: Office, _ columns: [String]) async throws {
        let queue = try DatabaseQueue(path: office.practice.oneClickPath!)
        try await queue.write { [table] db in
            let list = columns.joined(separator: ", ")
            let rows = try Row.fetchAll(db, sql: "SELECT id, \(list) FROM \(table) ORDER BY id")
            #expect(rows.count == 2)
            for (row, other) in zip(rows, rows.reversed()) {
                for column in columns {
                    try db.execute(
                        sql: "UPDATE \(table) SET \(column) = ? WHERE id = ?",
                        arguments: [other[column] as DatabaseValue, row["id"] as DatabaseValue])
                }
            }
        }
        try queue.close()
    }
}
