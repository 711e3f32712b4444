/// The rules of the trade for identifiers, written a second time: what makes them is not asked.
enum IdentifierChecks {
    static func utr(_ text: String) -> Bool {
        let body = text.hasSuffix("K") ? String(text.dropLast()) : text
        guard let d = digits(body), d.count == 10 else { return false }
        let sum = zip([6, 7, 8, 9, 10, 5, 4, 3, 2], d.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        return d[0] == [2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1][sum % 11]
    }

    static func vrn(_ text: String) -> Bool {
        let body = text.hasPrefix("GB") ? String(text.dropFirst(2)) : text
        guard let d = digits(body), d.count == 9 else { return false }
        let sum = zip([8, 7, 6, 5, 4, 3, 2], d).reduce(0) { $0 + $1.0 * $1.1 }
        let check = d[7] * 10 + d[8]
        return [sum, sum + 55].contains { total in
            total % 97 == 0 ? check == 0 || check == 97 : check == 97 - total % 97
        }
    }

    static func nino(_ text: String) -> Bool {
        let c = Array(text)
        guard c.count == 9, "ABCD".contains(c[8]), digits(String(c[2..<8])) != nil,
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ".contains(c[0]),
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ".contains(c[1])
        else { return false }
        return !"DFIQUV".contains(c[0]) && !"DFIQUVO".contains(c[1])
            && !["BG", "GB", "NK", "KN", "TN", "NT", "ZZ"].contains(String(c[0..<2]))
    }

    static func arn(_ text: String) -> Bool {
        text.wholeMatch(of: /[A-Z]ARN[0-9]{7}/) != nil
            && hasLetter(text.first, of: text.dropFirst())
    }

    static func mtdITID(_ text: String) -> Bool {
        text.wholeMatch(of: /X[A-Z]IT[0-9]{11}/) != nil
            && hasLetter(text.dropFirst().first, of: text.dropFirst(2))
    }

    static func incomeSource(_ text: String) -> Bool {
        text.wholeMatch(of: /X[A-Z0-9]IS[0-9]{11}/) != nil
    }

    static func companyNumber(_ text: String) -> Bool {
        text.wholeMatch(of: /[0-9]{8}|[A-Z]{2}[0-9]{6}/) != nil
    }

    private static func hasLetter(_ letter: Character?, of rest: Substring) -> Bool {
        var sum = 0
        for (weight, character) in zip([9, 10, 11, 12, 13, 8, 7, 6, 5, 4, 3, 2, 1], rest) {
            let value = Int(String(character), radix: 36) ?? 0
            sum += weight * (character.isLetter ? value + 23 : value)
        }
        return letter == Array("ABCDEFGHXJKLMNYPQRSTZVW")[sum % 23]
    }

    private static func digits(_ text: String) -> [Int]? {
        let digits = text.compactMap { $0.isASCII ? $0.wholeNumberValue : nil }
        return digits.count == text.count && !digits.isEmpty ? digits : nil
    }
}
