import SyncEngine
import SyncModel
import SyncTesting
import Testing

@Suite("What a person reads about removals")
struct RemovalWordsTests {
    /// Eight clients are gone with all that hangs on them, and five of six employees.
    private func held() async throws -> Practice {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(
            RemovalGuardTests.closeMost + """
                ; UPDATE employee SET oneclick_status = 'pending' WHERE id < 6
                """)
        #expect(try await practice.run().outcome == .held)
        return practice
    }

    private func message(
        _ practice: Practice, _ table: TableName, _ key: Key
    ) async throws -> String? {
        try await practice.exceptions().first { $0.table == table && $0.key == key }?.message
    }

    @Test("names it by its label, or by that of what it hangs on")
    func labels() async throws {
        let practice = try await held()
        #expect(
            try await message(practice, "employees", Key(4))
                == "First4 Last4 (E4) (employees 4) is gone from Central, with so many others that "
                + "its removal waits for an answer.")
        #expect(
            try await message(practice, "businesses", Key(3))
                == "businesses below 3 of Client 3 (C3) waits with Client 3 (C3) (clients 3), "
                + "whose fate it shares.")
        #expect(
            try await message(practice, "ap_transactions", Key(3))?.contains("of Client 3 (C3)")
                == true)
    }

    @Test("names all below one parent by that")
    func prefixes() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(HeldPrefixTests.switchMost)
        try await practice.run()
        #expect(
            try await message(practice, "ap_transactions", Key(3))
                == "All 4 rows of ap_transactions below 3 of Client 3 (C3) are gone from Central: "
                + "their removal waits for an answer.")
    }

    @Test("says of what is kept that a person decided it, and of what hangs on it")
    func kept() async throws {
        let practice = try await held()
        for table in ["clients", "employees"] as [TableName] {
            try await practice.answer(.keep, table)
        }
        for _ in 0..<2 {
            let exceptions = try await practice.exceptions()
            #expect(exceptions.allSatisfy { $0.kind == .kept })
            #expect(exceptions.allSatisfy { $0.message.contains("a person decided") })
            #expect(!exceptions.contains { $0.hint.contains("held") })
            try await practice.run()
        }
        try await practice.answer(.approve, "clients", keys: [Key(3)])
        #expect(
            try await message(practice, "businesses", Key(3))?.contains("waits with") == true)
    }
}
