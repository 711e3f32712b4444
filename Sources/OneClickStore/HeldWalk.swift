import SQLDrivers
import SyncModel

/// The held and kept removals of one table beside its rows, in the order of their keys: one at a
/// time, however many there are.
struct HeldWalk {
    private let holds: SQLStatement
    /// The first that was not reached yet.
    private var next: Key?
    /// Those reached that cover the last key asked about: it itself, and prefixes of it.
    private var covering: [Key] = []

    /// - Parameter range: where keys will be asked about, in ascending order.
    init(_ store: PracticeStore, _ table: TypedTable, _ range: KeyRange) throws {
        let select = """
            SELECT path FROM exceptions
            WHERE practice_id = ? AND table_name = ? AND kind <> 'refused' AND
            """
        // A hold over a prefix lies before all that it covers, and so before a range that begins
        // among that.
        let exact = try store.statement(select + " path = ?")
        let first = KeyCut(bound: range.after, keyCount: table.shape.keyCount)?.values ?? []
        for count in first.indices.map({ $0 + 1 }) where count < table.shape.keyCount {
            exact.bind(1, store.id.rawValue)
            exact.bind(2, table.shape.name.rawValue)
            exact.bind(3, Key(Array(first[..<count])).bytes)
            if try exact.step() { covering.append(Key(bytes: Array(exact.bytes(0)))) }
            exact.reset()
        }
        holds = try store.statement(select + " path > ? AND path <= ? ORDER BY path")
        holds.bind(1, store.id.rawValue)
        holds.bind(2, table.shape.name.rawValue)
        holds.bind(3, range.after.bytes)
        holds.bind(4, range.upTo.bytes)
        try advance()
    }

    private mutating func advance() throws {
        next = try holds.step() ? Key(bytes: Array(holds.bytes(0))) : nil
    }

    /// Whether nothing is held from here on.
    var isOver: Bool { next == nil && covering.isEmpty }

    mutating func covers(_ key: Key) throws -> Bool {
        covering.removeAll { !key.hasPrefix($0) }
        while let hold = next, hold <= key {
            if key.hasPrefix(hold) { covering.append(hold) }
            try advance()
        }
        return !covering.isEmpty
    }

    func end() { holds.reset() }
}
