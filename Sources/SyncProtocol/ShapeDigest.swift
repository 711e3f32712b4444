import SyncModel

extension TableShape {
    /// Names the shape: columns, types, key, links, commit group. Equal on both sides or no row
    /// crosses.
    public var digest: String {
        let columns = columns.map { "\($0.name) \($0.type)\($0.isNullable ? "?" : "")" }
        let links = [parent, neededBy].map { link in
            link.map { "\($0.table) \($0.column) \($0.parentColumn)" } ?? "-"
        }
        let text =
            [name.rawValue, String(keyCount)] + links + [String(isInCommitGroup)] + columns
        return RowDigest.name(of: text.joined(separator: "\n"))
    }
}

extension Shapes {
    public var digests: [TableName: String] {
        Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0.digest) })
    }
}
