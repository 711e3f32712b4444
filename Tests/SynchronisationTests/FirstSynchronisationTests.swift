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
}
