import Foundation
import GRDB
import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol
import Testing

@testable import OneClickClient

/// Two practices, each with data, a held removal, a load and a run under way, and all that belongs
/// to the one presented with all that belongs to the other.
@Suite("Nothing of a practice is read or written in another's name")
struct TenantTests {
    private struct Tenant: Sendable {
        var office: TestInstallation
        var run: OpenRun
        /// Committed before.
        var earlier: OpenRun
        var opened: OpenAnswer
        var load: LoadID
    }

    private func tenant(_ name: String, _ oneClick: TestOneClick) async throws -> Tenant {
        let office = try await oneClick.enrolled(name)
        let (first, earlier) = try await office.open(name + "-1")
        try await office.client.beginLoad(.named(name + "-load-1"), in: earlier)
        try await office.client.ship(
            .clients(1...9, name, of: earlier.id, load: name + "-load-1"), in: earlier)
        _ = try await office.client.commit(
            .ending(name + "-load-1", version: first.version), in: earlier)
        // Eight of nine are gone: held.
        let (second, holding) = try await office.open(name + "-2", lastFence: 1)
        try await office.client.ship(
            .clients(1...1, name, of: holding.id, load: nil), in: holding)
        _ = try await office.client.commit(.ending(nil, version: second.version), in: holding)
        let (opened, run) = try await office.open(name + "-3", lastFence: 2)
        let load = LoadRequest.named(name + "-load-2")
        try await office.client.beginLoad(load, in: run)
        try await office.client.ship(
            .clients(1...9, name, of: run.id, load: load.load.rawValue), in: run)
        return Tenant(office: office, run: run, earlier: earlier, opened: opened, load: load.load)
    }

