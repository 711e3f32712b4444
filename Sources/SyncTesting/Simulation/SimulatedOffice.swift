import SyncModel

/// What the office does: transactions over few rows, so that what one does meets what another did.
///
/// Every kind of change that a data set can see is here: rows that move between parents, keys used
/// again, values swapped, OR REPLACE, rows that break a rule and are mended, rows and parents that
/// leave the scope and return, and removals of very many at once.
struct SimulatedOffice {
    let world: SimulatedWorld
    private static let clients = 6
    private static let employees = 5
    private static let periods = 6
    private static let charts = 3

    private func one(_ count: Int) -> Int { 1 + world.random(below: count) }
    private var client: Int { one(Self.clients) }
    private var employee: Int { one(Self.employees) }
    private var period: Int { one(Self.periods) }
    private var chart: Int { one(Self.charts) }
    private var number: Int { world.random(below: 1000) }
    private var today: LocalDate { world.now.dateInUTC }

    // MARK: The beginning

    func opening() -> [String] {
        var work: [String] = []
        for id in 1...Self.employees { work += insertEmployee(id) }
        for id in 1...Self.charts {
            work.append("INSERT INTO ap_chart (id, name) VALUES (\(id), 'Chart \(id)')")
        }
        for id in 1...6 { work += insertNominal(id) }
        for id in 1...Self.clients { work += insertClient(id) }
        for id in 1...Self.periods where id != 4 {
            work += insertPeriod(id) + (1...2).flatMap { insertLine(id * 4 + $0, of: id) }
        }
        for id in 1...8 { work += insertMember(id) + insertBusiness(id) }
        for id in 1...3 { work += insertCredential(id) }
        return work
    }

    private func insertEmployee(_ id: Int) -> [String] {
        [
            """
            INSERT OR REPLACE INTO employee (id, code, first_name, last_name, work_email, office_id,
              is_super_user, oneclick_status)
            VALUES (\(id), 'E\(id)', 'First\(number)', 'Last', 'e\(id)@example.com', 1, \(id % 2),
              'activated')
            """
        ]
    }

    private func insertClient(_ id: Int) -> [String] {
        [
            """
            INSERT OR REPLACE INTO contact (id, name, email)
            VALUES (\(id), 'Client \(number)', 'c\(id)@example.org')
            """,
            """
            INSERT OR REPLACE INTO client (id, code, contact_id, contact_type, office_id, status,
              apply_team_security)
            VALUES (\(id), 'C\(id)', \(id), 'individual', \(one(3)), 'active', \(id % 2))
            """,
        ]
    }

    private func insertMember(_ id: Int) -> [String] {
        [
            """
            INSERT OR REPLACE INTO client_team (id, client_id, employee_id, responsibility)
            VALUES (\(id), \(client), \(employee), '\(world.pick(["manager", "partner"]))')
            """
        ]
    }

    private func insertBusiness(_ id: Int) -> [String] {
        [
            """
            INSERT OR REPLACE INTO business (id, client_id, name, kind, commenced_on)
            VALUES (\(id), \(client), 'Business \(number)', 'vat', '2025-04-06')
            """
        ]
    }

    private func insertCredential(_ id: Int) -> [String] {
        let level = world.pick(["practice", "employee"])
        return [
            """
            INSERT OR REPLACE INTO hmrc_credential (id, level, scope_id, label, access_token,
              refresh_token, granted_at, generation)
            VALUES (\(id), '\(level)', \(level == "employee" ? "\(employee)" : "NULL"), 'Grant',
              'canary-access-\(number)', 'canary-refresh-\(number)', '2026-02-05 09:30:00.123456',
              \(number))
            """
        ]
    }

    private func insertPeriod(_ id: Int) -> [String] {
        let mode = world.random(below: 4) == 0 ? "none" : "transactions"
        return [
            """
            INSERT OR REPLACE INTO ap_period (id, client_id, period_start, period_end, type,
              chart_id, oi_mode)
            VALUES (\(id), \(client), '2025-04-06', '2026-04-05', 'company', \(chart), '\(mode)')
            """
        ]
    }

