import Catalogue
import SyncModel

/// The triggers that note which rows of one of Central's tables changed.
///
/// `OR REPLACE` removes rows without firing DELETE triggers (unless recursive triggers are on), so
/// that BEFORE INSERT and BEFORE UPDATE note every other row that shares the new row's key or a
/// unique value (sqlite.org/lang_conflict.html). Too many notes are harmless: a key noted is only
/// read again.
struct CaptureTriggers {
    static let columnsMax = 8

    var table: BaseTable
    /// Columns to note, in the order of `o0...` and `n0...`.
    var columns: [String]

    /// Name and statement of each trigger.
    var statements: [Capture.Trigger] {
        [
            trigger("insert", "AFTER INSERT", note("I", new: true)),
            trigger("update", "AFTER UPDATE", note("U", old: true, new: true)),
            trigger("delete", "AFTER DELETE", note("D", old: true)),
            trigger("before_insert", "BEFORE INSERT", noteReplaced(exceptOld: false)),
            trigger("before_update", "BEFORE UPDATE", noteReplaced(exceptOld: true)),
        ].compactMap(\.self)
    }

    private func trigger(
        _ suffix: String, _ event: String, _ body: String?
    ) -> Capture.Trigger? {
        guard let body else { return nil }
        let name = "syncworker_\(table.name)_\(suffix)"
        return (
            name,
            "CREATE TRIGGER \(name.quoted) \(event) ON \(table.name.quoted) BEGIN \(body); END"
        )
    }

    private func note(_ operation: String, old: Bool = false, new: Bool = false) -> String {
        var names: [String] = []
        var values: [String] = []
        if old {
            names += columns.indices.map { "o\($0)" }
            values += columns.map { "OLD.\($0.quoted)" }
        }
        if new {
            names += columns.indices.map { "n\($0)" }
            values += columns.map { "NEW.\($0.quoted)" }
        }
        return insert(names) + " VALUES (" + fixed(operation) + list(values) + ")"
    }

    /// Every other row with the new row's key, or one of its unique values.
    private func noteReplaced(exceptOld: Bool) -> String? {
        guard !table.uniqueKeys.isEmpty else { return nil }
        let conflicts = table.uniqueKeys.map { key in
            key.columns.map { "\($0.name.quoted) = NEW.\($0.name.quoted) COLLATE \($0.collation)" }
                .joined(separator: " AND ")
        }
        var condition = conflicts.map { "(\($0))" }.joined(separator: " OR ")
        if exceptOld, table.hasRowID { condition = "(\(condition)) AND rowid <> OLD.rowid" }
        return insert(columns.indices.map { "o\($0)" }) + " SELECT " + fixed("D")
            + list(columns.map(\.quoted)) + " FROM \(table.name.quoted) WHERE \(condition)"
    }

    private func insert(_ names: [String]) -> String {
        "INSERT INTO syncworker_change (at, base, operation" + list(names) + ")"
    }

    private func fixed(_ operation: String) -> String {
        "CAST(strftime('%s', 'now') AS INTEGER), \(table.name.literal), '\(operation)'"
    }

    private func list(_ parts: [String]) -> String {
        parts.map { ", " + $0 }.joined()
    }
}
