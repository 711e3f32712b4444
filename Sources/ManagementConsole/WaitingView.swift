import PortalService
import SyncModel
import SyncProtocol

/// The model of `errors`: what is refused or held at this moment.
struct ErrorsView: Sendable {
    /// When OneClick said so; nil where it never did.
    var asOf: Moment?
    var total: String
    var groups: [Group]
    var text: String
    /// Said where there is nothing to show.
    var nothing: String?

    struct Group: Sendable {
        var dataSet: String
        var count: String
        var entries: [Entry]
        /// Said where more wait than are listed.
        var more: String?
    }

    struct Entry: Sendable {
        var message: String
        var hint: String
        var kind: String
        var since: Moment?
        /// Such as `tried 3 times`.
        var tried: String?
    }

    /// Entries listed for each data set.
    static let entriesMax = 200
}

extension Console {
    /// - Parameters:
    ///   - entriesMax: for each data set.
    ///   - isRefusedOnly: whether held removals, which have a page of their own, are left out.
    func errorsView(
        text: String, entriesMax: Int = ErrorsView.entriesMax, isRefusedOnly: Bool = false
    ) async throws -> ErrorsView {
        let state = await connections.state
        let now = settings.now()
        guard let oneclick = state.oneclick else {
            return ErrorsView(
                total: "Not known", groups: [], text: text,
                nothing: state.oneclickError ?? "OneClick was not asked yet.")
        }
        let waiting = oneclick.exceptions.filter {
            $0.origin == nil && ($0.kind == .refused || $0.kind == .held && !isRefusedOnly)
        }
        // What somebody has to mend comes before what somebody has to answer.
        .sorted { $0.kind == .refused && $1.kind != .refused }
        let words = text.lowercased()
        var groups: [ErrorsView.Group] = []
        for set in settings.shapes.dataSets {
            let found = waiting.filter { exception in
                set.tables.contains(exception.table)
                    && (words.isEmpty || exception.message.lowercased().contains(words)
                        || "\(exception.key)".contains(words))
            }
            guard !found.isEmpty else { continue }
            let counts = set.tables.compactMap { oneclick.waiting[$0] }
            let all = counts.reduce(0) { $0 + $1.errors + (isRefusedOnly ? 0 : $1.held) }
            groups.append(
                .init(
                    dataSet: set.name, count: Figure.grouped(words.isEmpty ? all : found.count),
                    entries: try await entries(found.prefix(entriesMax), now),
                    more: found.count > entriesMax
                        ? "... and \(Figure.grouped(found.count - entriesMax)) more" : nil))
        }
        let all = oneclick.waiting.values.reduce(0) {
            $0 + $1.errors + (isRefusedOnly ? 0 : $1.held)
        }
        return ErrorsView(
            asOf: state.oneclickAnsweredAt.map { Moment($0, settings.time, now: now) },
            total: Figure.count(all, "record"), groups: groups, text: text,
            nothing: groups.isEmpty
                ? (text.isEmpty
                    ? isRefusedOnly
                        ? "No record is refused."
                        : "Nothing: OneClick has every record as Central has it."
                    : "Nothing that waits has this in it.") : nil)
    }

    /// The first page's: held removals are among its notices.
    func errorsNow() async throws -> ErrorsView {
        try await errorsView(text: "", entriesMax: 4, isRefusedOnly: true)
    }

    private func entries(
        _ exceptions: some Sequence<RowException>, _ now: Timestamp
    ) async throws -> [ErrorsView.Entry] {
        // Many were found by the same synchronisation.
        var counted: [Timestamp: Int] = [:]
        var entries: [ErrorsView.Entry] = []
        for exception in exceptions {
            if let since = exception.since, counted[since] == nil {
                counted[since] = try await journal.count(startedSince: since)
            }
            let tried = exception.since.flatMap { counted[$0] } ?? 0
            entries.append(
                ErrorsView.Entry(
                    message: exception.message,
                    hint: exception.kind == .held
                        ? "Approve or keep it under Held removals." : exception.hint,
                    kind: exception.kind == .held ? "held" : "error",
                    since: exception.since.map { Moment($0, settings.time, now: now) },
                    tried: tried > 0 ? "tried " + Figure.count(tried, "time") : nil))
        }
        return entries
    }
}

