import Catalogue
import Foundation
import GRDB
import SyncModel
import SyncTesting
import Testing

@testable import OneClickStore

@Suite("A database of an earlier release")
struct MigrationTests {
    private let folder: TestFolder
    private let path: String
    private let shapes: Shapes

    init() throws {
        folder = try TestFolder()
        path = folder.path(of: "oneclick.db")
        shapes = try Catalogue.standard().shapes
        try Version1.make(path, shapes)
    }

    @Test("It is refused until it is migrated, in words that name the command")
    func isRefused() throws {
        let error = #expect(throws: SyncError.self) {
            _ = try OneClickStore(path: path, shapes: shapes)
        }
        #expect(error?.hint.contains("oneclick migrate --database sqlite:\(path)") == true)
        #expect(error?.message.contains("has not been made ready") == true)
    }

    @Test("Migrated, it has the tables of a new one")
    func hasTheSameTables() throws {
        try OneClickStore.migrate(path: path, shapes: shapes)
        let new = folder.path(of: "new.db")
        try OneClickStore.migrate(path: new, shapes: shapes)
        #expect(try schema(of: path) == schema(of: new))
    }

    @Test("Migrating twice changes nothing")
    func isRepeatable() async throws {
        try OneClickStore.migrate(path: path, shapes: shapes)
        let once = try dump(of: path)
        try OneClickStore.migrate(path: path, shapes: shapes)
        #expect(try dump(of: path) == once)
    }

    @Test("What it held is all there")
    func keepsEverything() async throws {
        let before = try dump(of: path)
        try OneClickStore.migrate(path: path, shapes: shapes)
        let after = try dump(of: path)
        let new = " contested_at:NULL contested_server:NULL taken_over_fence:NULL"
        #expect(
            after["practices"]?.map { $0.replacing(new, with: "") } == before["practices"])
        for table in ["enrolment_codes", "hmrc_credentials", "exceptions"] {
            #expect(after[table] == before[table], "\(table)")
        }
        let store = try OneClickStore(path: path, shapes: shapes)
        defer { try? store.close() }
        #expect(try await store.installation(.init(rawValue: "i-1"))?.isRevoked == true)
        let current = try await store.installation(.init(rawValue: "i-2"))
        #expect(current?.practice == PracticeID(rawValue: 1))
        #expect(current?.publicKey == "key 2")
        #expect(current?.isRevoked == false)
        let state = try await store.state(
            of: RunID(rawValue: "run-5"), practice: PracticeID(rawValue: 1), now: .midday)
        #expect(state == .open)
    }

    @Test("An assertion that was used before is still a replay")
    func remembersAssertions() async throws {
        try OneClickStore.migrate(path: path, shapes: shapes)
        let store = try OneClickStore(path: path, shapes: shapes)
        defer { try? store.close() }
        let assertions = [
            ("i-2", "name", false), ("i-3", "name", true), ("i-3", "other name", false),
        ]
        for (id, name, isNew) in assertions {
            let installation = try #require(
                try await store.installation(InstallationID(rawValue: id)))
            let remembered = try await store.rememberAssertion(
                name, of: installation, expires: .midday + .seconds(300), now: .midday)
            #expect(remembered == isNew, "\(id) \(name)")
        }
    }

    @Test("Answers become entries of the audit, in their order")
    func keepsAnswers() async throws {
        try OneClickStore.migrate(path: path, shapes: shapes)
        let entries = try await DatabaseQueue(path: path).read { db in
            try Audit.entries(db, of: PracticeID(rawValue: 1))
        }
        #expect(entries.map(\.action) == [.removalsApproved, .lineageKept])
        #expect(entries.map(\.person) == ["Ann", "Bob"])
        #expect(entries.map(\.subject) == ["clients", nil])
        #expect(entries.map(\.rows) == [12, 1])
    }

    private func schema(of path: String) throws -> [String] {
        try DatabaseQueue(path: path).read { db in
            try String.fetchAll(
                db, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
            ).map { sql in sql.filter { !$0.isWhitespace } }.sorted()
        }
    }

    /// All rows of every table, as text.
    private func dump(of path: String) throws -> [String: [String]] {
        try DatabaseQueue(path: path).read { db in
            let tables = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
            return try Dictionary(
                uniqueKeysWithValues: tables.map { table in
                    let rows = try Row.fetchAll(db, sql: "SELECT * FROM \(table)")
                    return (table, rows.map(\.description).sorted())
                })
        }
    }
}

extension Version1 {
    /// A file as that release left it. The typed tables have not changed since.
    static func make(_ path: String, _ shapes: Shapes) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            for sql in control { try db.execute(sql: sql) }
            for shape in shapes.tables { try db.execute(sql: TypedTable(shape).createSQL) }
            for sql in StoreSchema.linkIndexes(in: shapes) { try db.execute(sql: sql) }
            for sql in contents { try db.execute(sql: sql) }
            try db.execute(sql: "PRAGMA user_version = 1")
        }
        try queue.close()
    }
}

extension Timestamp {
    static let midday = Timestamp("2026-11-23T12:00:00Z")!
}
