import SampleOffice
import Testing

/// One form of identifier: how it is checked, how it is made, where it stands.
struct Form: Sendable, CustomTestStringConvertible {
    var name: String
    var check: @Sendable (String) -> Bool
    var make: @Sendable (inout Dice) -> String
    var good: [String]
    var bad: [String]

    var testDescription: String { name }

    static let all = [
        Form(
            name: "UTR", check: IdentifierChecks.utr, make: UKIdentifiers.utr,
            good: ["1123456789", "1955839661", "3887997235", "1123456789K"], bad: ["2955839661"]),
        Form(
            name: "VRN", check: IdentifierChecks.vrn, make: UKIdentifiers.vrn,
            good: ["101747696", "245719348", "333289454", "100000034", "GB101747696"],
            bad: ["123456789", "553557881"]),
        Form(
            name: "NINO", check: IdentifierChecks.nino, make: UKIdentifiers.nino,
            good: ["AA123456A", "CE123456D"], bad: ["QQ123456A", "BG123456A", "AO123456A"]),
        Form(
            name: "ARN", check: IdentifierChecks.arn, make: UKIdentifiers.arn,
            good: ["TARN0000001", "JARN1234567"], bad: ["AARN1234567"]),
        Form(
            name: "MTD IT id", check: IdentifierChecks.mtdITID, make: UKIdentifiers.mtdITID,
            good: ["XQIT00000000001", "XAIT00123456789"], bad: ["XBIT00123456789"]),
        Form(
            name: "income source", check: IdentifierChecks.incomeSource,
            make: UKIdentifiers.incomeSource, good: ["XAIS12345678910"], bad: ["XAIS1234"]),
        Form(
            name: "company number", check: IdentifierChecks.companyNumber,
            make: { UKIdentifiers.companyNumber(&$0) },
            good: ["00445790", "SC083026", "OC301234"], bad: ["12345"]),
    ]
}

@Suite("Identifiers")
struct UKIdentifiersTests {
    @Test("The check of this test knows good ones from bad ones", arguments: Form.all)
    func checkIsRight(form: Form) {
        for text in form.good { #expect(form.check(text), "\(text)") }
        for text in form.bad { #expect(!form.check(text), "\(text)") }
    }

    @Test("Those that are made are good", arguments: Form.all)
    func madeOnesAreGood(form: Form) {
        var dice = Dice(seed: 99)
        for _ in 0..<2000 {
            let text = form.make(&dice)
            #expect(form.check(text), "\(text)")
        }
    }

    @Test("Those of LLPs are good")
    func numbersOfLLPsAreGood() {
        var dice = Dice(seed: 99)
        for _ in 0..<100 {
            let text = UKIdentifiers.companyNumber(&dice, llp: true)
            #expect(IdentifierChecks.companyNumber(text), "\(text)")
        }
    }

    @Test(
        "Of a practice's, some are bad but most are good",
        arguments: [
            ("client", "utr", 0), ("client", "vrn", 1), ("client", "nino", 2),
            ("client", "company_number", 6), ("business", "vrn", 1), ("business", "nino", 2),
            ("business", "mtd_it_id", 4), ("business", "income_source_id", 5),
        ])
    func someAreBad(table: String, column: String, form: Int) throws {
        let texts = try Practice(clients: 1500, transactions: 0)
            .texts("SELECT \(column) FROM \(table) WHERE \(column) IS NOT NULL")
        let bad = texts.filter { !Form.all[form].check($0) }.count
        #expect(bad > 0)
        #expect(bad * 10 < texts.count)
    }
}
