import GRDB

extension Office {
    /// The year after the client's last one, or its first.
    mutating func addPeriod() throws -> String? {
        guard let client = try row(of: "client") else { return nil }
        let contactType = try text("SELECT contact_type FROM client WHERE id = ?", .integer(client))
        let last = try Row.fetchOne(
            db,
            sql: """
                SELECT period_end, type, chart_id FROM ap_period WHERE client_id = ?
                ORDER BY period_end DESC, id DESC LIMIT 1
                """, arguments: [client])
        let lastEnd = (last?["period_end"] as String?).flatMap { Day($0) }
        let end = lastEnd?.adding(months: 12) ?? Day(today.civil.year - 1, 12, 31)
        let known = ChartOfAccounts.types.firstIndex { $0.type == last?["type"] as String? }
        let type = known ?? NewPeriod.type(contactType: contactType ?? "", &dice)
        let chart = try last?["chart_id"] as Int? ?? row(of: "ap_chart")
        let period = NewPeriod(
            client: client, type: type, start: end.adding(months: -12) + 1, end: end)
        let id = try insert(
            into: "ap_period", NewPeriod.columns,
            period.values(chart: chart, isFinal: false, today: today, &dice))
        return "period \(id) of client \(client) is new"
    }

    mutating func editPeriod() throws -> String? {
        guard let id = try row(of: "ap_period") else { return nil }
        let finalised = dice.chance(percent: 60) ? today.moment(&dice) : nil
        try run(
            "UPDATE ap_period SET finalised_at = ? WHERE id = ?", Value(finalised), .integer(id))
        return "period \(id) is " + (finalised == nil ? "open again" : "finalised")
    }

    mutating func movePeriod() throws -> String? {
        guard let id = try row(of: "ap_period"),
            let client = try anotherClient(than: "ap_period", id)
        else { return nil }
        try run("UPDATE ap_period SET client_id = ? WHERE id = ?", .integer(client), .integer(id))
        return "period \(id) moves to client \(client)"
    }

    mutating func flipMode() throws -> String? {
        guard let id = try row(of: "ap_period") else { return nil }
        try run(
            """
            UPDATE ap_period SET oi_mode =
              CASE oi_mode WHEN 'transactions' THEN 'trial_balance' ELSE 'transactions' END
            WHERE id = ?
            """, .integer(id))
        return "the Open Integration mode of period \(id) is switched"
    }

    mutating func changeChart() throws -> String? {
        guard let id = try row(of: "ap_period"), let chart = try row(of: "ap_chart") else {
            return nil
        }
        try run("UPDATE ap_period SET chart_id = ? WHERE id = ?", .integer(chart), .integer(id))
        return "period \(id) uses chart \(chart)"
    }

    /// A period that was made by mistake: one with few lines.
    mutating func deletePeriod() throws -> String? {
        guard let id = try row(of: "ap_period"),
            try number("SELECT count(*) FROM ap_transaction WHERE period_id = ?", .integer(id))
                ?? 0 <= 500
        else { return nil }
        try run("DELETE FROM ap_transaction WHERE period_id = ?", .integer(id))
        try run("DELETE FROM ap_period WHERE id = ?", .integer(id))
        return "period \(id) is deleted"
    }
}

/// Charts and their nominals.
extension Office {
    /// A chart of a few nominals, for a client with wishes of its own.
    mutating func addChart() throws -> String? {
        let id = try insert(
            into: "ap_chart", "name", [.text(Names.organisation(&dice, ending: "chart"))])
        for template in ChartOfAccounts.nominals.prefix(dice.number(10...40)) {
            _ = try insert(
                into: "ap_nominal", NewPeriod.nominalColumns,
                [
                    .integer(id), .text(template.mainCode), Value(template.subCode),
                    .text(template.description), .text(template.category), .text(template.kind),
                ])
        }
        return "chart \(id) is new"
    }

    /// Some are spare ones; of a hundred, ten have no code yet.
    mutating func addNominal() throws -> String? {
        guard let chart = try row(of: "ap_chart") else { return nil }
        let isSpare = dice.chance(percent: 60)
        let number = try nextID(of: "ap_nominal")
        let id = try insert(
            into: "ap_nominal", NewPeriod.nominalColumns,
            [
                .integer(chart), dice.chance(percent: 10) ? nil : .text("N\(number)"), nil,
                .text("Sundry account \(number)"),
                .text(isSpare ? ChartOfAccounts.spareCategory : "Overheads"), "profit_and_loss",
            ])
        return "nominal \(id) of chart \(chart) is new"
    }

    mutating func editNominal() throws -> String? {
        guard let id = try row(of: "ap_nominal") else { return nil }
        switch dice.below(5) {
        case 0:
            try run("UPDATE ap_nominal SET main_code = NULL WHERE id = ?", .integer(id))
            return "nominal \(id) has lost its code"
        case 1:
            let forgotten = try row(of: "ap_nominal", where: "main_code IS NULL")
            guard let forgotten else { return nil }
            try run(
                "UPDATE ap_nominal SET main_code = ? WHERE id = ?", .text("N\(forgotten)"),
                .integer(forgotten))
            return "nominal \(forgotten) has a code"
        default:
            let name = "\(dice.pick(["Other", "General", "Sundry"])) items \(dice.digits(3))"
            try run("UPDATE ap_nominal SET description = ? WHERE id = ?", .text(name), .integer(id))
            return "nominal \(id) has another description"
        }
    }

    mutating func moveNominal() throws -> String? {
        guard let id = try row(of: "ap_nominal") else { return nil }
        let chart = try number("SELECT chart_id FROM ap_nominal WHERE id = ?", .integer(id))
        guard let other = try row(of: "ap_chart", where: "id <> ?", Value(chart)) else {
            return nil
        }
        try run("UPDATE ap_nominal SET chart_id = ? WHERE id = ?", .integer(other), .integer(id))
        return "nominal \(id) moves to chart \(other)"
    }

    /// Only spare ones: no line was ever posted to them.
    mutating func deleteNominal() throws -> String? {
        let spare = Value.text(ChartOfAccounts.spareCategory)
        guard let id = try row(of: "ap_nominal", where: "category = ?", spare) else { return nil }
        try run("DELETE FROM ap_nominal WHERE id = ?", .integer(id))
        return "nominal \(id) is deleted"
    }
}
