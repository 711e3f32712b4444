import SyncEngine
import SyncModel

/// What people may change while the service runs. Each change is remembered before it takes effect:
/// a restart must not undo what somebody was told is done.
extension Portal {
    /// Starts nothing by itself until somebody resumes it. A synchronisation in progress goes on,
    /// and one that a person asks for runs.
    ///
    /// - Throws: `timetable` where no name or reason is given, or what remembering it throws.
    public func pause(by person: String, reason: String) async throws {
        let reason = try Timetable.line(reason, "The reason of the pause", lengthMax: 500)
        try await change(by: person) { timetable, change in
            timetable.pause = .init(person: change.person, reason: reason, since: change.at)
        }
    }

    /// Ends a pause; a start that was missed meanwhile is made up for once. Changes nothing where
    /// there is no pause.
    public func resume(by person: String) async throws {
        try await change(by: person) { timetable, _ in timetable.pause = nil }
    }

    /// - Throws: `timetable` unless it is 1 to 1440 minutes.
    public func setInterval(minutes: Int, by person: String) async throws {
        try await change(by: person) { timetable, _ in timetable.intervalMinutes = minutes }
    }

    /// Nil for none.
    ///
    /// - Throws: `timetable` unless they are two different minutes of a day.
    public func setQuietHours(_ hours: QuietHours?, by person: String) async throws {
        try await change(by: person) { timetable, _ in timetable.quietHours = hours }
    }

    /// One at a time: two that came together would each forget the other.
    private func change(
        by person: String, _ body: (inout Timetable, Timetable.Change) -> Void
    ) async throws {
        let person = try Timetable.line(person, "Your name", lengthMax: 100)
        await beginChange()
        defer { endChange() }
        var changed = timetable
        let change = Timetable.Change(person: person, at: now())
        body(&changed, change)
        guard changed != timetable else { return }
        changed.changed = change
        try changed.check()
        try await remember(changed)
        follow(changed)
    }

    private func beginChange() async {
        guard isChanging else { return isChanging = true }
        await withCheckedContinuation { changesWaiting.append($0) }
    }

    /// Whoever waits longest goes on, without anybody in between.
    private func endChange() {
        guard changesWaiting.isEmpty else { return changesWaiting.removeFirst().resume() }
        isChanging = false
    }
}
