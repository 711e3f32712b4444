/// Writes journals: groups of lines that sum to zero, as every journal does.
struct JournalMaker {
    /// A line before it has a place in a period.
    struct Line {
        var amountPence: Int
        var nominal: Int
    }

    /// What all lines of one journal share.
    struct Heading {
        var kind: String
        var source: String
        var reference: String
        var narrative: String
    }

    static let kinds = [
        "receipt", "payment", "journal", "opening_balance", "restatement", "reversing", "audit",
        "advisor",
    ]

    private static let commonKinds = ["receipt", "payment", "payment", "journal", "journal"]
    private static let sources = ["manual", "import", "bank", "payroll"]

    /// Made once: a text of its own for each of a million lines would take longer than SQLite does.
    private let narratives: [String]
    private let references: [String]

    init() {
        let verbs = [
            "Sales invoice", "Purchase invoice", "Payment to", "Receipt from", "Bank charge",
            "VAT on", "Payroll journal", "Accrual reversal", "Depreciation", "Office rent",
            "Motor expenses", "Dividend to",
        ]
        let parties = [
            "Smith & Co", "Jones Ltd", "O'Neill Plant", "Café Royal", "Barclays", "HMRC",
            "株式会社さくら", "City Council", "Patel Bros", "Wren Kitchens", "Taylor LLP",
            "Elm Street Dental",
        ]
        narratives = verbs.flatMap { verb in
            parties.flatMap { party in (1...8).map { "\(verb) \(party) \($0 * 37)" } }
        }
        references = ["INV", "PAY", "JNL", "RCT"].flatMap { prefix in
            (0..<1000).map { prefix + ($0 * 7919 % 100_000).padded(6) }
        }
    }

    func heading(_ dice: inout Dice) -> Heading {
        let kind = dice.pick(dice.chance(percent: 85) ? Self.commonKinds : Self.kinds)
        return heading(kind: kind, &dice)
    }

    func heading(kind: String, _ dice: inout Dice) -> Heading {
        Heading(
            kind: kind, source: dice.pick(Self.sources), reference: dice.pick(references),
            narrative: dice.pick(narratives))
    }

    /// `count` lines over these nominals that sum to zero; a single line can only be of nothing.
    func lines(_ count: Int, nominals: [Int], _ dice: inout Dice) -> [Line] {
        var lines: [Line] = []
        lines.reserveCapacity(count)
        var sum = 0
        for index in 0..<count {
            let amount = index == count - 1 ? -sum : Self.amount(&dice)
            lines.append(Line(amountPence: amount, nominal: dice.pick(nominals)))
            sum += amount
        }
        return lines
    }

    /// How many lines the next journal has when so many are left to write; never leaves one alone.
    static func size(left: Int, _ dice: inout Dice) -> Int {
        guard left > 3 else { return left }
        let wanted = min(left, dice.pick([2, 2, 2, 2, 2, 3, 3, 4, 6]))
        return left - wanted == 1 ? wanted + 1 : wanted
    }

    /// Pence: many small amounts and a few large ones, on either side.
    private static func amount(_ dice: inout Dice) -> Int {
        let size = dice.pick([1000, 10_000, 10_000, 100_000, 1_000_000])
        let pence = 1 + dice.below(size)
        return dice.chance(percent: 50) ? pence : -pence
    }
}
