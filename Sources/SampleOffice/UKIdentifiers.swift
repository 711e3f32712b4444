/// Makes the identifiers that the tax office and Companies House give out, with right check digits.
/// None is known to belong to anyone.
public enum UKIdentifiers {
    /// A Unique Taxpayer Reference: 10 digits, some followed by K.
    public static func utr(_ dice: inout Dice) -> String {
        let digits = dice.digits(9)
        let sum = weighted(digits.map(digit), by: [6, 7, 8, 9, 10, 5, 4, 3, 2])
        let check = Array("21987654321")[sum % 11]
        return String(check) + digits + (dice.chance(percent: 5) ? "K" : "")
    }

    /// A VAT registration number: 9 digits, some after GB.
    public static func vrn(_ dice: inout Dice) -> String {
        // The newer numbers count 55 more; a remainder of nothing could be written in two ways.
        let extra = dice.chance(percent: 70) ? 55 : 0
        while true {
            let digits = String(dice.number(1...9)) + dice.digits(6)
            let sum = weighted(digits.map(digit), by: [8, 7, 6, 5, 4, 3, 2]) + extra
            guard sum % 97 != 0 else { continue }
            return (dice.chance(percent: 8) ? "GB" : "") + digits + (97 - sum % 97).padded(2)
        }
    }

    /// A National Insurance number: two letters, six digits, a letter from A to D.
    public static func nino(_ dice: inout Dice) -> String {
        let never: Set<String> = ["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"]
        while true {
            let prefix =
                String(dice.pick(Array("ABCEGHJKLMNOPRSTWXYZ")))
                + String(dice.pick(Array("ABCEGHJKLMNPRSTWXYZ")))
            if never.contains(prefix) { continue }
            return prefix + dice.digits(6) + String(dice.pick(Array("ABCD")))
        }
    }

    /// An Agent Reference Number.
    public static func arn(_ dice: inout Dice) -> String {
        let rest = "ARN" + dice.digits(7)
        return String(checkLetter(rest)) + rest
    }

    /// The id that HMRC knows a taxpayer by in Making Tax Digital for Income Tax.
    public static func mtdITID(_ dice: inout Dice) -> String {
        let rest = "IT" + dice.digits(11)
        return "X" + String(checkLetter(rest)) + rest
    }

    /// The id of one source of income; it has no check digit.
    public static func incomeSource(_ dice: inout Dice) -> String {
        "X" + String(dice.pick(Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))) + "IS"
            + dice.digits(11)
    }

    /// A number of Companies House: eight digits, or two letters and six.
    public static func companyNumber(_ dice: inout Dice, llp: Bool = false) -> String {
        if llp { return dice.pick(["OC", "SO"]) + dice.digits(6) }
        return switch dice.below(10) {
        case 0: "SC" + dice.digits(6)
        case 1: "NI" + dice.digits(6)
        default: "0" + dice.digits(7)
        }
    }

    // MARK: Check letters

    /// HMRC's modulus 23 check letter over the characters that follow it.
    private static func checkLetter(_ text: String) -> Character {
        let values = text.utf8.map { byte in
            byte < 58 ? Int(byte) - 48 : Int(byte) - 65 + 10 + 23
        }
        let sum = weighted(values, by: [9, 10, 11, 12, 13, 8, 7, 6, 5, 4, 3, 2, 1])
        return Array("ABCDEFGHXJKLMNYPQRSTZVW")[sum % 23]
    }

    private static func weighted(_ values: [Int], by weights: [Int]) -> Int {
        zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private static func digit(_ character: Character) -> Int { character.wholeNumberValue ?? 0 }
}

extension UKIdentifiers {
    /// What is seen in practice instead of a good identifier: typing mistakes and placeholders.
    enum Spoiled {
        static func utr(_ dice: inout Dice) -> String {
            // Another first digit never fits the other nine.
            let good = UKIdentifiers.utr(&dice)
            let first = (good.first?.wholeNumberValue ?? 0) % 9 + 1
            return dice.chance(percent: 30) ? "TBC" : String(first) + good.dropFirst()
        }

        static func vrn(_ dice: inout Dice) -> String {
            dice.pick(["123456789", "553557881", "12345", "Applied for"])
        }

        static func nino(_ dice: inout Dice) -> String {
            dice.pick(["QQ", "BG", "AO"]) + dice.digits(6) + "A"
        }

        static func mtdITID(_ dice: inout Dice) -> String {
            "XX" + UKIdentifiers.mtdITID(&dice).dropFirst(2).dropLast()
        }

        static func incomeSource(_ dice: inout Dice) -> String { "XAIS" + dice.digits(4) }

        static func companyNumber(_ dice: inout Dice) -> String { dice.digits(5) }
    }
}
