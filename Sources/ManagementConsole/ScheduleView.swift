import PortalService
import SyncEngine
import SyncModel

/// The model of `schedule`: pause, interval, quiet hours, alerts, and who did what.
struct ScheduleView: Sendable {
    var pause: Pause?
    var intervalMinutes: Int
    var quietFrom: String
    var quietTo: String
    var next: Moment?
    var alerts: AlertsView?
    var audit: [AuditLine]
    /// What can be synchronised alone.
    var dataSets: [String]

    struct Pause: Sendable {
        var person: String
        var reason: String
        var since: Moment
    }

    struct AuditLine: Sendable {
        var at: Moment
        var person: String
        var words: String
    }

    static let auditMax = 50
}

/// What became of the alerts, for the page of the schedule.
public struct AlertsView: Sendable {
    /// Where they go, such as `e-mail to office@example.com`.
    public var channels: String
    public var lastSent: String?
    /// Why the last one could not be sent, and what to do.
    public var error: String?
    /// How many wait to be sent; nil for none.
    public var waiting: Int?

    public init(channels: String, lastSent: String?, error: String?, waiting: Int?) {
        self.channels = channels
        self.lastSent = lastSent
        self.error = error
        self.waiting = waiting
    }
}

extension Console {
    func scheduleView() async throws -> ScheduleView {
        let status = await portal.status()
        let now = settings.now()
        let timetable = status.timetable
        func moment(_ time: Timestamp) -> Moment { Moment(time, settings.time, now: now) }
        return ScheduleView(
            pause: timetable.pause.map {
                .init(person: $0.person, reason: $0.reason, since: moment($0.since))
            },
            intervalMinutes: timetable.intervalMinutes,
            quietFrom: timetable.quietHours.map { ClockTime.text($0.from) } ?? "",
            quietTo: timetable.quietHours.map { ClockTime.text($0.to) } ?? "",
            next: status.nextStart.map(moment),
            alerts: await settings.alerts(),
            audit: try await journal.audit(limit: ScheduleView.auditMax).map {
                .init(at: moment($0.at), person: $0.person, words: $0.details)
            }, dataSets: settings.shapes.dataSets.map(\.name))
    }
}

/// Times of day in forms.
enum ClockTime {
    /// `22:00` of minutes since midnight.
    static func text(_ minutes: Int) -> String {
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        return (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
    }

    /// Nil for anything but `HH:MM`.
    static func minutes(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
        guard parts.count == 2,
            parts.allSatisfy({ (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy(isDigit) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0..<24).contains(hour),
            (0..<60).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }
}
