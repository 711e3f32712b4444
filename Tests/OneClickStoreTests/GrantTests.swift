import Foundation
import GRDB
import SyncModel
import SyncProtocol
import Testing

@testable import Central
@testable import OneClickStore
@testable import SyncTesting

@Suite("An authorisation by HMRC belongs to OneClick once it is handed over")
struct GrantTests {
    typealias Credential = GrantPractice.Credential

    @Test(
        "Each kind of run adopts it, once", arguments: GrantPractice.Kind.allCases, [true, false])
    func adopts(kind: GrantPractice.Kind, isFirst: Bool) async throws {
        let practice = try await GrantPractice()
        if !isFirst {
            try await practice.run(
                .full, "first", rows: [Credential(unauthorised: 7)], now: .midday)
            #expect(try await practice.token(of: 7) == nil)
        }
        let rows = [Credential(7, day: 1, token: "one")]
        try await practice.run(kind, "adopting", rows: rows, keys: [7], now: .midday)
        #expect(try await practice.token(of: 7) == .made(of: "one"))
        try await practice.refresh(7, "two", now: .midday)
        for (number, kind) in (GrantPractice.Kind.allCases + [.full, .change]).enumerated() {
            try await practice.run(kind, "again \(number)", rows: rows, keys: [7], now: .midday)
            #expect(try await practice.token(of: 7) == .made(of: "two"))
        }
        #expect(try await practice.mirrored(7) == "cipher of one")
    }

    @Test("A newer one on the premises takes the place of what OneClick refreshed")
    func adoptsNewer() async throws {
        let practice = try await GrantPractice(with: Credential(7, day: 1, token: "one"))
        try await practice.refresh(7, "two", now: .midday)
        let newer = [
            Credential(7, day: 1, generation: 2, token: "three"),
            Credential(7, day: 2, generation: 1, token: "four"),
        ]
        for credential in newer {
            try await practice.change(credential)
            #expect(try await practice.token(of: 7) == .made(of: credential.token))
        }
        let grant = try await practice.store.grant(of: 7, practice: practice.id)
        #expect(grant?.refreshes == 0)
    }

    @Test("An older one, or the same generation of it, is not adopted")
    func refusesOlder() async throws {
        let practice = try await GrantPractice(
            with: Credential(7, day: 2, generation: 5, token: "one"))
        try await practice.refresh(7, "two", now: .midday)
        for older in [
            Credential(7, day: 2, generation: 4, token: "a"),
            Credential(7, day: 2, generation: 5, token: "b"),
            Credential(7, day: 1, generation: 9, token: "c"),
        ] {
            try await practice.change(older)
            #expect(try await practice.token(of: 7) == .made(of: "two"))
            #expect(try await practice.mirrored(7) == "cipher of \(older.token)")
        }
    }

