import SyncModel
import SyncTesting
import Testing

@Suite("The first synchronisation")
struct FirstSynchronisationTests {
    @Test("carries every row of all eight data sets")
    func everything() async throws {
        let practice = try await Practice()
        let record = try await practice.run()
        #expect(record.errors == [])
        #expect(record.outcome == .succeeded)
        #expect(try await practice.differences() == [])
        #expect(try await practice.oneClick("clients").count == 12)
        #expect(record.dataSets.map(\.added) == [6, 12, 25, 12, 2, 12, 22, 48])
        #expect(record.rowsSent == 139)
    }

    @Test("is followed by one that sends no row", arguments: [RunKind.change, .full])
    func secondRun(kind: RunKind) async throws {
        let practice = try await Practice()
        try await practice.run()
        let record = try await practice.run(kind)
        #expect(record.outcome == .succeeded)
        #expect(record.rowsSent == 0)
        #expect(record.dataSets.allSatisfy { $0.added + $0.changed + $0.removed == 0 })
    }

    @Test("is proved again slice by slice, also where a slice is larger than a batch")
    func rollingVerification() async throws {
        let practice = try await Practice()
        try practice.office(
            """
            WITH RECURSIVE line (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM line WHERE n < 11000)
            INSERT INTO ap_transaction (period_id, nominal_id, amount_pence, kind)
            SELECT 1 + n % 12, 1, n, 'journal' FROM line
            """)
        try await practice.run()
        let record = try await practice.run { $0.verificationRowsMin = 20_000 }
        #expect(record.dataSets.last?.unchanged == 11_048)
        #expect(record.rowsSent == 0)
    }
}
