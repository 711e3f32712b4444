import SyncModel
import SyncProtocol
import Yams

extension YAMLReader {
    mutating func catalogue(_ root: Node?) -> Catalogue {
        let top = entries(
            root, of: "the catalogue", known: ["data_sets", "commit_group", "identity", "tables"])
        let group = top["commit_group"].map { texts($0, of: "commit_group", at: root) } ?? []
        let tables = parentsFirst(
            entries(top["tables"], of: "tables").map {
                table($0.key, $0.node, commitGroup: group)
            })
        let shapes = Shapes(
            dataSets: dataSets(top["data_sets"], at: root), tables: tables.map(\.shape))
        check(shapes, commitGroup: group, at: root)
        return Catalogue(
            shapes: shapes, tables: tables,
            identity: top["identity"].map { text($0, of: "identity", at: root) }, file: file)
    }

    fileprivate mutating func dataSets(_ node: Node?, at root: Node?) -> [DataSet] {
        guard let node, case .sequence(let sequence) = node else {
            report("data_sets has to be a list.", at: node ?? root)
            return []
        }
        return sequence.map { node in
            let entries = entries(node, of: "a data set", known: ["name", "tables"])
            return DataSet(
                name: text(entries["name"], of: "name", at: node),
                tables: texts(entries["tables"], of: "tables", at: node).map(
                    TableName.init(rawValue:)))
        }
    }

    /// Every table in exactly one data set, every name known.
    fileprivate mutating func check(_ shapes: Shapes, commitGroup: [String], at root: Node?) {
        let named = shapes.dataSets.flatMap(\.tables)
        for table in named where shapes[table] == nil {
            report("data_sets names the table \(table), which is not described.", at: root)
        }
        for table in shapes.tables where named.count(where: { $0 == table.name }) != 1 {
            report("The table \(table.name) has to be in exactly one data set.", at: root)
        }
        for table in commitGroup where shapes[TableName(rawValue: table)] == nil {
            report("commit_group names the table \(table), which is not described.", at: root)
        }
    }

    /// Sorts parents before the tables that hang on them; reports what cannot be sorted.
    fileprivate mutating func parentsFirst(_ tables: [CatalogueTable]) -> [CatalogueTable] {
        var sorted: [CatalogueTable] = []
        var rest = tables
        while !rest.isEmpty {
            let ready = rest.filter { table in
                let links = [table.shape.parent, table.shape.neededBy].compactMap(\.self)
                return links.allSatisfy { link in sorted.contains { $0.name == link.table } }
            }
            if ready.isEmpty {
                for table in rest {
                    mistakes.append(
                        Mistake(
                            file: file, line: table.line,
                            text: "\(table.name) has a parent (or needed_by) that is unknown or "
                                + "hangs on it."))
                }
                return tables
            }
            sorted += ready
            rest.removeAll { table in ready.contains { $0.name == table.name } }
        }
        return sorted
    }

    fileprivate mutating func table(
        _ name: String, _ node: Node, commitGroup: [String]
    ) -> CatalogueTable {
        let entries = entries(
            node, of: "table \(name)",
            known: [
                "key", "parent", "needed_by", "columns", "query", "watch", "clock", "require",
                "unique", "label",
            ])
        let shape = shape(name, entries, at: node, commitGroup: commitGroup)
        let uniques = uniques(entries["unique"], shape)
        return CatalogueTable(
            shape: shape,
            query: text(entries["query"], of: "the query of \(name)", at: node),
            watches: watches(entries["watch"], of: name, keyCount: shape.keyCount, uniques),
            clock: entries["clock"].map { texts($0, of: "clock of \(name)", at: node) } ?? [],
            requires: requires(entries["require"], shape), uniques: uniques,
            fingerprint: RowDigest.name(of: (try? Yams.serialize(node: node)) ?? ""),
            line: Self.line(node))
    }

    fileprivate mutating func shape(
        _ name: String, _ entries: [(key: String, node: Node)], at node: Node,
        commitGroup: [String]
    ) -> TableShape {
        let key = texts(entries["key"], of: "the key of \(name)", at: node)
        let columns = self.entries(entries["columns"], of: "columns of \(name)").map {
            column($0.key, $0.node, of: name)
        }
        if columns.prefix(key.count).map(\.name) != key || key.isEmpty {
            report("The key of \(name) has to be its first columns, in order.", at: entries["key"])
        }
        for column in columns.prefix(key.count) {
            switch column.type {
            case .integer, .text:
                if column.isNullable {
                    report("The key column \(column.name) may not be NULL.", at: entries["columns"])
                }
            default:
                report(
                    "The key column \(column.name) has to be an integer or a text.",
                    at: entries["columns"])
            }
        }
        return TableShape(
            name: TableName(rawValue: name), columns: columns,
            keyCount: min(key.count, columns.count),
            parent: link(entries["parent"], "parent", of: name),
            neededBy: link(entries["needed_by"], "needed_by", of: name),
            isInCommitGroup: commitGroup.contains(name),
            label: label(entries["label"], columns, of: name))
    }

    /// A column that the table has not would stand in messages as it is written; a sealed one has
    /// to stay secret.
    private mutating func label(
        _ node: Node?, _ columns: [Column], of table: String
    ) -> String? {
        guard let node else { return nil }
        let label = text(node, of: "label of \(table)", at: node)
        for name in label.matches(of: /{([^}]*)}/).map(\.output.1) {
            let column = columns.first { $0.name == name }
            if column == nil || column?.type.isSealed == true {
                report(
                    "The label of \(table) names {\(name)}: it can only name columns of the table "
                        + "that are not sealed.", at: node)
            }
        }
        return label
    }

    private mutating func column(_ name: String, _ node: Node, of table: String) -> Column {
        var spelling = text(node, of: "the type of \(table).\(name)", at: node)
        let isNullable = spelling.hasSuffix("?")
        if isNullable { spelling.removeLast() }
        let type = ColumnType(spelling)
        if type == nil {
            report(
                "\(table).\(name) has the type \"\(spelling)\"; known are integer, decimal(p,s), "
                    + "boolean, text(max), date, timestamp, local_time, bytes(max), sealed(max).",
                at: node)
        }
        return Column(name: name, type: type ?? .integer, isNullable: isNullable)
    }

    private mutating func link(_ node: Node?, _ what: String, of table: String) -> ParentLink? {
        guard let node else { return nil }
        let entries = entries(node, of: "\(what) of \(table)", known: ["table", "by"])
        let by = self.entries(entries["by"], of: "by")
        guard by.count == 1 else {
            report("\(what) of \(table) needs \"by: { column: the other's column }\".", at: node)
            return nil
        }
        return ParentLink(
            table: TableName(
                rawValue: text(entries["table"], of: "the table of \(what)", at: node)),
            column: by[0].key,
            parentColumn: text(by[0].node, of: "the other's column", at: node))
    }
}