    @Test("Removed, its tokens are destroyed; returned, it has to be authorised again")
    func outlivesRemoval() async throws {
        let credential = Credential(7, day: 1, token: "one")
        let practice = try await GrantPractice(with: credential)
        try await practice.change(removing: 7)
        var grant = try await practice.store.grant(of: 7, practice: practice.id)
        #expect(grant?.state == .removed)
        #expect(grant?.tokens == nil)
        try await practice.change(credential)
        grant = try await practice.store.grant(of: 7, practice: practice.id)
        #expect(grant?.state == .returned)
        #expect(grant?.tokens == nil)
        let error = await #expect(throws: SyncError.self) {
            try await practice.refresh(7, "two", now: .midday)
        }
        #expect(error?.code == "authorise")
        #expect(error?.hint.contains("must authorise it again") == true)
        try await practice.change(Credential(7, day: 3, token: "three"))
        #expect(try await practice.token(of: 7) == .made(of: "three"))
    }

    @Test("One refresher works at a time, until its lease expires")
    func locks() async throws {
        let practice = try await GrantPractice(with: Credential(7, day: 1, token: "one"))
        let first = try await practice.begin(7, now: .midday)
        let busy = await #expect(throws: SyncError.self) {
            _ = try await practice.begin(7, now: .midday + .seconds(59))
        }
        #expect(busy?.recovery == .retryAfter(.seconds(1)))
        let second = try await practice.begin(7, now: .midday + .seconds(60))
        #expect(second.number > first.number)
        try await practice.store.saveRefreshed(.named("two"), second, now: .midday)
        await #expect(throws: SyncError.self) {
            try await practice.store.saveRefreshed(.named("late"), first, now: .midday)
        }
        #expect(try await practice.token(of: 7) == .made(of: "two"))
    }

    @Test("What HMRC answered is not thrown away because another began meanwhile")
    func savesPastAnother() async throws {
        let practice = try await GrantPractice(with: Credential(7, day: 1, token: "one"))
        let first = try await practice.begin(7, now: .midday)
        let second = try await practice.begin(7, now: .midday + .seconds(60))
        try await practice.store.saveRefreshed(.named("two"), first, now: .midday)
        // The second asked with a token that was spent by then.
        await #expect(throws: SyncError.self) {
            try await practice.store.markRevoked(second, now: .midday)
        }
        #expect(try await practice.token(of: 7) == .made(of: "two"))
    }

    @Test("An authorisation from the future keeps no right one out")
    func fromTheFuture() async throws {
        let practice = try await GrantPractice(with: Credential(7, day: 1, token: "one"))
        try await practice.change(Credential(7, day: 20_000, token: "far"))
        #expect(try await practice.token(of: 7) == .made(of: "one"))
        try await practice.change(Credential(7, day: 2, token: "two"))
        #expect(try await practice.token(of: 7) == .made(of: "two"))
    }

    @Test("A credential that is held is not used, and keeps its tokens")
    func inDoubt() async throws {
        let practice = try await GrantPractice(with: Credential(7, day: 1, token: "one"))
        let id = practice.id.rawValue
        try practice.store.inDatabase { db in
            try db.execute(
                sql: """
                    INSERT INTO exceptions (practice_id, table_name, path, key, kind, code, message,
                      hint, since, row_count)
                    VALUES (?, 'hmrc_credentials', ?, '[7]', 'held', 'held', '', '', '', 1)
                    """, arguments: [id, Data(Key(7).bytes)])
        }
        let error = await #expect(throws: SyncError.self) {
            _ = try await practice.begin(7, now: .midday)
        }
        #expect(error?.code == "in_doubt")
        #expect(try await practice.token(of: 7) == .made(of: "one"))
        try practice.store.inDatabase { try $0.execute(sql: "DELETE FROM exceptions") }
        _ = try await practice.begin(7, now: .midday)
    }

    @Test("A pair is saved even late, where nobody else began; again, it changes nothing")
    func savesLate() async throws {
        let practice = try await GrantPractice(with: Credential(7, day: 1, token: "one"))
        let lease = try await practice.begin(7, now: .midday)
        let late = Timestamp.midday + .seconds(3600)
        for _ in 0..<2 {
            try await practice.store.saveRefreshed(.named("two"), lease, now: late)
        }
        let grant = try await practice.store.grant(of: 7, practice: practice.id)
        #expect(grant?.refreshes == 1)
        #expect(grant?.refreshedAt == late)
        await #expect(throws: SyncError.self) {
            try await practice.store.saveRefreshed(.named("three"), lease, now: late)
        }
    }

    @Test("A refresh under way is thrown away when a newer authorisation comes", arguments: [0, 1])
    func losesToAdoption(ending: Int) async throws {
        let practice = try await GrantPractice(with: Credential(7, day: 1, token: "one"))
        let lease = try await practice.begin(7, now: .midday)
        try await practice.change(Credential(7, day: 2, token: "new"))
        let error = await #expect(throws: SyncError.self) {
            if ending == 0 {
                try await practice.store.saveRefreshed(.named("old"), lease, now: .midday)
            } else {
                try await practice.store.markRevoked(lease, now: .midday)
            }
        }
        #expect(error?.code == "lease")
        #expect(try await practice.token(of: 7) == .made(of: "new"))
    }

    @Test("Given back, a lease makes room at once")
    func givesBack() async throws {
        let practice = try await GrantPractice(with: Credential(7, day: 1, token: "one"))
        let lease = try await practice.begin(7, now: .midday)
        try await practice.store.giveBack(lease)
        _ = try await practice.begin(7, now: .midday)
        #expect(try await practice.token(of: 7) == .made(of: "one"))
    }

    @Test("Refused by HMRC, the tokens go and the practice must authorise again")
    func ends() async throws {
        let practice = try await GrantPractice(with: Credential(7, day: 1, token: "one"))
        try await practice.store.markRevoked(
            try await practice.begin(7, now: .midday), now: .midday)
        let grant = try await practice.store.grant(of: 7, practice: practice.id)
        #expect(grant?.state == .ended)
        #expect(grant?.tokens == nil)
        let error = await #expect(throws: SyncError.self) {
            _ = try await practice.begin(7, now: .midday)
        }
        #expect(error?.code == "authorise")
    }

    @Test("A grant's place is the one with which the premises seal its tokens")
    func namesPlaces() async throws {
        let practice = try await GrantPractice(with: Credential(7, day: 1, token: "one"))
        let grant = try #require(try await practice.store.grant(of: 7, practice: practice.id))
        let sealer = try Sealer(
            practice: practice.id, vault: TestVault.key, fingerprintKey: [1, 2, 3])
        let sealed = try sealer.seal(
            Array("secret".utf8), table: Grants.table, key: Key(7), column: "refresh_token")
        let opened = try Sealing.open(
            sealed.cipher, with: TestVault.privateKey, at: grant.place(of: "refresh_token"))
        #expect(String(decoding: opened, as: UTF8.self) == "secret")
    }

    @Test("No history puts an older token back", arguments: 1...25)
    func keepsOrder(seed: UInt64) async throws {
        try await GrantHistory(seed: seed).play(steps: 150)
    }

    @Test("The random histories do all that they are meant to")
    func historiesAreVaried() async throws {
        var happened: [String: Int] = [:]
        for seed in 1...5 as ClosedRange<UInt64> {
            let history = try await GrantHistory(seed: seed)
            try await history.play(steps: 150)
            happened.merge(history.happened, uniquingKeysWith: +)
        }
        for what in [
            "authorised", "came back", "restored", "change", "full", "adopted", "destroyed",
            "returned", "begun", "refreshing", "authorise", "refreshed", "revoked", "lost",
        ] {
            #expect(happened[what, default: 0] >= 5, "\(what)")
        }
    }
}

