extension Timestamp {
    /// For a person whose time zone is not known: `Wed 25 Nov 2026 08:30 UTC`.
    public var inUTC: String { words(secondsFromUTC: 0, zone: "UTC") }

    /// For a person: `Wed 25 Nov 2026 08:30 GMT`, in a zone that is so far ahead of UTC at this
    /// moment and has this name then. The name is part of it, as one hour of a year comes twice;
    /// nil leaves it out, for whoever knows that it is none of that hour.
    public func words(secondsFromUTC seconds: Int, zone: String?) -> String {
        let local = self + .seconds(seconds)
        let date = local.dateInUTC
        let (year, month, day) = date.components
        let time = local.sql.dropFirst(11).prefix(5)
        return "\(Self.weekdays[date.weekday]) \(day) \(Self.months[month - 1]) \(year) \(time)"
            + (zone.map { " \($0)" } ?? "")
    }

    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

extension LocalDate {
    /// Days since the last Monday; 1970-01-01 was a Thursday.
    fileprivate var weekday: Int { Int((daysSince1970 % 7 + 10) % 7) }
}
