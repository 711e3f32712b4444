import SyncEngine
import SyncModel

/// What a finished synchronisation says of the conditions, with nothing that may not leave the
/// premises.
struct RunVerdict: Hashable, Sendable, Codable {
    enum Kind: Hashable, Sendable, Codable {
        /// Nothing was applied, and it may pass by itself or not.
        case failed(passes: Bool)
        /// Nothing was applied: the question whose Central this is waits.
        case lineage
        /// OneClick was made equal, but for what waits, is refused or cannot be read.
        case good
    }

    var kind: Kind
    var run: RunID
    var outcome: Outcome
    var startedAt: Timestamp
    /// Of the run as a whole.
    var causes: [Alert.Cause]
    /// Data sets that could not be synchronised.
    var unread: [Alert.Cause]
    /// Removals that wait.
    var held: [Alert.Count]

    /// A message says so many things; the run's record has all.
    static let causesMax = 3
    static let charactersMax = 500

    /// Nil for what says nothing: a dry run, a verify, a run that a person stopped.
    init?(_ record: RunRecord) {
        guard record.purpose == .synchronise else { return nil }
        // Those that name a record hold its label, which is personal data.
        let general = record.errors.filter { $0.key == nil }
        let ofRun = general.filter { $0.table == nil }
        switch record.outcome {
        case .stopped: return nil
        case .failed:
            kind = .failed(passes: !general.isEmpty && general.allSatisfy { $0.passes == true })
        case .held where ofRun.contains { $0.code == Self.lineageCode }: kind = .lineage
        case .held, .completedWithErrors, .succeeded: kind = .good
        }
        run = record.id
        outcome = record.outcome
        startedAt = record.startedAt
        unread = Self.unread(general.filter { $0.table != nil })
        causes = ofRun.prefix(Self.causesMax).map { Self.cause($0.message, $0.hint) }
        if case .failed = kind { causes = Array((causes + unread).prefix(Self.causesMax)) }
        held = record.dataSets.filter { $0.held > 0 }.map { .init(dataSet: $0.name, rows: $0.held) }
    }

    private static let lineageCode = "lineage"

    /// A table's own words may name a key: its data set and what to do are enough.
    private static func unread(_ problems: [RunRecord.Problem]) -> [Alert.Cause] {
        var named: Set<String> = []
        let first = problems.filter { problem in
            named.insert(problem.dataSet ?? problem.table?.rawValue ?? "").inserted
        }
        return first.prefix(causesMax).map { problem in
            let what = problem.dataSet ?? problem.table?.rawValue ?? "A table"
            return cause("\(what) could not be synchronised.", problem.hint)
        }
    }

    private static func cause(_ message: String, _ hint: String) -> Alert.Cause {
        Alert.Cause(
            message: String(message.prefix(charactersMax)), hint: String(hint.prefix(charactersMax))
        )
    }
}
