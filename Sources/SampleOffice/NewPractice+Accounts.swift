import GRDB

extension NewPractice {
    /// What the lines of a period need to know of it.
    struct Period {
        var start: Day
        var end: Day
        /// An index of `ChartOfAccounts.types`, and one less than the chart's id.
        var type: Int
    }

    /// A chart for each type of period, and one that nobody uses.
    func insertCharts(_ db: Database) throws {
        let chart = try Insertion(db, into: "ap_chart", "name")
        let nominal = try Insertion(db, into: "ap_nominal", NewPeriod.nominalColumns)
        for (index, name) in (ChartOfAccounts.types.map(\.chart) + ["Old chart"]).enumerated() {
            try chart.insert(.text(name))
            for (number, template) in ChartOfAccounts.nominals.enumerated() {
                // In two charts somebody forgot codes.
                let isForgotten = index < 2 && (number == 37 || number == 121)
                try nominal.insert(
                    .integer(index + 1), isForgotten ? nil : .text(template.mainCode),
                    Value(template.subCode), .text(template.description),
                    .text(template.category), .text(template.kind))
            }
        }
    }

    /// One to six periods a client, the latest of which has not ended long ago.
    func insertPeriods(_ db: Database) throws -> [Period] {
        var dice = dice("periods")
        let insertion = try Insertion(db, into: "ap_period", NewPeriod.columns)
        var periods: [Period] = []
        let clients = try Row.fetchCursor(
            db, sql: "SELECT id, contact_type, year_end_month FROM client ORDER BY id")
        while let client = try clients.next() {
            let type = NewPeriod.type(contactType: client["contact_type"], &dice)
            let month: Int = client["year_end_month"]
            let isIndividual = client["contact_type"] == "individual"
            let year = today.civil.year
            var end = isIndividual ? Day(year, 4, 5) : Day.endOfMonth(year, month)
            if end > today { end = end.adding(months: -12) }
            let count = dice.number(1...6)
            for age in (0..<count).reversed() {
                let last = age == 0 ? end : end.adding(months: -12 * age)
                let period = NewPeriod(
                    client: client["id"], type: type, start: last.adding(months: -12) + 1, end: last
                )
                try insertion.insert(
                    period.values(chart: type + 1, isFinal: age > 1, today: today, &dice))
                periods.append(Period(start: period.start, end: last, type: type))
            }
        }
        return periods
    }

    /// Exactly as many lines as were asked for, over periods of very different size.
    func insertTransactions(_ db: Database, periods: [Period]) throws {
        var dice = dice("transactions")
        var lines = LineInsertion(
            try Insertion(db, into: "ap_transaction", NewPeriod.lineColumns), journals)
        let weights = periods.map { _ in dice.pick([0, 1, 2, 3, 4, 5, 8, 30]) }
        let postable = ChartOfAccounts.nominals.indices
            .filter { ChartOfAccounts.nominals[$0].category != ChartOfAccounts.spareCategory }
        let nominals = ChartOfAccounts.types.indices.map { type in
            postable.map { type * ChartOfAccounts.nominals.count + $0 + 1 }
        }
        // Without any weight all lines are the last period's.
        let total = max(1, weights.reduce(0, +))
        var passed = 0
        var written = 0
        for (index, period) in periods.enumerated() {
            passed += weights[index]
            let isLast = index == periods.count - 1
            let left = size.transactions - written
            var share = isLast ? left : size.transactions * passed / total - written
            // A single line cannot balance: it waits for the next period, and none is left behind.
            if share > 0, left - share == 1 { share -= 1 }
            if share == 0 || (share == 1 && !isLast) { continue }
            try lines.fill(
                period: index + 1, from: period.start, to: period.end, count: share,
                nominals: nominals[period.type], &dice)
            written += share
        }
    }
}
