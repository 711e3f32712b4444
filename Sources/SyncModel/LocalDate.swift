/// A date of the calendar without time or zone, counted in days since 1970-01-01 (proleptic
/// Gregorian, years 0001 to 9999).
public struct LocalDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var daysSince1970: Int64

    public init(daysSince1970: Int64) { self.daysSince1970 = daysSince1970 }

    /// Nil unless the three name a real day: 2026-02-29 is not one.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.daysInMonth(month, ofYear: year)
        else { return nil }
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        daysSince1970 = Int64(era * 146_097 + dayOfEra - 719_468)
    }

    /// Reads exactly `YYYY-MM-DD`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let date = text.withUTF8({ LocalDate(utf8: $0) }) else { return nil }
        self = date
    }

    /// Reads exactly the ten bytes of `YYYY-MM-DD`.
    public init?(utf8 bytes: some RandomAccessCollection<UInt8>) {
        guard bytes.count == 10 else { return nil }
        func number(_ from: Int, _ length: Int) -> Int? {
            var value = 0
            for offset in from..<(from + length) {
                let byte = bytes[bytes.index(bytes.startIndex, offsetBy: offset)]
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        func isDash(_ offset: Int) -> Bool {
            bytes[bytes.index(bytes.startIndex, offsetBy: offset)] == 0x2D
        }
        guard isDash(4), isDash(7), let year = number(0, 4), let month = number(5, 2),
            let day = number(8, 2)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Year, month and day (civil_from_days of the same source).
    public var components: (year: Int, month: Int, day: Int) {
        let shifted = Int(daysSince1970) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthShifted = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthShifted + 2) / 5 + 1
        let month = monthShifted + (monthShifted < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// `YYYY-MM-DD`.
    public var description: String {
        let (year, month, day) = components
        return Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2)
    }

    public static func < (a: LocalDate, b: LocalDate) -> Bool {
        a.daysSince1970 < b.daysSince1970
    }

    /// 0001-01-01, the first date that fits.
    public static let first = LocalDate(daysSince1970: -719_162)
    /// 9999-12-31, the last date that fits.
    public static let last = LocalDate(daysSince1970: 2_932_896)

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func daysInMonth(_ month: Int, ofYear year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension LocalDate: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let date = LocalDate(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a date YYYY-MM-DD"))
        }
        self = date
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
