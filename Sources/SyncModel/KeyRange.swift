/// An interval of keys: greater than `after`, up to and including `upTo`, compared as bytes.
///
/// A bound is the bytes of a key or of a prefix, or those followed by one `0xFF`, which stands
/// after everything that begins with them; no component of a key begins with `0xFF`. Minus infinity
/// is no bytes, plus infinity a single `0xFF`.
public struct KeyRange: Hashable, Sendable {
    public var after: Key
    public var upTo: Key

    public init(after: Key, upTo: Key) {
        self.after = after
        self.upTo = upTo
    }

    public static let minusInfinity = Key(bytes: [])
    public static let plusInfinity = Key(bytes: [0xFF])
    /// The whole key space of a table.
    public static let everything = KeyRange(after: minusInfinity, upTo: plusInfinity)

    /// All keys below `prefix`, a key's first components but not all of them.
    public static func prefix(_ prefix: Key) -> KeyRange {
        KeyRange(after: prefix, upTo: Key(bytes: prefix.bytes + [0xFF]))
    }

    /// One whole key alone.
    public static func key(_ key: Key) -> KeyRange {
        KeyRange(after: key.justBefore, upTo: key)
    }

    /// A whole key, or a prefix where `key` has fewer than `keyCount` components.
    public static func path(_ key: Key, keyCount: Int) -> KeyRange {
        (key.values?.count ?? 0) < keyCount ? .prefix(key) : .key(key)
    }

    public var isEmpty: Bool { !(after < upTo) }

    public func contains(_ key: Key) -> Bool { after < key && key <= upTo }

    public func overlaps(_ other: KeyRange) -> Bool {
        max(after, other.after) < min(upTo, other.upTo)
    }

    public func intersection(_ other: KeyRange) -> KeyRange? {
        let both = KeyRange(after: max(after, other.after), upTo: min(upTo, other.upTo))
        return both.isEmpty ? nil : both
    }
}

extension Key {
    /// The cut just before this whole key, with every smaller key on its other side: the
    /// predecessor of an integer, a text without its terminator.
    fileprivate var justBefore: Key {
        guard var values, let last = values.popLast() else { return self }
        switch last {
        case .integer(.min): return Key(values)
        case .integer(let number): return Key(values + [.integer(number - 1)])
        case .text: return Key(bytes: bytes.dropLast())
        }
    }
}

/// Where a bound cuts the order of rows: before or after all rows whose key begins with `values`.
public struct KeyCut: Hashable, Sendable {
    public enum Side: Hashable, Sendable { case before, after }
    public var values: [KeyValue]
    public var side: Side

    /// Reads a bound of a table whose keys have `keyCount` components; nil if it is none.
    public init?(bound: Key, keyCount: Int) {
        var bytes = bound.bytes[...]
        var isAfter = false
        if bytes.last == 0xFF, Self.isMarkedAfter(bytes) {
            bytes = bytes.dropLast()
            isAfter = true
        }
        if let values = Key.values(bytes), values.count <= keyCount {
            self.values = values
            side = isAfter || values.count == keyCount ? .after : .before
        } else if !isAfter, let values = Key.values(bytes + [0x00]), values.count <= keyCount {
            self.values = values
            side = .before
        } else {
            return nil
        }
    }

    /// Whether the closing `0xFF` is the mark of a bound and not the last byte of an integer.
    private static func isMarkedAfter(_ bytes: ArraySlice<UInt8>) -> Bool {
        Key.values(bytes) == nil
    }
}

extension Sequence<KeyRange> {
    /// The same keys as few, disjoint ranges in ascending order.
    public func merged() -> [KeyRange] {
        var merged: [KeyRange] = []
        for range in self.filter({ !$0.isEmpty }).sorted(by: { $0.after < $1.after }) {
            if let last = merged.last, range.after <= last.upTo {
                merged[merged.count - 1].upTo = Swift.max(last.upTo, range.upTo)
            } else {
                merged.append(range)
            }
        }
        return merged
    }
}

extension Sequence<KeyRange> {
    /// What of the key space these ranges leave open, in ascending order.
    public func gaps() -> [KeyRange] {
        var gaps: [KeyRange] = []
        var reached = KeyRange.minusInfinity
        for range in merged() {
            if reached < range.after { gaps.append(KeyRange(after: reached, upTo: range.after)) }
            reached = Swift.max(reached, range.upTo)
        }
        if reached < KeyRange.plusInfinity {
            gaps.append(KeyRange(after: reached, upTo: .init(bytes: [0xFF])))
        }
        return gaps
    }
}

extension [KeyRange] {
    /// At most `limit` ranges that hold at least the same keys: neighbours become one.
    public func coarsened(to limit: Int) -> [KeyRange] {
        let ranges = merged()
        guard ranges.count > limit else { return ranges }
        let together = (ranges.count + limit - 1) / limit
        return stride(from: 0, to: ranges.count, by: together).map { first in
            let last = Swift.min(first + together, ranges.count) - 1
            return KeyRange(after: ranges[first].after, upTo: ranges[last].upTo)
        }
    }
}

/// Disjoint ranges in ascending order, asked about keys in ascending order.
public struct RangeWalk {
    private let ranges: [KeyRange]
    /// How many ranges lie before the last key asked about.
    public private(set) var passed: Int

    /// - Parameter after: no key up to this one will be asked about.
    public init(_ ranges: [KeyRange], after: Key) {
        self.ranges = ranges
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upTo <= after { low = middle + 1 } else { high = middle }
        }
        passed = low
    }

    public mutating func contains(_ key: Key) -> Bool {
        while passed < ranges.count, ranges[passed].upTo < key { passed += 1 }
        return passed < ranges.count && ranges[passed].contains(key)
    }
}

/// The rule that the ranges of a run have to keep (disjoint), and those of a full (tiling).
public enum Tiling {
    /// Nil where no two ranges overlap, else the first that does.
    public static func overlap(in ranges: [KeyRange]) -> KeyRange? {
        let sorted = ranges.sorted { $0.after < $1.after }
        for (range, next) in zip(sorted, sorted.dropFirst()) where range.upTo > next.after {
            return next
        }
        return sorted.first { $0.isEmpty }
    }

    /// Whether the ranges cover every key from minus to plus infinity, each exactly once.
    public static func isWhole(_ ranges: [KeyRange]) -> Bool {
        overlap(in: ranges) == nil && ranges.gaps().isEmpty
    }
}
