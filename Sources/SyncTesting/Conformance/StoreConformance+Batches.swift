import SyncModel
import SyncProtocol

extension StoreConformance {
    static let batchLaws: [Law<StoreKind>] = [
        Law("a batch may arrive twice; its number with other content is refused") {
            try await takesBatchesOnce($0)
        },
        Law("Replace is idempotent: sent again by a later run it changes nothing") {
            try await replacesIdempotently($0)
        },
        Law("what is staged shows at the commit, all at once") { try await showsAtOnce($0) },
        Law("a load is taken up again by a later run, tile by tile") { try await takesUpLoad($0) },
        Law("the latest mark of a load never goes back") { try await keepsLatestMark($0) },
        Law("tiles of a load that overlap, or that it was not begun for, are refused") {
            try await refusesTiles($0)
        },
        Law("rows out of order, outside their range, excepted or beyond their type are refused") {
            try await refusesRows($0)
        },
    ]

    private static let clients = shape("clients")

    private static func takesBatchesOnce(_ kind: StoreKind) async throws {
        var (practice, model) = try await loaded(kind)
        var run = try await practice.open()
        let row = practice.world.row(clients, Key(99))
        try await run.ship("clients", [.row(row, clients)])
        try await run.stage(run.batch(1, "clients", [.row(row, clients)]))
        try await requireRefusal(.malformed, of: "other content under the same number") {
            try await run.stage(run.batch(1, "clients", [.removal(Key(99))]))
        }
        try await requireRefusal(.malformed, of: "a batch without a number") {
            try await run.stage(run.batch(0, "clients", []))
        }
        let receipt = try await run.commit()
        try requireEqual(receipt.counts["clients"], Counts(added: 1), "what was counted")
        model["clients", Key(99)] = row
        try requireSame(try await practice.contents(), model, "contents")
    }

    private static func replacesIdempotently(_ kind: StoreKind) async throws {
        var (practice, model) = try await loaded(kind, limits: unguarded)
        let range = KeyRange(after: Key(3), upTo: Key(9))
        let rows = (4...7 as ClosedRange<Int64>).map { practice.world.row(clients, Key($0)) }
        let replace = TypedReplace(range: range, rows: rows)
        let counts = model.apply(replace, to: clients)
        let first = try await practice.change(["clients": [replace.encoded(clients)]])
        try requireEqual(first.counts["clients"], counts, "the first time")
        let second = try await practice.change(["clients": [replace.encoded(clients)]])
        try requireEqual(
            second.counts["clients"], Counts(unchanged: rows.count), "the second time")
        try requireSame(try await practice.contents(), model, "contents")
    }

    private static func showsAtOnce(_ kind: StoreKind) async throws {
        var (practice, model) = try await loaded(kind, limits: unguarded)
        let before = try await practice.everything()
        var run = try await practice.open(kind: .full)
        let row = practice.world.row(clients, Key(99))
        try await run.ship("clients", [.row(row, clients), .removal(Key(1))])
        let periods = shape("ap_periods")
        let period = practice.world.row(periods, Key(99, 990))
        try await run.load("ap_periods", [.everything], [Replace(.everything, [period], periods)])
        try require(try await practice.everything() == before, "staged rows show before the commit")
        try await run.commit()
        model["clients", Key(99)] = row
        model["clients", Key(1)] = nil
        model["ap_periods"] = [Key(99, 990): period]
        try requireSame(try await practice.contents(), model, "contents after the commit")
    }

    private static func takesUpLoad(_ kind: StoreKind) async throws {
        var (practice, model) = try await loaded(kind, limits: unguarded)
        let tiles = [
            KeyRange(after: KeyRange.minusInfinity, upTo: Key(4)),
            KeyRange(after: Key(4), upTo: Key(8)),
            KeyRange(after: Key(8), upTo: KeyRange.plusInfinity),
        ]
        let rows = (1...12 as ClosedRange<Int64>).map { practice.world.row(clients, Key($0)) }
        func replace(_ tile: KeyRange) -> Replace {
            Replace(tile, rows.filter { tile.contains($0.key(clients)) }, clients, except: [])
        }
        var first = try await practice.open(kind: .full)
        try await first.load("clients", [tiles[2]], [replace(tiles[2])])
        try await first.load("clients", [tiles[0]], [replace(tiles[0])])
        let load = try require(first.loads["clients"], "no load")
        try await first.abandon()

        var second = try await practice.open()
        let known = second.opened.tables["clients"]?.load
        try requireEqual(known?.id, load, "the load under way")
        try requireEqual(known?.base, first.checkpoint(), "where it began")
        try requireEqual(known?.done, [tiles[0], tiles[2]], "its tiles")
        try await second.load("clients", [tiles[1]], [replace(tiles[1])], takingUp: load)
        try await second.commit()
        model["clients"] = Dictionary(uniqueKeysWithValues: rows.map { ($0.key(clients), $0) })
        try requireSame(try await practice.contents(), model, "contents")
        let third = try await practice.open()
        try requireEqual(third.opened.tables["clients"]?.load, nil, "the load after its commit")
    }

