import Foundation
import SyncModel

/// The time as the practice's clocks show it.
struct PracticeTime: Sendable {
    let zone: TimeZone

    static let london = PracticeTime("Europe/London")!

    /// Takes the name of a place. Nil for anything else: abbreviations mean different zones to
    /// different people (BST is Bangladesh's, too).
    init?(_ name: String) {
        guard name.contains("/") || name == "UTC" || name == "GMT",
            let zone = TimeZone(identifier: name)
        else { return nil }
        self.zone = zone
    }

    /// Such as `Wed 25 Nov 2026 08:30 GMT`.
    func words(_ time: Timestamp) -> String {
        let date = Date(timeIntervalSince1970: Double(time.microsecondsSince1970) / 1_000_000)
        let style: NSTimeZone.NameStyle =
            zone.isDaylightSavingTime(for: date) ? .shortDaylightSaving : .shortStandard
        let name = zone.localizedName(for: style, locale: Locale(identifier: "en_GB"))
        return time.words(
            secondsFromUTC: zone.secondsFromGMT(for: date), zone: name ?? zone.identifier)
    }
}
