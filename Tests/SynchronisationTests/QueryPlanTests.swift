import Central
import SyncModel
import SyncTesting
import Testing

@Suite("How SQLite carries out the catalogue's queries")
struct QueryPlanTests {
    private func warnings(after change: String) async throws -> [CatalogueWarning] {
        let practice = try await Practice()
        try practice.office(change)
        return try Capture.status(path: practice.path, catalogue: practice.catalogue).warnings
    }

    @Test("the built-in catalogue sorts nothing and reads no whole table for a change")
    func builtIn() async throws {
        #expect(try await warnings(after: "SELECT 1") == [])
    }

    @Test(
        "an index that is missing is warned of",
        arguments: [
            ("ap_transaction_period", "ap_transactions"), ("client_contact", "clients"),
            ("client_team_employee", "client_team"),
        ])
    func missingIndex(index: String, table: String) async throws {
        let found = try await warnings(after: "DROP INDEX \(index)")
        #expect(Set(found.map(\.table.rawValue)) == [table])
        #expect(found.contains { $0.message.contains("reads a whole table") && $0.line > 1 })
    }
}
