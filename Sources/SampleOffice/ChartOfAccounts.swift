/// The nominals that the sample's charts begin with: about fifty headings with their subdivisions.
enum ChartOfAccounts {
    struct Nominal {
        var mainCode: String
        var subCode: String?
        var description: String
        var category: String
        var kind: String
    }

    /// Nominals of this category are never posted to, so that they may be deleted.
    static let spareCategory = "Spare"

    /// The types of period, each with a chart of its own, and the entities that it may be for.
    static let types: [(type: String, chart: String, entities: [String])] = [
        ("company", "Limited company", ["Limited (FRS 102)", "Limited (FRS 105)"]),
        ("llp", "LLP", ["LLP"]),
        ("partnership", "Partnership", ["Partnership"]),
        ("sole_trader", "Sole trader", ["Sole Trader"]),
        ("charity", "Charity", ["Charity (SORP)", "Charity (receipts and payments)"]),
        ("pension", "Pension scheme", ["Pension Scheme"]),
        ("unincorporated", "Unincorporated", ["Club or Association"]),
    ]

    private static let sections: [(category: String, kind: String, first: Int, names: [String])] = [
        (
            "Income", "profit_and_loss", 1000,
            [
                "Sales", "Fees receivable", "Commissions", "Grants received", "Rents receivable",
                "Other operating income",
            ]
        ),
        (
            "Cost of sales", "profit_and_loss", 2000,
            [
                "Opening stock", "Purchases", "Direct wages", "Subcontractors", "Carriage",
                "Closing stock",
            ]
        ),
        (
            "Overheads", "profit_and_loss", 3000,
            [
                "Wages and salaries", "Employer's NI", "Pension costs", "Rent", "Rates",
                "Insurance",
                "Light and heat", "Repairs", "Telephone", "Postage & stationery", "Motor expenses",
                "Travel", "Entertaining", "Advertising", "Accountancy", "Legal fees",
                "Bank charges", "Bad debts", "Depreciation", "Sundry expenses",
            ]
        ),
        (
            "Assets", "balance_sheet", 5000,
            [
                "Freehold property", "Plant & machinery", "Motor vehicles", "Fixtures & fittings",
                "Goodwill", "Stock", "Trade debtors", "Prepayments", "Bank current account",
                "Petty cash",
            ]
        ),
        (
            "Liabilities", "balance_sheet", 7000,
            [
                "Trade creditors", "Accruals", "PAYE & NI", "VAT", "Corporation tax",
                "Directors' loan accounts", "Bank loans", "Hire purchase",
            ]
        ),
        (
            "Capital and reserves", "balance_sheet", 9000,
            ["Share capital", "Capital accounts", "Drawings", "Dividends", "Retained profits"]
        ),
    ]

    /// The heading of every main code with three subdivisions, and a few spare ones.
    static let nominals: [Nominal] = {
        var all: [Nominal] = []
        for section in sections {
            for (index, name) in section.names.enumerated() {
                let code = (section.first + index * 10).padded(4)
                for sub in 0..<4 {
                    all.append(
                        Nominal(
                            mainCode: code, subCode: sub == 0 ? nil : sub.padded(2),
                            description: sub == 0 ? name : "\(name) (\(sub))",
                            category: section.category, kind: section.kind))
                }
            }
        }
        for index in 0..<6 {
            all.append(
                Nominal(
                    mainCode: (9900 + index).padded(4), subCode: nil,
                    description: "Spare account \(index + 1)", category: spareCategory,
                    kind: "balance_sheet"))
        }
        return all
    }()
}
