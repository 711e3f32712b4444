import SyncModel

/// Whose synchronisation it is that messages speak of.
public struct AlertPlace: Hashable, Sendable {
    public var practice: PracticeID
    /// The server's name, as people know it.
    public var server: String
    /// Where the console answers; nil where there is none.
    public var console: String?

    public init(practice: PracticeID, server: String, console: String? = nil) {
        self.practice = practice
        self.server = server
        self.console = console
    }
}

/// A message in plain English.
public struct AlertWords: Hashable, Sendable {
    /// One line.
    public var title: String
    /// Paragraphs, with a blank line between.
    public var text: String

    /// - Parameter time: a time as the practice's clocks show it.
    public init(_ alert: Alert, _ place: AlertPlace, time: (Timestamp) -> String) {
        title = "SyncWorker on \(place.server): \(Self.headline(alert))"
        var paragraphs = [Self.story(alert, time)]
        paragraphs += Self.list(alert.causes)
        if alert.event == .began { paragraphs.append(Self.counsel(alert)) }
        paragraphs.append(Self.closing(alert, place))
        text = paragraphs.joined(separator: "\n\n")
    }

    // MARK: What

    private static func headline(_ alert: Alert) -> String {
        switch (alert.condition, alert.event) {
        case (nil, _), (_, .test): "a test message"
        case (.failing, .began): "synchronisation fails"
        case (.failing, .ended): "synchronisation does not fail any more"
        case (.incomplete, .began): "some data sets are not synchronised"
        case (.incomplete, .ended): "all data sets are synchronised again"
        case (.held, .began): "removals wait for an answer"
        case (.held, .ended): "no removals wait any more"
        case (.lineage, .began): "a question waits, and nothing is synchronised"
        case (.lineage, .ended): "the question is answered, synchronisation goes on"
        case (.silent, .began): "nothing was synchronised for \(length(of: alert))"
        case (.silent, .ended): "synchronisation goes on again"
        }
    }

    private static func story(_ alert: Alert, _ time: (Timestamp) -> String) -> String {
        let since = time(alert.since)
        let span =
            "from \(since) to \(time(alert.at)), which is \(length(of: alert))"
        return switch (alert.condition, alert.event) {
        case (nil, _), (_, .test):
            "This is a test, asked for at \(time(alert.at)). Messages about this server's "
                + "synchronisation with OneClick arrive. Nothing has to be done."
        case (.failing, .began):
            "The synchronisation with OneClick fails, since \(since)"
                + (alert.runs > 1 ? "; \(alert.runs) have failed in a row." : ".")
        case (.failing, .ended):
            "The latest synchronisation did not fail. They failed \(span)"
                + (alert.runs > 1 ? "; \(alert.runs) in a row." : ".")
        case (.incomplete, .began):
            "Synchronisations go through, but not every data set is part of them, since \(since)."
        case (.incomplete, .ended):
            "Every data set is synchronised again. Some were not \(span)."
        case (.held, .began):
            "More records than usual are gone from the practice's database, since \(since). "
                + "OneClick keeps them until a person answers; everything else is synchronised."
                + listing(alert.counts)
        case (.held, .ended): "No removals wait for an answer any more. Some waited \(span)."
        case (.lineage, .began):
            "The practice's database is not as it was left at the last synchronisation: it may "
                + "have been restored from a backup, or be another one. Nothing is synchronised "
                + "until a person answers, since \(since)."
        case (.lineage, .ended):
            "The question whose database it is, is answered, and synchronisation goes on. It "
                + "waited \(span)."
        case (.silent, .began):
            "The service runs, but nothing was synchronised since \(since), which is "
                + "\(length(of: alert))."
        case (.silent, .ended):
            "Synchronisation goes on again. Nothing was synchronised \(span)."
        }
    }

    private static func listing(_ counts: [Alert.Count]) -> String {
        guard !counts.isEmpty else { return "" }
        return "\n\nWaiting: "
            + counts.map { "\($0.dataSet): \($0.rows)" }.joined(separator: "; ") + "."
    }

    // MARK: Why, and what to do

    private static func list(_ causes: [Alert.Cause]) -> [String] {
        causes.map { "Why: \($0.message)\nWhat to do: \($0.hint)" }
    }

    private static func counsel(_ alert: Alert) -> String {
        switch alert.condition {
        case .failing, .incomplete:
            "OneClick keeps what it has, and nothing is lost. SyncWorker goes on trying; one more "
                + "message follows when it goes well again."
        case .held:
            "What to do: look at the removals (`syncworker held` on the server) and approve them, "
                + "or keep the records. One more message follows when none wait any more."
        case .lineage:
            "OneClick keeps what it has, and nothing is lost. One more message follows when the "
                + "question is answered."
        case .silent:
            "What to do: look at what the service does (`syncworker status` on the server) and at "
                + "its log; restart it if a synchronisation hangs. One more message follows when "
                + "synchronisation goes on."
        case nil: ""
        }
    }

    private static func closing(_ alert: Alert, _ place: AlertPlace) -> String {
        var lines = ["Server: \(place.server), practice \(place.practice)."]
        if let run = alert.run {
            lines.append("Synchronisation: \(run) (`syncworker runs --details` lists the last).")
        }
        if let console = place.console { lines.append("Console: \(console)") }
        return lines.joined(separator: "\n")
    }

    // MARK: Lengths of time

    private static func length(of alert: Alert) -> String { words(alert.at - alert.since) }

    /// Such as `2 days 3 hours`, `1 hour 10 minutes` or `less than a minute`.
    static func words(_ duration: Duration) -> String {
        let minutes = duration.components.seconds / 60
        guard minutes > 0 else { return "less than a minute" }
        let parts =
            minutes < 24 * 60
            ? [(minutes / 60, "hour"), (minutes % 60, "minute")]
            : [(minutes / (24 * 60), "day"), (minutes / 60 % 24, "hour")]
        return parts.filter { $0.0 > 0 }.map { "\($0) \($1)\($0 == 1 ? "" : "s")" }
            .joined(separator: " ")
    }
}