    private func insertNominal(_ id: Int) -> [String] {
        [
            """
            INSERT OR REPLACE INTO ap_nominal (id, chart_id, main_code, description)
            VALUES (\(id), \(chart), '\(100 + id)', 'Nominal \(number)')
            """
        ]
    }

    private func insertLine(_ id: Int, of period: Int) -> [String] {
        [
            """
            INSERT OR REPLACE INTO ap_transaction (id, period_id, nominal_id, journal_no, line_no,
              posted_on, amount_pence, kind)
            VALUES (\(id), \(period), \(one(6)), \(number), 1, '2025-05-01', \(number * 7 - 3500),
              'journal')
            """
        ]
    }

    // MARK: A day's work

    /// One transaction.
    func transaction() -> [String] {
        if world.random(below: 100) < world.knobs.elsewherePercent {
            return ["UPDATE database_info SET practice_name = 'Practice \(number)'"]
        }
        return work()
    }

    /// One that is about what is carried; nothing of it changes a row that is not there.
    func work() -> [String] {
        if world.strikes(.massRemoval) { return massRemoval() }
        let pieces = 1 + (world.random(below: 4) == 0 ? world.random(below: 3) : 0)
        return (0..<pieces).flatMap { _ in piece() }
    }

    private func piece() -> [String] {
        func has(_ tables: TableName...) -> Bool {
            !world.knobs.tables.isDisjoint(with: tables)
        }
        if hasJumpingClocks, world.random(below: 4) == 0 { return leaving() }
        switch world.random(below: 12) {
        case 0, 1: return people()
        case 2, 3, 4: return clientWork()
        case 5 where has("client_team", "data_security"): return security()
        case 6 where has("businesses", "hmrc_credentials"): return tax()
        case 7...8 where has("ap_periods", "ap_charts", "ap_nominals"): return accounts()
        case 9: return broken()
        case 10...11 where has("ap_transactions"): return lines()
        default: return world.random(below: 3) == 0 ? people() : clientWork()
        }
    }

    /// One of those that the office does in this world.
    private func pick(_ kind: Int, _ choices: [[String]]) -> [String] {
        let done = choices.indices.filter { index in
            world.knobs.office >> UInt64((kind * 13 + index) % 64) & 1 == 1
        }
        return choices[world.pick(done.isEmpty ? Array(choices.indices) : done)]
    }

    private var hasJumpingClocks: Bool {
        world.knobs.faults.keys.contains { $0 == .cloudClock || $0 == .premisesClock }
    }

    /// Dates that a clock passes when it jumps, either way.
    private func leaving() -> [String] {
        let date = today.adding(days: world.random(below: 9) - 4)
        let left = world.random(below: 4) == 0 ? "NULL" : "'\(date)'"
        return ["UPDATE employee SET left_on = \(left) WHERE id = \(employee)"]
    }

    private func people() -> [String] {
        let id = employee
        let date = today.adding(days: world.random(below: 5) - 1)
        return pick(
            0,
            [
                ["UPDATE employee SET first_name = 'F\(number)' WHERE id = \(id)"],
                // The case of a letter and nothing else; a value that moves to the next column.
                ["UPDATE employee SET last_name = upper(last_name) WHERE id = \(id)"],
                ["UPDATE employee SET last_name = lower(last_name) WHERE id = \(id)"],
                ["UPDATE employee SET title = first_name, first_name = title WHERE id = \(id)"],
                ["UPDATE employee SET office_id = NULLIF(0, office_id) WHERE id = \(id)"],
                ["UPDATE employee SET left_on = '\(date)' WHERE id = \(id)"],
                ["UPDATE employee SET left_on = '\(date)' WHERE id % 2 = \(id % 2)"],
                ["UPDATE employee SET left_on = NULL, login_disabled = 0 WHERE id = \(id)"],
                ["UPDATE employee SET login_disabled = 1 - login_disabled WHERE id = \(id)"],
                [
                    """
                    UPDATE employee SET oneclick_status =
                      CASE oneclick_status WHEN 'activated' THEN 'none' ELSE 'activated' END
                    WHERE id = \(id)
                    """
                ],
                ["UPDATE employee SET work_email = 'e\(employee)@EXAMPLE.com ' WHERE id = \(id)"],
                ["UPDATE employee SET work_email = 'e\(id)@example.com' WHERE id = \(id)"],
                ["UPDATE OR REPLACE employee SET code = 'E\(employee)' WHERE id = \(id)"],
                ["DELETE FROM employee WHERE id = \(id)"] + insertEmployee(id),
                insertEmployee(id),
            ])
    }

