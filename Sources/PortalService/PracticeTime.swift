import Foundation
import SyncModel

/// The time as the practice's clocks show it.
public struct PracticeTime: Sendable {
    /// Where the practice is.
    public let zone: TimeZone

    /// `Europe/London`, where nothing else is said.
    public static let london = PracticeTime("Europe/London")!

    /// Takes the name of a place. Nil for anything else: abbreviations mean different zones to
    /// different people (BST is Bangladesh's, too).
    public init?(_ name: String) {
        guard name.contains("/") || name == "UTC" || name == "GMT",
            let zone = TimeZone(identifier: name)
        else { return nil }
        self.zone = zone
    }

    /// How far the practice's clocks are ahead of UTC at a moment.
    public func secondsFromUTC(_ time: Timestamp) -> Int {
        zone.secondsFromGMT(for: Self.date(time))
    }

    /// The date that the practice's clocks show.
    public func day(_ time: Timestamp) -> LocalDate { local(time).dateInUTC }

    /// Minutes since midnight as the practice's clocks show them, 0 to 1439.
    public func minuteOfDay(_ time: Timestamp) -> Int {
        let local = local(time)
        let midnight = local.dateInUTC.daysSince1970 * 86_400_000_000
        return Int((local.microsecondsSince1970 - midnight) / 60_000_000)
    }

    /// Such as `14:30:02`, or `14:30`.
    public func clock(_ time: Timestamp, seconds: Bool) -> String {
        String(local(time).sql.dropFirst(11).prefix(seconds ? 8 : 5))
    }

    /// Such as `Wed 25 Nov 2026 08:30 GMT`.
    public func words(_ time: Timestamp) -> String {
        time.words(secondsFromUTC: secondsFromUTC(time), zone: abbreviation(time))
    }

    /// For somebody who looks at the practice's clock: `Today 14:30:02`, `Yesterday 23:10:00`,
    /// `Tomorrow 08:00:00`, else `Wed 25 Nov 2026 08:30`; with the zone's abbreviation only where
    /// the clocks show the same twice.
    public func words(_ time: Timestamp, now: Timestamp) -> String {
        let zone = isShownTwice(time) ? abbreviation(time) : nil
        let near =
            switch day(time).daysSince1970 - day(now).daysSince1970 {
            case 0: "Today"
            case 1: "Tomorrow"
            case -1: "Yesterday"
            default: nil as String?
            }
        guard let near else {
            return time.words(secondsFromUTC: secondsFromUTC(time), zone: zone)
        }
        return "\(near) \(clock(time, seconds: true))" + (zone.map { " \($0)" } ?? "")
    }

    private func local(_ time: Timestamp) -> Timestamp { time + .seconds(secondsFromUTC(time)) }

    /// Whether there is another moment, before or after the clocks were changed, at which they
    /// show the same.
    private func isShownTwice(_ time: Timestamp) -> Bool {
        let seconds = secondsFromUTC(time)
        return [-1, 1].contains { side in
            let other = secondsFromUTC(time + .seconds(side * 86_400))
            let twin = time + .seconds(seconds - other)
            return other != seconds && secondsFromUTC(twin) == other
        }
    }

    private func abbreviation(_ time: Timestamp) -> String {
        let style: NSTimeZone.NameStyle =
            zone.isDaylightSavingTime(for: Self.date(time)) ? .shortDaylightSaving : .shortStandard
        let name = zone.localizedName(for: style, locale: Locale(identifier: "en_GB"))
        return name ?? zone.identifier
    }

    private static func date(_ time: Timestamp) -> Date {
        Date(timeIntervalSince1970: Double(time.microsecondsSince1970) / 1_000_000)
    }
}
