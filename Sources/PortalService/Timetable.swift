import SyncEngine
import SyncModel

/// When synchronisations start by themselves. People change it while the service runs.
public struct Timetable: Codable, Hashable, Sendable {
    /// Nothing starts by itself until somebody resumes it.
    public struct Pause: Codable, Hashable, Sendable {
        public var person: String
        public var reason: String
        public var since: Timestamp

        public init(person: String, reason: String, since: Timestamp) {
            self.person = person
            self.reason = reason
            self.since = since
        }

        /// In words for a person, as the practice's clocks show it.
        public func words(_ time: PracticeTime) -> String {
            "Synchronisation is paused by \(person) since \(time.words(since)): \(reason)"
        }
    }

    public struct Change: Codable, Hashable, Sendable {
        public var person: String
        public var at: Timestamp

        public init(person: String, at: Timestamp) {
            self.person = person
            self.at = at
        }
    }

    /// From one start to the next, 1 to 1440.
    public var intervalMinutes: Int
    /// By the practice's clocks; a start that falls into them moves to their end.
    public var quietHours: QuietHours?
    public var pause: Pause?
    /// Who changed it last, and when; nil while it is the configuration's.
    public var changed: Change?

    public init(
        intervalMinutes: Int, quietHours: QuietHours? = nil, pause: Pause? = nil,
        changed: Change? = nil
    ) {
        self.intervalMinutes = intervalMinutes
        self.quietHours = quietHours
        self.pause = pause
        self.changed = changed
    }

    /// What an interval may be, in minutes.
    public static let intervals = 1...1440

    public var interval: Duration { .seconds(intervalMinutes * 60) }

    /// When a synchronisation that is due at a moment starts by itself; nil for not at all.
    func start(_ due: Timestamp, _ time: PracticeTime) -> Timestamp? {
        guard pause == nil else { return nil }
        return quietHours?.end(at: due, minuteOfDay: time.minuteOfDay) ?? due
    }

    /// Whether nothing starts by itself at a moment: paused, or quiet hours.
    public func isResting(at now: Timestamp, _ time: PracticeTime) -> Bool {
        pause != nil || quietHours?.contains(time.minuteOfDay(now)) == true
    }

    /// - Throws: `timetable`, with what is allowed.
    public func check() throws {
        guard Self.intervals.contains(intervalMinutes) else {
            throw SyncError(
                "timetable", "An interval of \(intervalMinutes) minutes is not possible.",
                hint: "Choose 1 to 1440 minutes; 1440 is once a day.")
        }
        guard quietHours?.isValid != false else {
            throw SyncError(
                "timetable", "These quiet hours have no length, or are no times of a day.",
                hint: "Choose two different times from 00:00 to 23:59; they may go on after "
                    + "midnight. To have nothing start by itself, pause the synchronisation.")
        }
    }

    /// A person's words as one line.
    ///
    /// - Throws: `timetable` where nothing is said, or more than fits.
    static func line(_ text: String, _ what: String, lengthMax: Int) throws -> String {
        let line = text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        guard !line.isEmpty, line.count <= lengthMax else {
            throw SyncError(
                "timetable", "\(what) is \(line.isEmpty ? "missing" : "too long").",
                hint: "Write 1 to \(lengthMax) characters.")
        }
        return line
    }
}

extension SQLiteJournal {
    private static let timetableKey = "timetable"

    /// What people set of a timetable: the rest is the configuration's, whatever that becomes.
    private struct Choices: Codable, Sendable {
        var intervalMinutes: Int?
        var quietHours: QuietHours?
        var pause: Timetable.Pause?
        var changed: Timetable.Change?
    }

    /// The timetable that people made.
    ///
    /// - Parameter intervalMinutes: the configuration's, for as long as nobody set another one.
    public func timetable(intervalMinutes: Int) async throws -> Timetable {
        let choices = try await remembered(Self.timetableKey, as: Choices.self)
        return Timetable(
            intervalMinutes: choices?.intervalMinutes ?? intervalMinutes,
            quietHours: choices?.quietHours, pause: choices?.pause, changed: choices?.changed)
    }

    /// Remembers it. An interval that is the configuration's remains the configuration's.
    public func remember(_ timetable: Timetable, intervalMinutes: Int) async throws {
        let choices = Choices(
            intervalMinutes: timetable.intervalMinutes == intervalMinutes
                ? nil : timetable.intervalMinutes,
            quietHours: timetable.quietHours, pause: timetable.pause, changed: timetable.changed)
        try await remember(choices, as: Self.timetableKey)
    }
}