    private func clientWork() -> [String] {
        let (id, other) = (client, client)
        return pick(
            1,
            [
                ["UPDATE contact SET name = 'Client \(number)' WHERE id = \(id)"],
                ["UPDATE client SET contact_id = \(other) WHERE id = \(id)"],
                ["UPDATE client SET status = 'closed', closed_on = '\(today)' WHERE id = \(id)"],
                ["UPDATE client SET status = 'active', closed_on = NULL WHERE id = \(id)"],
                ["UPDATE client SET status = 'active', closed_on = NULL"],
                [
                    """
                    UPDATE client SET apply_team_security = 1 - apply_team_security
                    WHERE id = \(id)
                    """
                ],
                [
                    "UPDATE client SET code = 'swap' WHERE id = \(id)",
                    "UPDATE OR REPLACE client SET code = 'C\(id)' WHERE id = \(other)",
                    "UPDATE OR REPLACE client SET code = 'C\(other)' WHERE id = \(id)",
                ],
                ["DELETE FROM client WHERE id = \(id)"],
                ["DELETE FROM client WHERE id = \(id)"] + insertClient(id),
                insertClient(id), insertClient(id),
                ["INSERT OR REPLACE INTO contact (id, name) VALUES (\(id), 'Ann \(number)')"],
            ])
    }

    private func security() -> [String] {
        let id = one(8)
        return pick(
            2,
            [
                insertMember(id),
                ["UPDATE client_team SET client_id = \(client) WHERE id = \(id)"],
                ["UPDATE client_team SET employee_id = \(employee) WHERE id = \(id)"],
                ["UPDATE client_team SET allowed = 1 - allowed WHERE id = \(id)"],
                ["DELETE FROM client_team WHERE id = \(id)"],
                ["UPDATE data_security SET by_office = 1 - by_office"],
                ["INSERT OR REPLACE INTO data_security (id, by_office) VALUES (\(one(3)), 0)"],
                ["DELETE FROM data_security WHERE id = 2"],
            ])
    }

    private func tax() -> [String] {
        let (id, grant) = (one(8), one(3))
        return pick(
            3,
            [
                insertBusiness(id),
                ["UPDATE business SET client_id = \(client) WHERE id = \(id)"],
                ["UPDATE business SET name = 'Business \(number)' WHERE id = \(id)"],
                ["DELETE FROM business WHERE id = \(id)"],
                insertCredential(grant),
                [
                    """
                    UPDATE hmrc_credential SET access_token = 'canary-access-\(number)',
                      generation = generation + 1 WHERE id = \(grant)
                    """
                ],
                ["DELETE FROM hmrc_credential WHERE id = \(grant)"],
            ])
    }

