/// An accounting period before it has an id.
struct NewPeriod {
    static let columns = """
        client_id, period_start, period_end, type, entity, master_pack, chart_id, finalised_at,
        oi_mode
        """
    static let nominalColumns = "chart_id, main_code, sub_code, description, category, kind"
    static let lineColumns = """
        period_id, nominal_id, journal_no, line_no, posted_on, reference, narrative, amount_pence,
        kind, source
        """

    var client: Int
    /// An index of `ChartOfAccounts.types`.
    var type: Int
    var start: Day
    var end: Day

    static func type(contactType: String, _ dice: inout Dice) -> Int {
        switch contactType {
        case "limited_company": 0
        case "llp": 1
        case "partnership": 2
        case "individual": 3
        case "charity": 4
        case "trust": dice.chance(percent: 50) ? 5 : 6
        default: 6
        }
    }

    /// In the order of `columns`. A quarter of the periods gives Open Integration a trial balance.
    func values(chart: Int?, isFinal: Bool, today: Day, _ dice: inout Dice) -> [Value] {
        let kind = ChartOfAccounts.types[type]
        let finalised = min(today, end + dice.number(60...270)).moment(&dice)
        return [
            .integer(client), Value(start), Value(end), .text(kind.type),
            .text(dice.pick(kind.entities)), .text("\(kind.chart) master pack"), Value(chart),
            Value(isFinal ? finalised : nil),
            .text(dice.chance(percent: 75) ? "transactions" : "trial_balance"),
        ]
    }
}

/// Writes journals into a period.
struct LineInsertion {
    private let insertion: Insertion
    private let journals: JournalMaker
    /// Days as text, each made once.
    private var days: [Int: String] = [:]

    init(_ insertion: Insertion, _ journals: JournalMaker) {
        (self.insertion, self.journals) = (insertion, journals)
    }

    /// Fills a period that has no lines with `count` of them.
    mutating func fill(
        period: Int, from start: Day, to end: Day, count: Int, nominals: [Int],
        _ dice: inout Dice
    ) throws {
        var left = count
        var number = 0
        while left > 0 {
            let size = JournalMaker.size(left: left, &dice)
            let day = start + dice.number(0...max(0, end.number - start.number))
            number += 1
            try post(
                journals.heading(&dice), journals.lines(size, nominals: nominals, &dice),
                period: period, number: number, on: day)
            left -= size
        }
    }

    /// Posts one journal.
    mutating func post(
        _ heading: JournalMaker.Heading, _ lines: [JournalMaker.Line], period: Int, number: Int,
        on day: Day
    ) throws {
        let postedOn = text(day)
        for (index, line) in lines.enumerated() {
            try insertion.insert(
                .integer(period), .integer(line.nominal), .integer(number), .integer(index + 1),
                .text(postedOn), .text(heading.reference), .text(heading.narrative),
                .integer(line.amountPence), .text(heading.kind), .text(heading.source))
        }
    }

    private mutating func text(_ day: Day) -> String {
        if let text = days[day.number] { return text }
        let text = day.description
        days[day.number] = text
        return text
    }
}