/// The model of `held`: removals, and the question whose Central this is.
struct HeldView: Sendable {
    var question: Question?
    var groups: [Group]
    /// Removals that a person decided to keep.
    var kept: [Group]
    /// What an answer covers: the last commit that this page shows.
    var seen: String
    var reason: String?
    var nothing: Bool

    struct Question: Sendable {
        var message: String
        var differing: String
        /// What an answer is about: when it was asked.
        var since: String
        var isApproved: Bool
    }

    struct Group: Sendable {
        var table: String
        var dataSet: String
        var title: String
        var since: Moment?
        var removals: [Removal]
        var more: String?
    }

    struct Removal: Sendable {
        var key: String
        var message: String
        /// Set once it was approved and until the next synchronisation acts on it.
        var approvedUntil: Moment?
    }
}

extension Console {
    func heldView() async -> HeldView {
        let state = await connections.refresh()
        let now = settings.now()
        guard let oneclick = state.oneclick else {
            return HeldView(
                groups: [], kept: [], seen: "", reason: state.oneclickError, nothing: false)
        }
        let roots = oneclick.exceptions.filter { $0.origin == nil }
        let groups = self.groups(roots.filter { $0.kind == .held }, oneclick, now)
        let kept = self.groups(roots.filter { $0.kind == .kept }, oneclick, now)
        let question = oneclick.lineageQuestion.map {
            HeldView.Question(
                message: $0.message, differing: Figure.count($0.rowsDiffering, "record"),
                since: $0.since?.exact ?? "", isApproved: $0.isApproved)
        }
        return HeldView(
            question: question, groups: groups, kept: kept,
            seen: oneclick.lastCommittedAt?.exact ?? "", reason: state.oneclickError,
            nothing: question == nil && groups.isEmpty && kept.isEmpty)
    }

    /// One group a table, in the order of the data sets.
    private func groups(
        _ exceptions: [RowException], _ oneclick: StatusAnswer, _ now: Timestamp
    ) -> [HeldView.Group] {
        settings.shapes.dataSets.flatMap { set in
            set.tables.compactMap { table -> HeldView.Group? in
                let found = exceptions.filter { $0.table == table }.sorted { $0.key < $1.key }
                guard !found.isEmpty else { return nil }
                let isHeld = found[0].kind == .held
                let rows = found.reduce(0) { $0 + $1.rows }
                let all = isHeld ? max(rows, oneclick.waiting[table]?.held ?? 0) : rows
                return HeldView.Group(
                    table: table.rawValue, dataSet: set.name, title: Figure.count(all, "record"),
                    since: found.compactMap(\.since).min().map {
                        Moment($0, settings.time, now: now)
                    },
                    removals: found.prefix(ErrorsView.entriesMax).map { exception in
                        HeldView.Removal(
                            key: Self.text(exception.key), message: exception.message,
                            approvedUntil: approval(of: exception, oneclick, now).map {
                                Moment($0, settings.time, now: now)
                            })
                    },
                    more: found.count > ErrorsView.entriesMax
                        ? "... and \(Figure.grouped(found.count - ErrorsView.entriesMax)) more"
                        : nil)
            }
        }
    }

    private func approval(
        of exception: RowException, _ oneclick: StatusAnswer, _ now: Timestamp
    ) -> Timestamp? {
        guard exception.kind == .held else { return nil }
        return oneclick.approvals?.first {
            $0.table == exception.table && $0.key == exception.key && $0.until > now
        }?.until
    }

    /// A key in a form: as JSON, which is what it is on the wire.
    private static func text(_ key: Key) -> String {
        (try? WireJSON.encode(key)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