    private func accounts() -> [String] {
        let (id, nominal) = (period, one(6))
        return pick(
            4,
            [
                insertPeriod(id),
                ["UPDATE ap_period SET client_id = \(client) WHERE id = \(id)"],
                ["UPDATE ap_period SET chart_id = \(chart) WHERE id = \(id)"],
                [
                    """
                    UPDATE ap_period SET oi_mode =
                      CASE oi_mode WHEN 'none' THEN 'transactions' ELSE 'none' END WHERE id = \(id)
                    """
                ],
                ["DELETE FROM ap_period WHERE id = \(id)"],
                ["DELETE FROM ap_period WHERE id = \(id)"] + insertPeriod(id),
                ["UPDATE ap_chart SET name = 'Chart \(number)' WHERE id = \(chart)"],
                ["DELETE FROM ap_chart WHERE id = \(chart)"],
                ["INSERT OR REPLACE INTO ap_chart (id, name) VALUES (\(chart), 'Chart \(number)')"],
                insertNominal(nominal),
                ["UPDATE ap_nominal SET chart_id = \(chart) WHERE id = \(nominal)"],
                ["DELETE FROM ap_nominal WHERE id = \(nominal)"],
            ])
    }

    private func lines() -> [String] {
        let (id, of) = (1 + world.random(below: 40), period)
        let large = (1 << 53) + 2 * number + 1
        return pick(
            5,
            [
                insertLine(id, of: of), insertLine(id, of: of),
                ["UPDATE ap_transaction SET amount_pence = \(number) WHERE id = \(id)"],
                // Beyond what a floating-point number holds exactly.
                ["UPDATE ap_transaction SET amount_pence = \(large) WHERE id = \(id)"],
                [
                    """
                    UPDATE ap_transaction SET amount_pence = amount_pence + 1
                    WHERE period_id = \(of)
                    """
                ],
                ["UPDATE ap_transaction SET period_id = \(of) WHERE id = \(id)"],
                ["DELETE FROM ap_transaction WHERE id = \(id)"],
                ["DELETE FROM ap_transaction WHERE period_id = \(of)"]
                    + (0..<3).flatMap { insertLine(of * 4 + $0, of: of) },
                ["UPDATE ap_transaction SET narrative = 'Zoë \(number)' WHERE id = \(id)"],
            ])
    }

    /// Rows that break a rule or a type, and the same rows mended.
    private func broken() -> [String] {
        let (id, nominal) = (client, one(6))
        let long = String(repeating: "x", count: 501)
        return pick(
            6,
            [
                ["UPDATE contact SET name = '\(long)' WHERE id = \(id)"],
                ["UPDATE contact SET name = 'Mended \(number)' WHERE length(name) > 500"],
                ["UPDATE employee SET work_email = NULL WHERE id = \(employee)"],
                ["UPDATE employee SET work_email = 'e' || id || '@example.com'"],
                ["UPDATE ap_nominal SET main_code = ' ' WHERE id = \(nominal)"],
                ["UPDATE ap_nominal SET main_code = '1\(nominal)' WHERE id = \(nominal)"],
                ["UPDATE employee SET left_on = 'soon' WHERE id = \(employee)"],
                ["UPDATE employee SET left_on = NULL"],
                ["UPDATE business SET commenced_on = '2026-02-30' WHERE id = \(one(8))"],
                ["UPDATE business SET commenced_on = '2026-02-28'"],
                ["UPDATE ap_transaction SET posted_on = 'never' WHERE id = \(one(40))"],
                ["UPDATE ap_transaction SET posted_on = '2025-05-02'"],
                ["UPDATE client SET apply_team_security = 2 WHERE id = \(id)"],
                ["UPDATE client SET apply_team_security = 0"],
                ["UPDATE ap_period SET finalised_at = 'yesterday' WHERE id = \(period)"],
                ["UPDATE ap_period SET finalised_at = '2026-03-01 10:00:00'"],
            ])
    }

    private func massRemoval() -> [String] {
        let table = world.pick([
            "client", "client_team", "business", "ap_period", "ap_transaction", "ap_nominal",
            "hmrc_credential",
        ])
        return world.pick([
            ["UPDATE client SET status = 'closed' WHERE id <> \(client)"],
            ["UPDATE employee SET oneclick_status = 'none' WHERE id <> \(employee)"],
            ["DELETE FROM \(table) WHERE id % 4 <> 0"],
            ["DELETE FROM \(table)"],
            ["UPDATE ap_period SET oi_mode = 'none'"],
        ])
    }
}
