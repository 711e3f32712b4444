import GRDB
import SyncModel
import SyncProtocol
import Synchronization
import Testing

@testable import OneClickStore
@testable import SyncTesting

/// All statements that a store has carried out.
private final class Statements: Sendable {
    private let seen = Mutex<Set<String>>([])

    var all: [String] { seen.withLock { $0.sorted() } }

    /// A store in memory that writes its statements down here.
    func store(_ shapes: Shapes, _ limits: [TableName: RemovalLimits]) throws -> OneClickStore {
        let store = try OneClickStore.test(at: nil, shapes: shapes, limits: limits)
        try store.inDatabase { db in
            db.trace { event in
                guard case .statement(let statement) = event else { return }
                let sql = statement.sql
                self.seen.withLock { _ = $0.insert(sql) }
            }
        }
        return store
    }
}

@Suite("Every statement on a practice's rows finds them by the practice")
struct StatementTests {
    /// Who it is that asks, or what whoever runs OneClick looks at: before any practice is known.
    private static let directory = [
        "SELECT * FROM enrolment_codes WHERE code_digest = ?",
        "UPDATE enrolment_codes SET used_at = ? WHERE code_digest = ?",
        "SELECT i.*, p.time_zone FROM installations",
        "SELECT i.*, p.name, p.installation = i.id AS is_current",
        "SELECT r.*, i.revoked_at FROM runs",
        "INSERT OR IGNORE INTO assertions",
        "DELETE FROM assertions WHERE expires_at < ?",
        "SELECT id FROM practices ORDER BY id",
        "SELECT * FROM audit",
        "SELECT id, public_key FROM vault_keys",
    ]

    @Test("As the database itself says how it looks for them")
    func findsByPractice() async throws {
        let statements = Statements()
        try await exercise(statements)
        let all = statements.all.filter(\.isOnRows)
        #expect(all.count > 100, "the test has seen \(all.count) statements")
        let directory = all.filter { sql in Self.directory.contains { sql.hasPrefix($0) } }
        #expect(directory.count == Self.directory.count, "\(directory)")
        let shapes = StoreConformance.shapes
        let sources = [
            try statements.store(shapes, [:]), try await GrantPractice().store,
        ]
        for sql in all where !directory.contains(sql) {
            let plan = sources.lazy.compactMap { try? Self.plan(of: sql, $0) }.first
            let steps = try #require(plan, "no plan of \(sql)")
            for step in steps where !Self.isNarrowed(step, sql) {
                Issue.record("\(step)\nin \(sql)")
            }
            #expect(!sql.contains("SET practice_id"))
        }
    }

    /// All that a store does.
    private func exercise(_ statements: Statements) async throws {
        let kind = StoreKind("traced") { _, shapes, limits in
            try statements.store(shapes, limits)
        }
        for law in StoreConformance.laws { try await law.check(kind) }
        let history = try await GrantHistory(seed: 1) { try statements.store($0, $1) }
        try await history.play(steps: 150)
        let practice = try await StorePractice(kind)
        let store = try #require(practice.store as? OneClickStore)
        let now = practice.world.now
        _ = try await store.practices()
        _ = try await store.rememberAssertion(
            "x", of: practice.installation, expires: now, now: now)
        _ = try await practice.open()
        _ = try await store.installations(of: nil)
        _ = try await store.revoke(practice.installation.id, by: "ann", now: now)
        _ = try await store.audit(of: practice.id)
        _ = try await store.grants(of: practice.id)
        _ = try await store.erase(practice.id, confirming: "first", by: "ann", now: now)
    }

    private static func plan(of sql: String, _ store: OneClickStore) throws -> [String] {
        try store.inDatabase { db in
            let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
            statement.setUncheckedArguments(StatementArguments())
            return try Row.fetchAll(statement).map { $0["detail"] as String }
        }
    }

    private static func isNarrowed(_ step: String, _ sql: String) -> Bool {
        guard step.hasPrefix("SEARCH ") || step.hasPrefix("SCAN ") else { return true }
        if step.contains("practice_id=?") { return true }
        // The planner may find an installation by its name alone, and look at the practice then.
        if step.contains("installations_by_id (id=?)") { return sql.contains("practice_id = ") }
        // A practice's own row; the schema, which has no rows of anybody; a part of the statement.
        return step.contains("USING INTEGER PRIMARY KEY (rowid=?)")
            || step == "SCAN CONSTANT ROW" || step.hasPrefix("SCAN (subquery")
            || step.contains("VIRTUAL TABLE")
    }
}

extension String {
    /// Of the store's own tables, not the schema's.
    fileprivate var isOnRows: Bool {
        let words = ["SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE"]
        return words.contains { hasPrefix($0) } && !contains("sqlite_") && !contains("pragma_")
    }
}
