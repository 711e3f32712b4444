import SyncModel
import SyncProtocol

extension StoreConformance {
    static let historyLaws: [Law<StoreKind>] = [
        Law("after any sequence of runs OneClick holds what a naive Replace would") { kind in
            for seed in 1...8 as ClosedRange<UInt64> {
                var history = try await History(kind, seed: seed)
                for _ in 0..<10 { try await history.run() }
            }
        }
    ]
}

/// Random runs on a store and on the naive model of it.
private struct History {
    let practice: StorePractice
    let seed: UInt64
    private var model = StoreModel()
    private var world: World { practice.world }

    init(_ kind: StoreKind, seed: UInt64) async throws {
        practice = try await StorePractice(
            kind, seed: seed, limits: StoreConformance.unguarded)
        self.seed = seed
    }

    /// What one run ships of one table.
    private struct Part {
        var tiles: [(range: KeyRange, replaces: [TypedReplace])] = []
        var closing: [TypedReplace] = []
    }

    mutating func run() async throws {
        var run = try await practice.open()
        let isFirst = run.opened.version == 0
        let tables = chosen(isFirst)
        var draft = model
        var counts: [TableName: Counts] = [:]
        for shape in tables {
            let hasLoad = run.opened.tables[shape.name]?.load != nil
            let part = part(shape, isFirst: isFirst, isFull: hasLoad || world.chance(oneIn: 3))
            try await ship(part, shape, &run)
            counts[shape.name] = apply(part, shape, &draft, isFirst: isFirst)
        }
        switch isFirst ? 0 : world.random(below: 6) {
        case 1: try await run.abandon()
        case 2: _ = try await practice.open()
        default:
            let receipt = try await run.commit(tables: tables.map(\.name))
            model = draft
            try requireEqual(receipt.counts, counts, "counts (seed \(seed))")
            for shape in StoreConformance.shapes.tables {
                try requireEqual(
                    receipt.rows[shape.name], model[shape.name].count,
                    "rows of \(shape.name) (seed \(seed))")
            }
        }
        try StoreConformance.requireSame(
            try await practice.contents(), model, "contents (seed \(seed))")
    }

    /// Some tables, the commit group whole.
    private func chosen(_ isFirst: Bool) -> [TableShape] {
        let hasGroup = isFirst || world.chance(oneIn: 2)
        return StoreConformance.shapes.tables.filter { shape in
            shape.isInCommitGroup ? hasGroup : isFirst || !world.chance(oneIn: 3)
        }
    }

    /// A table whose load is under way is committed with the end of a load only.
    private func part(_ shape: TableShape, isFirst: Bool, isFull: Bool) -> Part {
        let keys = StoreConformance.keys(shape)
        var part = Part()
        if isFirst || isFull {
            part.tiles = world.tiles(around: keys, cutsMax: 4).map { tile in
                // A tile found equal is covered without a row. Where OneClick is empty none is.
                guard !isFirst else { return (tile, [replace(tile, shape, isFirst)]) }
                let ranges = world.ranges(around: keys.filter(tile.contains), cutsMax: 2)
                    .compactMap(tile.intersection)
                return (tile, ranges.map { replace($0, shape, isFirst) })
            }
        }
        part.closing = world.ranges(around: keys, cutsMax: 6).map { replace($0, shape, isFirst) }
        return part
    }

    /// Random rows for a range. The first key of a table is always there: no table becomes empty.
    private func replace(_ range: KeyRange, _ shape: TableShape, _ isFirst: Bool) -> TypedReplace {
        let keys = StoreConformance.keys(shape)
        var rows: [TypedRow] = []
        var except: [Key] = []
        for key in keys where range.contains(key) {
            if key != keys[0], world.chance(oneIn: 4) { continue }
            if key != keys[0] || !isFirst, world.chance(oneIn: 8) {
                except.append(key)
            } else if world.chance(oneIn: 2), let old = model[shape.name, key] {
                rows.append(old)
            } else {
                rows.append(world.row(shape, key))
            }
        }
        return TypedReplace(range: range, rows: rows, except: except)
    }

    private func ship(_ part: Part, _ shape: TableShape, _ run: inout StoreRun) async throws {
        for tile in part.tiles {
            try await run.load(
                shape.name, [tile.range], tile.replaces.map { $0.encoded(shape) })
        }
        for replace in part.closing { try await run.ship(shape.name, [replace.encoded(shape)]) }
    }

    /// The load leaves the ranges of the closing run alone, except before the first commit, where
    /// it is in place already.
    private func apply(
        _ part: Part, _ shape: TableShape, _ draft: inout StoreModel, isFirst: Bool
    ) -> Counts {
        let closing = part.closing.map(\.range)
        var counts = Counts()
        for replace in part.tiles.flatMap(\.replaces) {
            counts += draft.apply(replace, to: shape, untouched: isFirst ? [] : closing)
        }
        for replace in part.closing { counts += draft.apply(replace, to: shape) }
        // A full has looked at every row.
        if !part.tiles.isEmpty {
            counts.unchanged = draft[shape.name].count - counts.added - counts.changed
        }
        return isFirst ? Counts(added: draft[shape.name].count) : counts
    }
}
