import SyncModel

/// A range of keys as a condition over key columns, with what to bind to its parameters.
///
/// Keys are compared as rows of values with binary collation, which is the order of their bytes;
/// the first column is compared once more alone, so that an index on it narrows the scan.
public struct RangeCondition: Sendable {
    /// SQL such as `a >= :lo0 AND (a, b) > (:lo0, :lo1)`, or `1` for no limit.
    public var sql: String
    public var parameters: [(name: String, value: KeyValue)]

    public init?(_ range: KeyRange, columns: [String], keyCount: Int) {
        guard let low = KeyCut(bound: range.after, keyCount: keyCount),
            let high = KeyCut(bound: range.upTo, keyCount: keyCount)
        else { return nil }
        var terms: [String] = []
        parameters = []
        if low.values.isEmpty {
            if low.side == .after { terms.append("0") }
        } else {
            terms += Self.terms(low, columns, name: "lo", low.side == .after ? ">" : ">=", ">=")
        }
        if high.values.isEmpty {
            if high.side == .before { terms.append("0") }
        } else {
            terms += Self.terms(high, columns, name: "hi", high.side == .after ? "<=" : "<", "<=")
        }
        for (cut, name) in [(low, "lo"), (high, "hi")] {
            for (index, value) in cut.values.enumerated() {
                parameters.append((":\(name)\(index)", value))
            }
        }
        sql = terms.isEmpty ? "1" : terms.joined(separator: " AND ")
    }

    private static func terms(
        _ cut: KeyCut, _ columns: [String], name: String, _ comparison: String, _ first: String
    ) -> [String] {
        let names = cut.values.indices.map { ":\(name)\($0)" }
        let used = zip(columns, cut.values).map { column, value in
            if case .text = value { "\(column) COLLATE BINARY" } else { column }
        }
        guard used.count > 1 else { return ["\(used[0]) \(comparison) \(names[0])"] }
        return [
            "\(used[0]) \(first) \(names[0])",
            "(\(used.joined(separator: ", "))) \(comparison) (\(names.joined(separator: ", ")))",
        ]
    }

    public func bind(to statement: SQLStatement) {
        for (name, value) in parameters {
            if let index = statement.parameter(name) { statement.bind(index, value) }
        }
    }

}
