import SyncModel
import Testing

@Suite("The laws of keys and ranges")
struct KeyLawTests {
    private static let seeds: ClosedRange<UInt64> = 1...40

    /// The order of rows: component by component, numbers as numbers, texts by their UTF-8.
    private static func isBefore(_ a: [KeyValue], _ b: [KeyValue]) -> Bool {
        for (a, b) in zip(a, b) where a != b {
            switch (a, b) {
            case (.integer(let a), .integer(let b)): return a < b
            case (.text(let a), .text(let b)): return a.utf8.lexicographicallyPrecedes(b.utf8)
            case (.integer, .text): return true
            case (.text, .integer): return false
            }
        }
        return a.count < b.count
    }

    @Test("The order of keys is the order of their bytes and of their values", arguments: seeds)
    func order(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let keys = (0..<40).map { _ in random.key(count: Int.random(in: 1...3, using: &random)) }
        for a in keys {
            for b in keys {
                #expect((a < b) == a.bytes.lexicographicallyPrecedes(b.bytes))
                #expect((a < b) == Self.isBefore(a.values ?? [], b.values ?? []), "\(a) \(b)")
            }
        }
    }

    @Test("The range of one key holds it alone", arguments: seeds)
    func oneKey(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...3, using: &random)
        let keys = (0..<40).map { _ in random.key(count: count) }
        for key in keys {
            let range = KeyRange.key(key)
            #expect(!range.isEmpty)
            for other in keys { #expect(range.contains(other) == (other == key)) }
            #expect(KeyCut(bound: range.after, keyCount: count) != nil)
        }
    }

    @Test("The range of a prefix holds what is below it", arguments: seeds)
    func prefix(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let keys = (0..<40).map { _ in random.key(count: 3) }
        for prefix in keys.flatMap(\.properPrefixes) {
            let range = KeyRange.prefix(prefix)
            for key in keys { #expect(range.contains(key) == key.hasPrefix(prefix)) }
            #expect(KeyCut(bound: range.upTo, keyCount: 3)?.side == .after)
        }
    }

    /// Keys and keys below them: every range of the generator has its ends between two of these.
    private static let points = (Int64(-1)...10).flatMap { [Key($0), Key($0, 0)] }

    private static func ranges(_ seed: UInt64) -> [KeyRange] {
        var random = SeededGenerator(seed: seed)
        return (0..<Int.random(in: 0...6, using: &random)).map { _ in random.range() }
    }

    @Test("Merged ranges hold the same keys, disjoint, apart and in order", arguments: seeds)
    func merged(seed: UInt64) {
        let ranges = Self.ranges(seed)
        let merged = ranges.merged()
        for point in Self.points {
            #expect(
                ranges.contains { $0.contains(point) } == merged.contains { $0.contains(point) })
        }
        #expect(Tiling.overlap(in: merged) == nil)
        for (range, next) in zip(merged, merged.dropFirst()) { #expect(range.upTo < next.after) }
        #expect(merged.merged() == merged)
        #expect(ranges.reversed().merged() == merged)
    }

    @Test("Ranges and their gaps tile the key space", arguments: seeds)
    func gaps(seed: UInt64) {
        let merged = Self.ranges(seed).merged()
        let gaps = merged.gaps()
        #expect(Tiling.isWhole(merged + gaps))
        for gap in gaps { #expect(!merged.contains { $0.overlaps(gap) }) }
        #expect(gaps.gaps() == merged)
    }

    @Test("What two ranges share", arguments: seeds)
    func intersection(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let (a, b) = (random.range(), random.range())
            let both = a.intersection(b)
            #expect(a.overlaps(b) == (both != nil))
            #expect(both == b.intersection(a))
            for point in Self.points {
                #expect(
                    (both?.contains(point) ?? false) == (a.contains(point) && b.contains(point)))
            }
        }
    }

    @Test(
        "A key space cut anywhere is whole; without a piece, or with one twice, it is not",
        arguments: seeds)
    func tiling(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let cuts = Set((0..<8).map { _ in random.key(count: 2) }).sorted()
        let bounds = [KeyRange.minusInfinity] + cuts + [KeyRange.plusInfinity]
        var tiles = zip(bounds, bounds.dropFirst()).map { KeyRange(after: $0, upTo: $1) }
        tiles.shuffle(using: &random)
        #expect(Tiling.isWhole(tiles))
        let tile = try #require(tiles.randomElement(using: &random))
        #expect(!Tiling.isWhole(tiles.filter { $0 != tile }))
        #expect(!Tiling.isWhole(tiles + [tile]))
        #expect(Tiling.overlap(in: tiles + [tile]) == tile)
    }

    @Test("An empty range is refused among those of a run")
    func emptyRange() {
        let empty = KeyRange(after: Key(5), upTo: Key(5))
        #expect(Tiling.overlap(in: [.everything]) == nil)
        #expect(Tiling.overlap(in: [empty]) == empty)
    }
}
