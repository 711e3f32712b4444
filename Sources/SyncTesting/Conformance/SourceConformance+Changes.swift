import Catalogue
import SyncEngine
import SyncModel
import SyncProtocol

extension SourceConformance {
    static let changeLaws: [Law<CentralKind>] = [
        Law("every row that differs from a checkpoint lies in an affected range") { kind in
            for seed in 1...20 as ClosedRange<UInt64> {
                try await namesEveryChange(try await OpenCentral(kind.office(8, seed)), seed)
            }
        },
        Law("days that pass, or are taken back, affect the rows whose dates they cross") { kind in
            try await namesRowsOfTheClock(try await OpenCentral(kind.office(12, 9)))
        },
        Law("a value that a passing date sets free, or takes again, affects whoever shares it") {
            kind in
            let it = try await OpenCentral(kind.office(4, 9))
            try await it.central.office(
                """
                UPDATE employee SET oneclick_status = 'activated', login_disabled = 0,
                  left_on = NULL, work_email = 'e' || id || '@example.com';
                UPDATE employee SET left_on = '2026-11-25', work_email = 'shared@example.com'
                WHERE id = 1;
                UPDATE employee SET work_email = 'shared@example.com' WHERE id = 2;
                """)
            try await checkDays(it, -1...2)
        },
        Law("where nothing changed nothing is affected") { kind in
            let it = try await OpenCentral(kind.office(4, 10))
            let checkpoints = it.checkpoints(try await it.pin())
            try await it.pin(checkpoints)
            try requireEqual(try await it.affected(checkpoints, Practice.today), [:], "affected")
        },
    ]

    /// An office at work, dates that go on and back, and checkpoints as old as one likes.
    private static func namesEveryChange(_ it: OpenCentral, _ seed: UInt64) async throws {
        let world = World(seed: seed, today: Practice.today)
        var office = TestOffice(seed: seed)
        var earlier: [Moment] = []
        for _ in 0..<10 {
            let asOf = world.today.adding(days: world.random(below: 9) - 4)
            let now = try await Moment(it, asOf: asOf)
            for before in earlier { try await check(it, from: before, to: now, seed) }
            earlier = (earlier + [now]).suffix(3)
            try await it.central.work(
                &office, steps: world.random(below: 8), today: world.today)
            for _ in 0..<world.random(below: 4) { try await it.central.office(rareWork(world)) }
        }
    }

    /// What an office does too rarely for a random history to come upon it.
    private static func rareWork(_ world: World) -> String {
        let (one, other) = (1 + world.random(below: 8), 1 + world.random(below: 8))
        return world.pick([
            """
            UPDATE client SET status = CASE status WHEN 'closed' THEN 'active' ELSE 'closed' END
            WHERE id = \(one)
            """,
            "UPDATE ap_period SET client_id = \(other) WHERE client_id = \(one)",
            "UPDATE ap_period SET chart_id = 1 + chart_id % 2 WHERE client_id = \(one)",
            """
            UPDATE ap_period
            SET oi_mode = CASE oi_mode WHEN 'transactions' THEN 'trial_balance'
              ELSE 'transactions' END
            WHERE client_id = \(one)
            """,
            "UPDATE business SET client_id = \(other) WHERE client_id = \(one)",
            "UPDATE client_team SET client_id = \(other) WHERE client_id = \(one)",
            "UPDATE client_team SET employee_id = \(other) WHERE client_id = \(one)",
            "UPDATE client SET contact_id = \(other) WHERE id = \(one)",
            "UPDATE employee SET login_disabled = 1 - login_disabled WHERE id = \(one)",
            "UPDATE hmrc_credential SET level = 'employee', scope_id = \(one)",
            "UPDATE client SET id = 100 + id WHERE id = \(one)",
            "UPDATE ap_period SET id = 100 + id WHERE client_id = \(one)",
        ])
    }

    private static func namesRowsOfTheClock(_ it: OpenCentral) async throws {
        try await it.central.office(
            """
            UPDATE employee SET oneclick_status = 'activated', login_disabled = 0, left_on = NULL,
              work_email = 'e' || id || '@example.com';
            UPDATE employee SET left_on = '2026-11-25' WHERE id % 4 = 1;
            UPDATE employee SET left_on = '2026-11-27' WHERE id % 4 = 2;
            UPDATE employee SET left_on = 'soon' WHERE id % 4 = 3;
            INSERT INTO hmrc_credential (level, scope_id, label, generation)
            SELECT 'employee', id, 'Own', 1 FROM employee;
            """)
        try await checkDays(it, -1...5)
    }

    /// From every day to every other, forwards and back.
    private static func checkDays(_ it: OpenCentral, _ days: ClosedRange<Int>) async throws {
        var moments: [Moment] = []
        for day in days {
            moments.append(try await Moment(it, asOf: Practice.today.adding(days: day)))
        }
        var seen = 0
        for before in moments {
            for after in moments { seen += try await check(it, from: before, to: after, 0) }
        }
        try require(seen > 0, "no date took effect")
    }

    /// What was refused at the checkpoint need not be named: every run reads exceptions again.
    ///
    /// - Returns: how many rows differ.
    @discardableResult
    private static func check(
        _ it: OpenCentral, from before: Moment, to now: Moment, _ seed: UInt64
    ) async throws -> Int {
        let affected = try await it.affected(before.checkpoints, now.asOf)
        var count = 0
        for table in it.tables.map(\.name) {
            let ranges = affected[table] ?? []
            try require(
                ranges.merged() == ranges, "ranges of \(table) are not in order: \(ranges)")
            let (old, new) = (before.everything[table] ?? [:], now.everything[table] ?? [:])
            for key in new.differing(from: old) {
                count += 1
                if case .refused? = old[key] { continue }
                try require(
                    ranges.contains { $0.contains(key) },
                    "\(table) \(key) is not affected between \(before.asOf) and \(now.asOf) "
                        + "(seed \(seed)): \(String(describing: old[key])) became "
                        + String(describing: new[key]))
            }
        }
        return count
    }
}

/// A pinned snapshot with everything in it.
private struct Moment {
    var asOf: LocalDate
    var checkpoints: [TableName: Checkpoint]
    var everything: [TableName: [Key: Content]]

    init(_ it: OpenCentral, asOf: LocalDate) async throws {
        self.asOf = asOf
        checkpoints = it.checkpoints(try await it.pin(), asOf: asOf)
        everything = try await it.everything(asOf: asOf)
    }
}

extension OpenCentral {
    /// What may differ from the checkpoints, of every table of which anything may.
    func affected(
        _ checkpoints: [TableName: Checkpoint], _ asOf: LocalDate
    ) async throws -> [TableName: [KeyRange]] {
        var affected: [TableName: [KeyRange]] = [:]
        for (table, checkpoint) in checkpoints {
            let ranges = try await source.affected(table, since: checkpoint, asOf: asOf)
            if !ranges.isEmpty { affected[table] = ranges }
        }
        return affected
    }
}

extension LocalDate {
    func adding(days: Int) -> LocalDate { LocalDate(daysSince1970: daysSince1970 + Int64(days)) }
}