    /// All rows of a practice, in every table; assertions are written with each request.
    private func rows(
        _ tenant: Tenant, _ oneClick: TestOneClick
    ) async throws -> [String: [String]] {
        let practice = tenant.office.answer.practice
        return try await oneClick.store.read { db in
            let tables = try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM sqlite_schema WHERE type = 'table'
                    AND name NOT LIKE 'sqlite%' AND name <> 'assertions'
                    AND name <> 'vault_keys'
                    """)
            return try Dictionary(
                uniqueKeysWithValues: tables.map { table in
                    let column = table == "practices" ? "id" : "practice_id"
                    let rows = try Row.fetchAll(
                        db, sql: "SELECT * FROM \(table) WHERE \(column) = ?",
                        arguments: [practice.rawValue])
                    return (table, rows.map(\.description).sorted())
                })
        }
    }

    private func serving(
        _ body: @Sendable (TestOneClick, Tenant, Tenant) async throws -> Void
    ) async throws {
        try await TestOneClick.serving { oneClick in
            try await body(
                oneClick, try await tenant("Mine", oneClick), try await tenant("Theirs", oneClick))
        }
    }

    /// Every request of a run, as the SyncWorker sends it.
    private static let requests:
        [(method: String, path: String, body: @Sendable (RunID) throws -> [UInt8])] =
            [
                ("POST", "loads", { _ in try WireJSON.encode(LoadRequest.named("another")) }),
                ("POST", "plans", { _ in Plan.whole.encoded() }),
                (
                    "PUT", "batches/2",
                    { Batch.clients(1...1, "x", of: $0, load: nil, number: 2).encoded() }
                ),
                (
                    "POST", "commit",
                    { _ in try WireJSON.encode(CommitRequest.ending(nil, version: 2)) }
                ),
                ("POST", "abandon", { _ in try WireJSON.encode(AbandonRequest(reason: "test")) }),
            ]

    @Test("A run's token opens no request of another's run")
    func swapsTokens() async throws {
        try await serving { oneClick, mine, theirs in
            let before = try await rows(theirs, oneClick)
            for request in Self.requests {
                for (run, token) in [
                    (theirs.run.id, mine.run.token), (theirs.earlier.id, mine.run.token),
                    (mine.run.id, theirs.earlier.token),
                ] {
                    let answer = try await RawRequest.send(
                        .init(rawValue: request.method),
                        "\(oneClick.url)/sync/v1/runs/\(run)/\(request.path)",
                        try request.body(run), bearer: token)
                    #expect(answer.status == 401, "\(request.path)")
                    #expect(!answer.text.contains("Theirs"))
                }
            }
            #expect(try await rows(theirs, oneClick) == before)
        }
    }

    @Test("The credentials of a run are not those of an installation, nor the other way round")
    func swapsKinds() async throws {
        try await serving { oneClick, mine, theirs in
            let before = try await rows(theirs, oneClick)
            for path in ["status", "runs/\(theirs.run.id)"] {
                let answer = try await RawRequest.get(
                    "\(oneClick.url)/sync/v1/\(path)", bearer: theirs.run.token)
                #expect(answer.status == 401)
            }
            for request in Self.requests {
                let assertion = try await mine.office.key.assertion(
                    for: mine.office.answer.installation, now: oneClick.now)
                let answer = try await RawRequest.send(
                    .init(rawValue: request.method),
                    "\(oneClick.url)/sync/v1/runs/\(theirs.run.id)/\(request.path)",
                    try request.body(theirs.run.id), bearer: assertion)
                #expect(answer.status == 401, "\(request.path)")
            }
            #expect(try await rows(theirs, oneClick) == before)
        }
    }

    @Test("An assertion with another installation's name is not accepted")
    func swapsInstallations() async throws {
        try await serving { oneClick, mine, theirs in
            let before = try await rows(theirs, oneClick)
            let (mineID, theirsID) = (
                mine.office.answer.installation, theirs.office.answer.installation
            )
            for (issuer, subject) in [
                (theirsID, theirsID), (theirsID, mineID), (mineID, theirsID),
            ] {
                for path in ["status", "runs/\(theirs.run.id)"] {
                    let second = oneClick.now.microsecondsSince1970 / 1_000_000
                    let assertion = try await mine.office.key.sign(
                        ClientAssertion(
                            iss: issuer.rawValue, sub: subject.rawValue, aud: "oneclick",
                            exp: Int(second) + 60,
                            iat: Int(second), jti: "\(issuer)\(subject)\(path)"))
                    let answer = try await RawRequest.get(
                        "\(oneClick.url)/sync/v1/\(path)", bearer: assertion)
                    #expect(answer.status == 401)
                    #expect(!answer.text.contains("Theirs"))
                }
            }
            #expect(try await rows(theirs, oneClick) == before)
        }
    }

    @Test("Status and outcomes are one's own")
    func readsItsOwn() async throws {
        try await serving { oneClick, mine, theirs in
            let before = try await rows(theirs, oneClick)
            #expect(try await mine.office.client.status().practiceName == "Mine")
            for run in [theirs.run, theirs.earlier] {
                guard case .aborted(let reason) = try await mine.office.client.state(of: run.id)
                else {
                    Issue.record("another practice's run was found")
                    continue
                }
                #expect(reason.contains("never heard"))
            }
            #expect(try await rows(theirs, oneClick) == before)
        }
    }

    @Test("Runs, loads and batches of another practice's names are one's own")
    func reusesNames() async throws {
        try await serving { oneClick, mine, theirs in
            let before = try await rows(theirs, oneClick)
            // A batch of their load, and a commit that ends it, in a run of mine.
            let batch = Batch.clients(
                1...1, "x", of: mine.run.id, load: theirs.load.rawValue, number: 2)
            let shipped = await syncError { try await mine.office.client.ship(batch, in: mine.run) }
            #expect(shipped?.code == .malformed)
            let ended = await syncError {
                _ = try await mine.office.client.commit(
                    .ending(theirs.load.rawValue, version: mine.opened.version), in: mine.run)
            }
            #expect(ended?.code == .malformed)
            // Their run's name.
            let (_, run) = try await mine.office.open(theirs.run.id.rawValue, lastFence: 3)
            try await mine.office.client.beginLoad(
                .named(theirs.load.rawValue), in: run)
            try await mine.office.client.ship(
                .clients(1...9, "x", of: run.id, load: theirs.load.rawValue), in: run)
            try await mine.office.client.abandon(run, reason: "test")
            #expect(try await rows(theirs, oneClick) == before)
            let state = try await theirs.office.client.state(of: theirs.run.id)
            #expect(state == .open)
        }
    }

    @Test("Answers reach one's own held removals only")
    func answersItsOwn() async throws {
        try await serving { oneClick, mine, theirs in
            let held = try await theirs.office.client.status().exceptions.filter {
                $0.kind == .held
            }
            #expect(held.count == 8, "the test holds removals")
            // Mine are kept, so that none of mine has those keys any more.
            try await answer(mine, .keep, nil)
            let before = try await rows(theirs, oneClick)
            let error = await syncError {
                try await answer(mine, .approve, [Key(99)])
            }
            #expect(error?.code == "held")
            try await answer(mine, .approve, held.map(\.key))
            let lineage = await syncError {
                _ = try await mine.office.client.answer(
                    AnswerRequest(
                        answer: .approve, table: nil, keys: nil, seenAt: nil, person: "me",
                        place: "p1"))
            }
            #expect(lineage?.code == "held")
            #expect(try await rows(theirs, oneClick) == before)
        }

        @Sendable func answer(
            _ tenant: Tenant, _ answer: RemovalAnswer, _ keys: [Key]?
        ) async throws {
            _ = try await tenant.office.client.answer(
                AnswerRequest(
                    answer: answer, table: .clients, keys: keys, seenAt: TestOneClick.midday,
                    person: "me", place: "p1"))
        }
    }
}

extension LoadRequest {
    fileprivate static func named(_ name: String) -> LoadRequest {
        LoadRequest(table: .clients, load: LoadID(rawValue: name), base: .first)
    }
}

extension Plan {
    fileprivate static let whole = Plan(
        table: .clients,
        entries: [
            Plan.Entry(
                range: .everything, except: [],
                content: .probe(count: 0, digest: RowBlock().digest()))
        ])
}

extension Batch {
    /// All clients that there are, with a name of the practice's.
    fileprivate static func clients(
        _ ids: ClosedRange<Int64>, _ name: String, of run: RunID, load: String?, number: Int = 1
    ) -> Batch {
        var rows = RowBlock()
        for id in ids {
            rows.beginRow()
            rows.key(id)
            rows.endKey()
            Array("\(name) \(id)".utf8).withUnsafeBytes { rows.block($0) }
            rows.endRow()
        }
        return Batch(
            table: .clients, run: run, number: number, load: load.map(LoadID.init(rawValue:)),
            mark: Checkpoint.first.mark, covers: load == nil ? [] : [.everything],
            replaces: [
                Replace(range: .everything, except: [], rows: rows.bytes, rowCount: rows.count)
            ])
    }
}

extension CommitRequest {
    fileprivate static func ending(_ load: String?, version: Int) -> CommitRequest {
        CommitRequest(
            version: version, batches: 1,
            tables: [
                .clients: TableCommit(
                    checkpoint: .first, load: load.map(LoadID.init(rawValue:)), refused: [],
                    unchanged: 0, provedUpTo: nil)
            ], mark: Checkpoint.first.mark)
    }
}
