import SyncModel
import Yams

extension YAMLReader {
    /// The watch rules of a table: for each of Central's tables one rule, or a list of them.
    mutating func watches(
        _ node: Node?, of table: String, keyCount: Int, _ uniques: [UniqueRule]
    ) -> [Watch] {
        var watches: [Watch] = []
        for (base, rules) in entries(node, of: "watch of \(table)") {
            let list: [Node]
            if case .sequence(let sequence) = rules {
                list = Array(sequence)
            } else {
                list = [rules]
            }
            for rule in list {
                let watch = watch(base, rule, of: table, keyCount: keyCount)
                if case .byValue(let column) = watch.rule,
                    !uniques.contains(where: { $0.column == column })
                {
                    report("by_value needs a unique rule for \(column) in \(table).", at: rule)
                }
                watches.append(watch)
            }
        }
        return watches
    }

    /// A rule with mistakes still watches its table, by no columns.
    private mutating func watch(
        _ base: String, _ node: Node, of table: String, keyCount: Int
    ) -> Watch {
        let known = ["key", "prefix", "lookup", "by_value", "when"]
        let entries = entries(node, of: "watch of \(table) on \(base)", known: known)
        let when = entries["when"].map { texts($0, of: "when", at: node) }
        var rules: [Watch.Rule] = []
        if let key = entries["key"] {
            let columns = texts(key, of: "key", at: node)
            if columns.count != keyCount {
                report("key names \(columns.count) columns; \(table) has \(keyCount).", at: key)
            }
            rules.append(.path(columns))
        }
        if let prefix = entries["prefix"] {
            let columns = texts(prefix, of: "prefix", at: node)
            if columns.isEmpty || columns.count >= keyCount {
                report("prefix has to name fewer columns than the key of \(table).", at: prefix)
            }
            rules.append(.path(columns))
        }
        if let lookup = entries["lookup"] {
            rules.append(.lookup(text(lookup, of: "lookup", at: node)))
        }
        if let value = entries["by_value"] {
            rules.append(.byValue(text(value, of: "by_value", at: node)))
        }
        // A name that is misspelt was reported already.
        if rules.count != 1, entries.allSatisfy({ known.contains($0.key) }) {
            report("A watch rule is exactly one of key, prefix, lookup and by_value.", at: node)
        }
        return Watch(base: base, rule: rules.first ?? .path([]), when: when, line: Self.line(node))
    }

    mutating func requires(_ node: Node?, _ shape: TableShape) -> [RequireRule] {
        entries(node, of: "require of \(shape.name)").map { column, node in
            let words = words(column, node, shape, also: [])
            return RequireRule(
                column: column, code: words.code, message: words.message, hint: words.hint)
        }
    }

    mutating func uniques(_ node: Node?, _ shape: TableShape) -> [UniqueRule] {
        entries(node, of: "unique of \(shape.name)").map { column, node in
            let words = words(column, node, shape, also: ["fold"])
            let fold = entries(node, of: "unique")["fold"]?.string ?? "exact"
            if UniqueRule.Fold(rawValue: fold) == nil {
                report("fold is exact or trimmed_lowercase, not \"\(fold)\".", at: node)
            }
            return UniqueRule(
                column: column, fold: UniqueRule.Fold(rawValue: fold) ?? .exact, code: words.code,
                message: words.message, hint: words.hint)
        }
    }

    private mutating func words(
        _ column: String, _ node: Node, _ shape: TableShape, also: [String]
    ) -> (code: String, message: String, hint: String) {
        if shape.index(of: column) == nil {
            report("A rule names the column \(column), which \(shape.name) has not.", at: node)
        }
        let entries = entries(
            node, of: "the rule for \(column)", known: ["code", "message", "hint"] + also)
        return (
            text(entries["code"], of: "code", at: node),
            text(entries["message"], of: "message", at: node),
            text(entries["hint"], of: "hint", at: node)
        )
    }
}
