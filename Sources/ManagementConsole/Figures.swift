import PortalService
import SyncModel

/// Numbers and times as people read them.
struct Figure: Sendable {
    var text: String
    /// What colour means: `zero`, `held`, `error`, or nothing.
    var kind: String

    init(_ number: Int, _ kind: String = "") {
        text = Figure.grouped(number)
        self.kind = number == 0 ? "zero" : kind
    }

    /// Where nothing is known.
    static let unknown: Figure = {
        var figure = Figure(0)
        figure.text = "–"
        return figure
    }()

    /// `1,048,212`.
    static func grouped(_ number: Int) -> String {
        let digits = Array(String(abs(number)))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + text
    }

    /// `1 record`, `2 records`.
    static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(grouped(number)) \(number == 1 ? one : many ?? one + "s")"
    }

    /// `212 KB`.
    static func bytes(_ count: Int) -> String {
        if count < 1_000 { return "\(count) bytes" }
        var value = Double(count)
        for unit in ["KB", "MB", "GB", "TB"] {
            value /= 1_000
            if value < 999.5 || unit == "TB" { return decimal(value) + " " + unit }
        }
        return ""
    }

    /// `0.4 s`, `21 s`, `2 min 5 s`, `3 h 20 min`, `2 days`.
    static func duration(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        if seconds < 60 { return decimal(max(0, seconds)) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 3_600 { return join(whole / 60, "min", whole % 60, "s") }
        let minutes = whole / 60
        if minutes < 48 * 60 { return join(minutes / 60, "h", minutes % 60, "min") }
        return count(minutes / 1_440, "day")
    }

    /// `12 minutes ago`; nil for what has just been, or lies ahead.
    static func age(_ age: Duration) -> String? {
        let minutes = Int(age / .seconds(60))
        return switch minutes {
        case ..<1: nil
        case ..<120: count(minutes, "minute") + " ago"
        case ..<2_880: count(minutes / 60, "hour") + " ago"
        default: count(minutes / 1_440, "day") + " ago"
        }
    }

    private static func join(_ large: Int, _ unit: String, _ small: Int, _ smallUnit: String)
        -> String
    {
        small == 0 ? "\(large) \(unit)" : "\(large) \(unit) \(small) \(smallUnit)"
    }

    /// Two digits below ten, whole numbers above.
    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths < 100
            ? "\(tenths / 10).\(tenths % 10)" : grouped(Int(value.rounded()))
    }
}

/// A moment for a `<time>`: in words, and for programs.
struct Moment: Sendable {
    var words: String
    var exact: String

    init(_ time: Timestamp, _ practice: PracticeTime, now: Timestamp) {
        words = practice.words(time, now: now)
        exact = time.description
    }
}
