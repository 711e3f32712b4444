import SyncModel

/// A part of every day, by the practice's clocks, in which no synchronisation starts by itself.
public struct QuietHours: Hashable, Sendable, Codable {
    /// The first minute of the day that is quiet, 0 to 1439.
    public var from: Int
    /// The first minute that is not quiet any more, 0 to 1439; before `from` where the hours go on
    /// after midnight.
    public var to: Int

    public init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }

    private static let minutesOfDay = 1440

    /// Whether both are minutes of a day, and not the same one: that would be no hours, or all.
    public var isValid: Bool {
        let day = 0..<Self.minutesOfDay
        return day.contains(from) && day.contains(to) && from != to
    }

    public func contains(_ minuteOfDay: Int) -> Bool {
        from <= to
            ? from <= minuteOfDay && minuteOfDay < to : from <= minuteOfDay || minuteOfDay < to
    }

    /// The moment itself, or where it is quiet the first one after it that is not.
    ///
    /// The clocks are asked rather than reckoned with: on the days on which they are changed an
    /// hour is quiet twice, or the end of the quiet hours is left out.
    ///
    /// - Parameter minuteOfDay: what the practice's clocks show at a moment.
    public func end(at moment: Timestamp, minuteOfDay: (Timestamp) -> Int) -> Timestamp {
        let minute = minuteOfDay(moment)
        guard isValid, contains(minute) else { return moment }
        let ahead = (to - minute + Self.minutesOfDay) % Self.minutesOfDay
        var time = moment.beginningOfMinute
        let end = time + .seconds(ahead * 60)
        // They show the end after just that long: nobody has changed them meanwhile.
        if minuteOfDay(end) == to { return end }
        // Bounded, whatever clocks these are: a day of London's has at most 25 hours.
        for _ in 0..<(3 * Self.minutesOfDay) {
            guard contains(minuteOfDay(time)) else { break }
            time = time + .seconds(60)
        }
        return time
    }
}

extension Timestamp {
    /// In every zone clocks differ from UTC by whole minutes.
    fileprivate var beginningOfMinute: Timestamp {
        let minute: Int64 = 60_000_000
        let past = microsecondsSince1970 % minute
        return Timestamp(
            microsecondsSince1970: microsecondsSince1970 - (past < 0 ? past + minute : past))
    }
}
