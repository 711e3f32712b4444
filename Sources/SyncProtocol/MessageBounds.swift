import SyncModel

/// What numbers and names of a message may be, whoever sends it: the other side adds numbers up,
/// and says names in its messages.
public enum WireBounds {
    /// Of rows that are counted: any million of such numbers can be added.
    public static let rowsMax = 1 << 40
    /// One can always be added to a fence.
    public static let fenceMax = 1 << 53
    /// Of the names of tables, runs, loads and marks in a frame; of tables, servers, places and
    /// people in JSON.
    public static let nameBytesMax = 200
    /// Of a key, or a bound of a range.
    public static let keyBytesMax = 500

    static let rows = 0...rowsMax
}

/// A message that may be readable, and still say what nothing can be done with.
protocol Bounded {
    /// The first field beyond its bounds; nil where there is none.
    var fieldBeyondBounds: String? { get }
}

extension TableName {
    fileprivate var isBounded: Bool { rawValue.utf8.count <= WireBounds.nameBytesMax }
}

extension Key {
    fileprivate var isBounded: Bool { bytes.count <= WireBounds.keyBytesMax }
}

extension String {
    fileprivate var isBounded: Bool { utf8.count <= WireBounds.nameBytesMax }
}

extension EnrolmentRequest: Bounded {
    var fieldBeyondBounds: String? {
        server.isBounded ? place.isBounded ? nil : "place" : "server"
    }
}

extension TakeOverRequest: Bounded {
    var fieldBeyondBounds: String? {
        if !(0...WireBounds.fenceMax).contains(lastFence) { return "lastFence" }
        return server.isBounded ? place.isBounded ? nil : "place" : "server"
    }
}

extension OpenRequest: Bounded {
    var fieldBeyondBounds: String? {
        if !(0...WireBounds.fenceMax).contains(lastFence) { return "lastFence" }
        if !server.isBounded { return "server" }
        if !place.isBounded { return "place" }
        return shapes.count > 1_000 || !shapes.keys.allSatisfy(\.isBounded) ? "shapes" : nil
    }
}

extension OpenAnswer: Bounded {
    var fieldBeyondBounds: String? {
        if !(0...(WireBounds.fenceMax + 1)).contains(fence) { return "fence" }
        return tables.values.allSatisfy { WireBounds.rows.contains($0.rows) } ? nil : "rows"
    }
}

extension LoadRequest: Bounded {
    var fieldBeyondBounds: String? { table.isBounded ? nil : "table" }
}

extension AnswerRequest: Bounded {
    var fieldBeyondBounds: String? {
        if table?.isBounded == false { return "table" }
        if !person.isBounded { return "person" }
        if place?.isBounded == false { return "place" }
        return (keys ?? []).allSatisfy(\.isBounded) ? nil : "keys"
    }
}

extension CommitRequest: Bounded {
    var fieldBeyondBounds: String? {
        if tables.count > 1_000 || !tables.keys.allSatisfy(\.isBounded) { return "tables" }
        if !tables.values.allSatisfy({ WireBounds.rows.contains($0.unchanged) }) {
            return "unchanged"
        }
        let refused = tables.values.lazy.flatMap(\.refused)
        if !refused.allSatisfy(\.key.isBounded) { return "key" }
        return refused.allSatisfy { WireBounds.rows.contains($0.rows) } ? nil : "rows"
    }
}

extension RunState: Bounded {
    var fieldBeyondBounds: String? {
        guard case .committed(let receipt) = self else { return nil }
        return receipt.counts.values.allSatisfy(\.isBounded) ? nil : "counts"
    }
}

extension StatusAnswer: Bounded {
    var fieldBeyondBounds: String? { waiting.values.allSatisfy(\.isBounded) ? nil : "waiting" }
}

extension Counts {
    fileprivate var isBounded: Bool {
        [added, changed, removed, unchanged, held, errors].allSatisfy { number in
            WireBounds.rows.contains(number)
        }
    }
}
