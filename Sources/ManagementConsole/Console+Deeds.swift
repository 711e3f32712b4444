import PortalService
import SyncEngine
import SyncModel
import SyncProtocol

/// What a person can do, whether by a page or by the API. Everything is written down.
extension Console {
    func start(_ request: RunRequest, by person: String) async throws -> Portal.Ticket {
        if let only = request.only {
            let names = settings.shapes.dataSets.map(\.name)
            let hint = "There are: \(names.joined(separator: ", "))."
            // Of nothing a synchronisation would succeed.
            if only.isEmpty { throw SyncError(.form, "No data set is named.", hint: hint) }
            if let unknown = only.first(where: { !names.contains($0) }) {
                throw SyncError(
                    .form, "There is no data set \"\(unknown.prefix(80))\".", hint: hint)
            }
        }
        return try await started(request, person)
    }

    private func started(
        _ request: RunRequest, _ person: String
    ) async throws -> Portal.Ticket {
        var request = request
        request.person = person
        request.trigger = .manual
        let alone = request.only.map { " of \($0.joined(separator: ", "))" } ?? ""
        await note(
            person, "start",
            "Asked for a synchronisation"
                + " (\(RunWords.kind(request.kind, request.purpose)))\(alone).")
        return await portal.request(request)
    }

    /// False where none is in progress.
    func stop(by person: String) async throws -> Bool {
        guard await portal.stop() else { return false }
        await note(person, "stop", "Stopped the synchronisation in progress.")
        return true
    }

    func pause(reason: String, by person: String) async throws {
        try await portal.pause(by: person, reason: reason)
        await note(person, "pause", "Paused synchronisation: \(reason)")
    }

    func resume(by person: String) async throws {
        try await portal.resume(by: person)
        await note(person, "resume", "Resumed synchronisation.")
    }

    func set(intervalMinutes: Int, by person: String) async throws {
        try await portal.setInterval(minutes: intervalMinutes, by: person)
        await note(
            person, "interval",
            "Set the interval to \(Figure.count(intervalMinutes, "minute")).")
    }

    func set(quietHours: QuietHours?, by person: String) async throws {
        try await portal.setQuietHours(quietHours, by: person)
        let words = quietHours.map {
            "Set quiet hours from \(ClockTime.text($0.from)) to \(ClockTime.text($0.to))."
        }
        await note(person, "quiet_hours", words ?? "Took the quiet hours away.")
    }

    /// Both or neither; what is as it was is not noted.
    func set(intervalMinutes: Int?, quietHours: QuietHours?, by person: String) async throws {
        let before = await portal.status().timetable
        let minutes = intervalMinutes ?? before.intervalMinutes
        try Timetable(intervalMinutes: minutes, quietHours: quietHours).check()
        if minutes != before.intervalMinutes { try await set(intervalMinutes: minutes, by: person) }
        if quietHours != before.quietHours { try await set(quietHours: quietHours, by: person) }
    }

    func answer(_ request: AnswerRequest, by person: String) async throws -> AnswerReceipt {
        var request = request
        request.person = person
        let receipt = try await settings.answer(request)
        let what = request.table.map { "held removals of \($0)" } ?? "the question of lineage"
        let answer = request.answer == .approve ? "Approved" : "Kept"
        await note(
            person, "answer", "\(answer) \(what) (\(Figure.grouped(receipt.answered))).")
        await connections.refresh()
        return receipt
    }

    private func note(_ person: String, _ action: String, _ details: String) async {
        await journal.note(
            AuditEntry(at: settings.now(), person: person, action: action, details: details))
    }
}