    /// Batches arrive as the network pleases; the numbers say in which order they were read.
    private static func keepsLatestMark(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind)
        let tiles = (1...3 as ClosedRange<Int64>).map {
            KeyRange(after: Key($0), upTo: Key($0 + 1))
        }
        var load: LoadID?
        func take(_ number: Int, _ tile: KeyRange, _ mark: String, in run: StoreRun) async throws {
            var batch = run.batch(number, "clients", [], load: load, covers: [tile])
            batch.mark = Mark(rawValue: mark)
            try await run.stage(batch)
        }
        func requireLatest(_ mark: String) async throws -> StoreRun {
            let next = try await practice.open()
            let known = next.opened.tables["clients"]?.load?.latestMark
            try requireEqual(known, Mark(rawValue: mark), "the load's latest mark")
            return next
        }
        var first = try await practice.open(kind: .full)
        try await first.beginLoad("clients")
        load = first.loads["clients"]
        try await take(3, tiles[0], "late", in: first)
        try await take(2, tiles[1], "early", in: first)
        let second = try await requireLatest("late")
        try await take(1, tiles[2], "later", in: second)
        _ = try await requireLatest("later")
    }

    private static func refusesTiles(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind)
        var run = try await practice.open(kind: .full)
        let middle = KeyRange(after: Key(4), upTo: Key(8))
        try await run.load("clients", [middle], [])
        let load = run.loads["clients"]
        let bad: [(String, Batch)] = [
            ("a tile twice", run.batch(2, "clients", [], load: load, covers: [middle])),
            (
                "a tile over another",
                run.batch(
                    2, "clients", [], load: load, covers: [KeyRange(after: Key(7), upTo: Key(9))])
            ),
            (
                "an empty tile",
                run.batch(
                    2, "clients", [], load: load, covers: [KeyRange(after: Key(9), upTo: Key(9))])
            ),
            (
                "tiles of a load not begun",
                run.batch(
                    2, "clients", [], load: LoadID(rawValue: "other"),
                    covers: [KeyRange(after: Key(8), upTo: Key(9))])
            ),
            (
                "tiles without a load",
                run.batch(2, "clients", [], covers: [KeyRange(after: Key(8), upTo: Key(9))])
            ),
            (
                "rows outside the tiles of their batch",
                run.batch(
                    2, "clients", [.removal(Key(2))], load: load,
                    covers: [KeyRange(after: Key(8), upTo: Key(9))])
            ),
        ]
        for (what, batch) in bad {
            try await requireNoEffect(on: practice, .malformed, of: what) {
                try await run.stage(batch)
            }
        }
    }

    private static func refusesRows(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind)
        let rows = (1...3 as ClosedRange<Int64>).map { practice.world.row(clients, Key($0)) }
        func encoded(_ rows: [TypedRow]) -> [UInt8] { rows.flatMap { $0.wire(clients) } }
        let range = KeyRange(after: KeyRange.minusInfinity, upTo: Key(2))
        var long = rows[0]
        long.values[1] = .text(String(repeating: "x", count: 51))
        var zero = rows[0]
        zero.values[1] = .text("a\0")
        let good = Replace(range, [rows[0], rows[1]], clients)
        let bad: [(String, Replace)] = [
            ("rows out of order", changed(good) { $0.rows = encoded([rows[1], rows[0]]) }),
            ("a row twice", changed(good) { $0.rows = encoded([rows[0], rows[0]]) }),
            ("a row outside its range", changed(good) { $0.rows = encoded([rows[0], rows[2]]) }),
            ("an excepted row", changed(good) { $0.except = [Key(1)] }),
            ("more rows than counted", changed(good) { $0.rowCount = 1 }),
            ("fewer rows than counted", changed(good) { $0.rowCount = 3 }),
            ("a text that is too long", Replace(range, [long], clients)),
            ("a text with U+0000", Replace(range, [zero], clients)),
        ]
        for (what, replace) in bad {
            try await requireNoEffect(on: practice, .malformed, of: what) {
                try await practice.change(["clients": [replace]])
            }
        }
    }

    private static func changed(_ replace: Replace, _ change: (inout Replace) -> Void) -> Replace {
        var replace = replace
        change(&replace)
        return replace
    }
}
