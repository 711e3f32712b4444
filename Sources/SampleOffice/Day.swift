/// A day of the calendar, counted from 1 January 1970. There is no clock and no time zone in it.
struct Day: Comparable, Hashable, Sendable, CustomStringConvertible {
    var number: Int

    init(number: Int) { self.number = number }

    /// Howard Hinnant's `days_from_civil`; the year begins in March, so a leap day is its last.
    init(_ year: Int, _ month: Int, _ day: Int) {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        number = era * 146_097 + dayOfEra - 719_468
    }

    /// Reads `YYYY-MM-DD`; nil if that is no day of the calendar.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year, month, day)
        guard description == text else { return nil }
    }

    var civil: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    var description: String {
        let (year, month, day) = civil
        return "\(year.padded(4))-\(month.padded(2))-\(day.padded(2))"
    }

    /// The last day of a month.
    static func endOfMonth(_ year: Int, _ month: Int) -> Day {
        (month == 12 ? Day(year + 1, 1, 1) : Day(year, month + 1, 1)) - 1
    }

    /// The same day of the month some months later, or the last one of a shorter month.
    func adding(months: Int) -> Day {
        let (year, month, day) = civil
        let index = year * 12 + month - 1 + months
        let last = Day.endOfMonth(index / 12, index % 12 + 1)
        return min(Day(index / 12, index % 12 + 1, 1) + (day - 1), last)
    }

    static func + (day: Day, days: Int) -> Day { Day(number: day.number + days) }
    static func - (day: Day, days: Int) -> Day { Day(number: day.number - days) }
    static func < (a: Day, b: Day) -> Bool { a.number < b.number }

    /// A moment of this day during office hours, as Central writes it; some with microseconds.
    func moment(_ dice: inout Dice) -> String {
        let time = [dice.number(8...18), dice.below(60), dice.below(60)].map { $0.padded(2) }
        let fraction = dice.chance(percent: 50) ? "." + dice.digits(6) : ""
        return "\(self) " + time.joined(separator: ":") + fraction
    }
}

extension Int {
    /// With leading zeros.
    func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
    }
}
