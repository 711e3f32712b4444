import GRDB
import SampleOffice
import Testing

@Suite("An office at work")
struct OfficeAtWorkTests {
    static let today = "2026-11-24"

    /// Steps in a transaction each, with what they did.
    static func work(
        _ practice: Practice, seed: UInt64, steps: Int
    ) throws -> [OfficeAtWork.Operation] {
        var office = OfficeAtWork(seed: seed)
        return try practice.queue.writeWithoutTransaction { db in
            try (0..<steps).map { _ in
                var operation: OfficeAtWork.Operation?
                try db.inTransaction {
                    operation = try office.step(db, today: today)
                    return .commit
                }
                return try #require(operation)
            }
        }
    }

    @Test("leaves every reference and every journal in order", arguments: [1, 5, 60])
    func keepsOrder(clients: Int) throws {
        let practice = try Practice(clients: clients, seed: 2)
        for round in 0..<4 {
            _ = try Self.work(practice, seed: UInt64(round), steps: 250)
            #expect(try practice.orphans() == [])
            #expect(try practice.unbalancedJournals() == 0)
        }
        #expect(try practice.number("SELECT count(*) FROM data_security") == 1)
    }

    @Test("does everything there is to do")
    func doesEverything() throws {
        let done = try Self.work(Practice(clients: 60), seed: 3, steps: 3000)
        let missing = Set(OfficeAtWork.Operation.Kind.allCases).subtracting(done.map(\.kind))
        #expect(missing == [])
    }

    @Test("does mostly small things")
    func isMostlySmall() throws {
        let practice = try Practice(clients: 60)
        var office = OfficeAtWork(seed: 11)
        let changes = try (0..<500).map { _ in
            try practice.queue.write { db in
                let before = db.totalChangesCount
                _ = try office.step(db, today: Self.today)
                return db.totalChangesCount - before
            }
        }
        #expect(changes.filter { $0 <= 10 }.count > 450)
        #expect(changes.allSatisfy { $0 > 0 })
    }

    @Test("does the same again for the same seed on the same practice")
    func isReproducible() throws {
        let practices = try [Practice(clients: 20), Practice(clients: 20)]
        let done = try practices.map { try Self.work($0, seed: 5, steps: 400) }
        #expect(done[0] == done[1])
        #expect(try practices[0].content() == practices[1].content())
        let other = try Self.work(Practice(clients: 20), seed: 6, steps: 400)
        #expect(other != done[0])
    }

    @Test("never gives an id twice")
    func neverReusesIDs() throws {
        let practice = try Practice(clients: 20)
        let tables = Practice.tables.filter {
            $0 != "database_info" && $0 != "employee_security_group"
        }
        func ids(_ table: String) throws -> Set<Int> {
            try practice.queue.read { try Int.fetchSet($0, sql: "SELECT id FROM \(table)") }
        }
        var present = try Dictionary(uniqueKeysWithValues: tables.map { ($0, try ids($0)) })
        var ever = present
        for round in 0..<1000 {
            _ = try Self.work(practice, seed: UInt64(round), steps: 1)
            for table in tables {
                let now = try ids(table)
                let before = present[table] ?? []
                #expect(now.subtracting(before).isDisjoint(with: ever[table] ?? []), "\(table)")
                present[table] = now
                ever[table, default: []].formUnion(now)
            }
        }
    }

    @Test("does what it can where there is nothing, or nothing left", arguments: [true, false])
    func worksOnEmptyTables(wasFull: Bool) throws {
        let queue = try DatabaseQueue()
        try queue.write { db in
            if wasFull {
                let options = SampleOffice.Options(clients: 10, seed: 1, today: Self.today)
                _ = try SampleOffice.create(in: db, options)
                for table in Practice.tables { try db.execute(sql: "DELETE FROM \(table)") }
            } else {
                try CentralSchema.create(in: db)
            }
            var office = OfficeAtWork(seed: 4)
            for _ in 0..<500 { _ = try office.step(db, today: Self.today) }
            #expect(try CentralSchema.orphans(in: db).isEmpty)
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM client") ?? 0 > 5)
        }
    }

    @Test("always keeps someone who may open the console")
    func keepsSuperUsers() throws {
        let practice = try Practice(clients: 20)
        _ = try Self.work(practice, seed: 21, steps: 2000)
        let there = try practice.number(
            """
            SELECT count(*) FROM employee
            WHERE is_super_user AND left_on IS NULL AND NOT login_disabled
            """)
        #expect(there == 2)
    }

    @Test("some leave today, some on a day to come, and two share an e-mail")
    func employeesLeave() throws {
        let practice = try Practice(clients: 20)
        var office = OfficeAtWork(seed: 1)
        let queue = practice.queue
        for kind in [OfficeAtWork.Operation.Kind.leaveToday, .leaveLater, .shareEmail] {
            let done = try queue.write { try office.perform(kind, $0, today: Self.today) }
            #expect(done?.kind == kind)
        }
        #expect(
            try practice.number("SELECT count(*) FROM employee WHERE left_on = '2026-11-24'") > 0)
        #expect(
            try practice.number("SELECT count(*) FROM employee WHERE left_on > '2026-11-24'") > 0)
    }
}
