/// A business of a client before it has an id.
struct NewBusiness {
    static let columns = """
        client_id, name, trading_name, kind, vrn, vat_scheme, vat_stagger, nino, mtd_it_id,
        income_source_id, accounting_type, period_start, period_end, commenced_on, ceased_on,
        hmrc_credential_id
        """

    /// In the order of `columns`. Individuals have income tax businesses, others only VAT.
    static func values(
        client: Int, isIndividual: Bool, credentials: [Int], today: Day, _ dice: inout Dice
    ) -> [Value] {
        let kinds = ["vat", "self-employment", "uk-property", "foreign-property"]
        let kind = isIndividual ? dice.pick(kinds) : "vat"
        let name = Names.organisation(&dice, ending: "")
        let credential = dice.chance(percent: 15) ? dice.pickAny(credentials) : nil
        let head: [Value] = [
            .integer(client), .text(name),
            Value(dice.chance(percent: 30) ? Names.organisation(&dice, ending: "") : nil),
            .text(kind),
        ]
        return head + tax(kind, &dice) + dates(kind, today, &dice) + [Value(credential)]
    }

    /// vrn to accounting_type.
    private static func tax(_ kind: String, _ dice: inout Dice) -> [Value] {
        let isBad = dice.chance(percent: NewClient.badPercent)
        if kind == "vat" {
            let vrn = isBad ? UKIdentifiers.Spoiled.vrn(&dice) : UKIdentifiers.vrn(&dice)
            return [
                .text(vrn), .text(dice.pick(["standard", "cash", "flat_rate", "annual"])),
                .text(dice.pick(["A", "B", "C", "monthly"])), nil, nil, nil, nil,
            ]
        }
        let nino = isBad ? UKIdentifiers.Spoiled.nino(&dice) : UKIdentifiers.nino(&dice)
        let taxpayer = isBad ? UKIdentifiers.Spoiled.mtdITID(&dice) : UKIdentifiers.mtdITID(&dice)
        let source =
            isBad ? UKIdentifiers.Spoiled.incomeSource(&dice) : UKIdentifiers.incomeSource(&dice)
        return [
            nil, nil, nil, .text(nino), .text(taxpayer), .text(source),
            .text(dice.pick(["CASH", "ACCRUALS"])),
        ]
    }

    /// period_start to ceased_on.
    private static func dates(_ kind: String, _ today: Day, _ dice: inout Dice) -> [Value] {
        let year = today.civil.year
        let start = kind == "vat" ? Day(year, 1, 1) : Day(year, 4, 6)
        let end = kind == "vat" ? Day(year, 3, 31) : Day(year + 1, 4, 5)
        let commenced = today - dice.number(30...9000)
        let ceased = dice.chance(percent: 4) ? max(commenced, today - dice.number(0...400)) : nil
        return [Value(start), Value(end), Value(commenced), Value(ceased)]
    }
}
