import SyncEngine
import SyncModel

/// A run whose end the journal could not take when it came.
struct LateRecord: Sendable {
    /// As the run ended.
    private let record: RunRecord
    /// Why it could not be written down.
    private let reason: SyncError

    /// So many are kept, which a full disk of some weeks fills: the memory has an end.
    static let countMax = 1_000

    init(_ record: RunRecord, _ reason: SyncError) {
        self.record = record
        self.reason = reason
    }

    var id: RunID { record.id }

    /// Whether the run says itself that the journal failed it.
    var isTold: Bool {
        record.outcome == .failed && record.errors.contains { $0.code == reason.code.rawValue }
    }

    /// While it is not written down: a success that nobody can look up is none.
    var unwritten: RunRecord {
        guard !isTold else { return record }
        var record = record
        record.outcome = .failed
        record.errors.append(
            .init(
                dataSet: nil, table: nil, key: nil, code: reason.code.rawValue,
                message: reason.message, hint: reason.hint))
        return record
    }

    /// What is written down at last: how the run ended, and that it could not be said at once.
    var written: RunRecord {
        var record = record
        record.notes.append("Its end was written down later: \(reason.message)")
        return record
    }
}

extension [LateRecord] {
    /// Only the first can have begun in the journal, which takes nothing before it: it stays.
    mutating func add(_ late: LateRecord) {
        append(late)
        if count > LateRecord.countMax { remove(at: 1) }
    }
}
