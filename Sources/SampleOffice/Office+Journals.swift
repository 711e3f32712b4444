import GRDB

extension Office {
    private static let hasLines =
        "EXISTS (SELECT 1 FROM ap_transaction AS t WHERE t.period_id = ap_period.id)"
    private static let hasNominals = """
        EXISTS (SELECT 1 FROM ap_nominal AS n
                WHERE n.chart_id = ap_period.chart_id
                  AND coalesce(n.category, '') <> '\(ChartOfAccounts.spareCategory)')
        """

    mutating func postJournal() throws -> String? {
        guard let id = try row(of: "ap_period", where: Self.hasNominals) else { return nil }
        let number = try nextJournal(in: id)
        let count = JournalMaker.size(left: 100, &dice)
        let lines = journals.lines(count, nominals: try nominals(of: id), &dice)
        let (start, end) = try dates(of: id)
        let day = start + dice.number(0...max(0, end.number - start.number))
        var insertion = try lineInsertion()
        try insertion.post(
            journals.heading(&dice), lines, period: id, number: number, on: day)
        return "journal \(number) of \(count) lines is posted in period \(id)"
    }

    /// Anything but the amount, which the journal's other lines depend on.
    mutating func editLine() throws -> String? {
        guard let id = try row(of: "ap_transaction") else { return nil }
        let heading = journals.heading(&dice)
        if dice.chance(percent: 70) {
            try run(
                "UPDATE ap_transaction SET narrative = ?, reference = ? WHERE id = ?",
                .text(heading.narrative), .text(heading.reference), .integer(id))
            return "line \(id) has another narrative"
        }
        let period = try number("SELECT period_id FROM ap_transaction WHERE id = ?", .integer(id))
        guard let period, let nominal = dice.pickAny(try nominals(of: period)) else { return nil }
        try run(
            "UPDATE ap_transaction SET nominal_id = ? WHERE id = ?", .integer(nominal), .integer(id)
        )
        return "line \(id) is posted to nominal \(nominal)"
    }

    mutating func deleteJournal() throws -> String? {
        guard let (period, number) = try journal() else { return nil }
        try run(
            "DELETE FROM ap_transaction WHERE period_id = ? AND journal_no = ?", .integer(period),
            .integer(number))
        return "journal \(number) of period \(period) is deleted"
    }

    /// All lines of a journal at once: those left behind would not balance.
    mutating func moveJournal() throws -> String? {
        guard let (period, number) = try journal(),
            let other = try row(of: "ap_period", where: "id <> ?", .integer(period))
        else { return nil }
        let newNumber = try nextJournal(in: other)
        try run(
            """
            UPDATE ap_transaction SET period_id = ?, journal_no = ?
            WHERE period_id = ? AND journal_no = ?
            """, .integer(other), .integer(newNumber), .integer(period), .integer(number))
        return "journal \(number) of period \(period) moves to period \(other)"
    }

    /// An import writes a whole period anew, about as long as it was.
    mutating func replaceLines() throws -> String? {
        guard let id = try row(of: "ap_period", where: Self.hasNominals) else { return nil }
        let old = try number(
            "SELECT count(*) FROM ap_transaction WHERE period_id = ?", .integer(id))
        let count = max(2, (old ?? 0) + dice.number(-5...20))
        let (start, end) = try dates(of: id)
        let nominals = try nominals(of: id)
        try run("DELETE FROM ap_transaction WHERE period_id = ?", .integer(id))
        var insertion = try lineInsertion()
        try insertion.fill(
            period: id, from: start, to: end, count: count, nominals: nominals, &dice)
        return "the lines of period \(id) are replaced by \(count) others"
    }

    // MARK: Of a period

    /// Some journal of some period.
    private mutating func journal() throws -> (period: Int, number: Int)? {
        guard let period = try row(of: "ap_period", where: Self.hasLines) else { return nil }
        let numbers = try numbers(
            """
            SELECT DISTINCT journal_no FROM ap_transaction
            WHERE period_id = ? AND journal_no IS NOT NULL ORDER BY journal_no
            """, .integer(period))
        return dice.pickAny(numbers).map { (period, $0) }
    }

    private func nextJournal(in period: Int) throws -> Int {
        let last = try number(
            "SELECT max(journal_no) FROM ap_transaction WHERE period_id = ?", .integer(period))
        return (last ?? 0) + 1
    }

    /// Where lines of this period may be posted.
    private func nominals(of period: Int) throws -> [Int] {
        try numbers(
            """
            SELECT n.id FROM ap_period AS p CROSS JOIN ap_nominal AS n ON n.chart_id = p.chart_id
            WHERE p.id = ? AND coalesce(n.category, '') <> ? ORDER BY n.id
            """, .integer(period), .text(ChartOfAccounts.spareCategory))
    }

    private func dates(of period: Int) throws -> (start: Day, end: Day) {
        let row = try Row.fetchOne(
            db, sql: "SELECT period_start, period_end FROM ap_period WHERE id = ?",
            arguments: [period])
        let end = (row?["period_end"] as String?).flatMap { Day($0) } ?? today
        let start = (row?["period_start"] as String?).flatMap { Day($0) } ?? end - 364
        return (start, end)
    }

    private func lineInsertion() throws -> LineInsertion {
        LineInsertion(try Insertion(db, into: "ap_transaction", NewPeriod.lineColumns), journals)
    }
}