extension GrantPractice {
    /// With this credential, and one more that is always there.
    init(with credential: Credential) async throws {
        try await self.init()
        try await run(
            .full, "first", rows: [credential, Credential(99, day: 0, token: "other")],
            now: .midday)
    }

    func change(_ credential: Credential) async throws {
        try await run(
            .change, "to \(credential)", rows: [credential], keys: [credential.id], now: .midday)
    }

    func change(removing id: Int64) async throws {
        try await run(.change, "without \(id)", rows: [], keys: [id], now: .midday)
    }

    func begin(_ credential: Int64, now: Timestamp) async throws -> RefreshLease {
        try await store.beginRefresh(
            of: credential, practice: id, lasting: .seconds(60), now: now)
    }

    func refresh(_ credential: Int64, _ name: String, now: Timestamp) async throws {
        try await store.saveRefreshed(
            .named(name), try await begin(credential, now: now), now: now)
    }

    /// The cipher text of the synchronised row.
    func mirrored(_ credential: Int64) async throws -> String? {
        let id = id
        return try await store.read { db in
            let bytes = try Data.fetchOne(
                db,
                sql: "SELECT refresh_token FROM hmrc_credentials WHERE practice_id = ? AND id = ?",
                arguments: [id.rawValue, credential])
            return bytes.map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
