import SQLDrivers
import SyncModel

/// What a person reads about removals that are held or kept. Labels are personal data: they stand
/// in these messages and nowhere else.
extension PracticeStore {
    /// The exception with the words for what it is now.
    func worded(_ exception: RowException) throws -> RowException {
        var exception = exception
        let table = TypedTable(try shape(exception.table))
        let what = try name(exception.key, table)
        (exception.message, exception.hint) =
            if let origin = exception.origin {
                Self.words(what, exception, with: try name(of: origin))
            } else {
                Self.words(what, exception)
            }
        return exception
    }

    private static func words(_ what: String, _ root: RowException) -> (String, String) {
        let gone =
            root.rows == 1
            ? "\(what) is gone from Central"
            : "All \(root.rows) rows of \(what) are gone from Central"
        if root.kind == .kept {
            return (
                gone + ", and a person decided that OneClick keeps what it has.",
                "`syncworker approve \(root.table)` with this key lets it go after all."
            )
        }
        return (
            gone
                + (root.rows == 1
                    ? ", with so many others that its removal waits for an answer."
                    : ": their removal waits for an answer."),
            "Look at the held removals (`syncworker held`) and approve them, or keep the rows."
        )
    }

    private static func words(
        _ what: String, _ share: RowException, with origin: String
    ) -> (String, String) {
        if share.code == RowException.neededCode {
            return (
                "\(what) is gone from Central, and stays because OneClick has an older version of "
                    + "\(origin) that needs it.",
                "It goes when \(origin), which is refused, is mended in Central."
            )
        }
        return share.kind == .kept
            ? (
                "\(what) stays with \(origin), which a person decided to keep.",
                "It goes when the removal of \(origin) is approved after all."
            )
            : (
                "\(what) waits with \(origin), whose fate it shares.",
                "Answer the removal of \(origin)."
            )
    }

    // MARK: How a row is called

    private func name(of origin: RowException.Origin) throws -> String {
        try name(origin.key, TypedTable(try shape(origin.table)))
    }

    /// Such as `Tom Evans (TE04) (employees 17)`, or `client_team [109, 260] of Ann Ltd (C12)`
    /// where only what it hangs on has a label.
    private func name(_ key: Key, _ table: TypedTable) throws -> String {
        let isWhole = key.values?.count == table.shape.keyCount
        let plain = "\(table.shape.name) \(isWhole ? "" : "below ")\(key)"
        if isWhole, let label = try label(key, table) { return "\(label) (\(plain))" }
        return try plain + (label(above: key, table).map { " of \($0)" } ?? "")
    }

    /// The label of the nearest row above that has one.
    private func label(above key: Key, _ table: TypedTable) throws -> String? {
        guard let link = table.shape.parent, let reference = key.values?.first,
            let parent = try keys(reference, link).first
        else { return nil }
        let above = TypedTable(try shape(link.table))
        return try label(parent, above) ?? label(above: parent, above)
    }

    private func label(_ key: Key, _ table: TypedTable) throws -> String? {
        guard table.shape.label != nil else { return nil }
        let row = try rows(table, .key(key))
        defer { row.reset() }
        guard try row.step() else { return nil }
        return table.shape.label { column in
            table.columns.firstIndex(of: column.name).map { row.text(Int32($0)) } ?? ""
        }
    }

    /// Keys of the other table's rows that a link leads to.
    func keys(_ reference: KeyValue, _ link: ParentLink) throws -> [Key] {
        let other = TypedTable(try shape(link.table))
        let row = try statement(
            "SELECT \(other.keyColumns.joined(separator: ", ")) FROM \(link.table) "
                + "WHERE practice_id = ?1 AND \(link.parentColumn) = ?2")
        row.bind(1, id.rawValue)
        row.bind(2, reference)
        defer { row.reset() }
        var keys: [Key] = []
        while try row.step() {
            let values = (0..<Int32(other.shape.keyCount)).map { index in
                row.storageClass(index) == .integer
                    ? KeyValue.integer(row.integer(index)) : .text(row.text(index))
            }
            keys.append(Key(values))
        }
        return keys
    }
}

extension RowException {
    /// The code of what stays because a refused row's older version needs it.
    static let neededCode = "needed"
}
