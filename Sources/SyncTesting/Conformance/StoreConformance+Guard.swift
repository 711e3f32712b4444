import OneClickStore
import SyncModel
import SyncProtocol

extension StoreConformance {
    static let guardLaws: [Law<StoreKind>] = [
        Law("removals beyond the limits are held, every row of them named; the rest goes on") {
            try await holds($0)
        },
        Law("removals within the limits go at once") { kind in
            let (practice, _) = try await twelve(kind)
            try await practice.remove(1...6)
            try await practice.requireClients(7...12, held: [])
        },
        Law("many small removals of a day are one large one, and yesterday's are none") {
            try await remembersADay($0)
        },
        Law("a table is never left empty without a word") { kind in
            for count in [1, 2] as [Int64] {
                let practice = try await StorePractice(kind, limits: unguarded)
                try await practice.load(clients(1...count))
                try await practice.remove(1...count)
                try await practice.requireClients(1...count, held: Array(1...count))
            }
        },
        Law("limits of one table are its own") { kind in
            var strict = RemovalLimits()
            strict.rows = 0
            strict.percent = 0
            let practice = try await StorePractice(kind, limits: ["clients": strict])
            try await practice.load(clients(1...12, periods: true))
            try await practice.change(["ap_periods": [.removal(Key(1, 10))]])
            try requireEqual(try await practice.status().exceptions, [], "exceptions")
            try await practice.remove(12...12)
            try await practice.requireClients(1...12, held: [12])
        },
        Law("the first synchronisation takes nothing from anyone: nothing is held") { kind in
            let practice = try await StorePractice(kind)
            var run = try await practice.open(kind: .full)
            let rows = clients(1...12).rows("clients").map { Replace.row($0, shape("clients")) }
            try await run.load("clients", [.everything], rows)
            try await run.ship("clients", (1...12).map { .removal(Key($0)) })
            try await run.commit()
            try await practice.requireClients([], held: [])
        },
        Law("time alone never ends a hold; the row's return does") { kind in
            let (practice, model) = try await twelve(kind)
            try await practice.remove(1...8)
            practice.world.advance(days: 30)
            try await practice.remove(1...8)
            try await practice.requireClients(1...12, held: Array(1...8))
            let back = try require(model["clients", Key(3)], "no client 3")
            try await practice.change(["clients": [.row(back, shape("clients"))]])
            try await practice.requireClients(1...12, held: [1, 2, 4, 5, 6, 7, 8])
        },
        Law("what hangs on a held parent shares its fate, also in a later commit") {
            try await sharesFate($0)
        },
        Law("what a row needs that waits for an answer stays with it") {
            try await keepsWhatIsNeeded($0)
        },
        Law("what the older version of a refused row needs stays with it, until it is mended") {
            try await keepsWhatOlderVersionsNeed($0)
        },
        Law("what hangs on a parent that went goes with it, and counts for nothing") { kind in
            let (practice, _) = try await twelve(kind, periods: true)
            try await practice.change([
                "clients": [.removal(Key(1))], "ap_periods": [removal(under: 1)],
            ])
            try requireEqual(try await practice.status().exceptions, [], "exceptions")
            try requireEqual(try await practice.contents()["ap_periods"].count, 22, "periods")
        },
    ]

    /// Clients of these ids, each with two periods if asked for.
    static func clients(_ ids: ClosedRange<Int64>, periods: Bool = false) -> StoreModel {
        let world = World(seed: 1, today: Practice.today)
        var model = StoreModel()
        for id in ids {
            model["clients", Key(id)] = world.row(shape("clients"), Key(id))
            for period in periods ? [id * 10, id * 10 + 1] : [] {
                let key = Key(id, period)
                model["ap_periods", key] = world.row(shape("ap_periods"), key)
            }
        }
        return model
    }

    /// A practice of twelve clients under the limits that ship: seven of them are too many.
    static func twelve(
        _ kind: StoreKind, periods: Bool = false
    ) async throws -> (practice: StorePractice, model: StoreModel) {
        let practice = try await StorePractice(kind)
        let model = clients(1...12, periods: periods)
        try await practice.load(model)
        return (practice, model)
    }

    /// Everything under one client is gone.
    static func removal(under client: Int64) -> Replace {
        Replace(range: .prefix(Key(client)), except: [], rows: [], rowCount: 0)
    }

    private static func holds(_ kind: StoreKind) async throws {
        let (practice, _) = try await twelve(kind)
        let new = practice.world.row(shape("clients"), Key(99))
        let changed = practice.world.row(shape("clients"), Key(12))
        let receipt = try await practice.change([
            "clients": (1...8).map { .removal(Key($0)) } + [
                .row(changed, shape("clients")), .row(new, shape("clients")),
            ]
        ])
        try await practice.requireClients(Array(1...12) + [99], held: Array(1...8))
        let contents = try await practice.contents()
        try requireEqual(contents["clients", Key(12)], changed, "a changed row")
        try requireEqual(receipt.counts["clients"]?.removed, 0, "removed")
        let status = try await practice.status()
        try requireEqual(receipt.exceptions, status.exceptions, "what the receipt lists")
        for exception in receipt.exceptions {
            try requireEqual(exception.kind, .held, "kind of exception")
            try require(exception.origin == nil, "a hold of its own names a parent")
            try require(
                !exception.message.isEmpty && !exception.hint.isEmpty && exception.since != nil,
                "a hold that tells a person nothing: \(exception)")
        }
    }

    private static func remembersADay(_ kind: StoreKind) async throws {
        let (practice, _) = try await twelve(kind)
        for id in 1...6 as ClosedRange<Int64> { try await practice.remove(id...id) }
        try await practice.requireClients(7...12, held: [])
        try await practice.remove(7...7)
        try await practice.requireClients(7...12, held: [7])
        let (later, _) = try await twelve(kind)
        try await later.remove(1...6)
        later.world.advance(days: 1)
        try await later.remove(7...9)
        try await later.requireClients(10...12, held: [])
    }

    private static func sharesFate(_ kind: StoreKind) async throws {
        let (practice, model) = try await twelve(kind, periods: true)
        let gone = 1...8 as ClosedRange<Int64>
        try await practice.change([
            "clients": gone.map { .removal(Key($0)) },
            "ap_periods": gone.dropLast().map(removal(under:)),
        ])
        let now = try await practice.change(["ap_periods": [removal(under: 8)]])
        try requireSame(try await practice.contents(), model, "contents")
        for key in model["ap_periods"].keys {
            let client = try require(key.properPrefixes.first, "no path")
            let covering = now.exceptions.filter { $0.covers("ap_periods", key) }
            guard client <= Key(8) else {
                try requireEqual(covering, [], "what covers \(key)")
                continue
            }
            let origin = RowException.Origin(table: "clients", key: client)
            try requireEqual(covering.map(\.origin), [origin], "what \(key) hangs on")
        }
    }

    /// Three charts, the first of which period 10 of client 1 needs.
    private static func charted(
        _ kind: StoreKind
    ) async throws -> (practice: StorePractice, used: Key, row: TypedRow) {
        var (practice, model) = try await twelve(kind, periods: true)
        let used = Key(1, 10)
        let row = try require(model["ap_periods", used], "no period 10")
        model["ap_periods", used] = TypedRow(row.values[..<2] + [.integer(1)] + row.values[3...])
        for id in [1, 2, 3] as [Int64] { model["ap_charts", Key(id)] = TypedRow([.integer(id)]) }
        try await practice.load(model)
        return (practice, used, row)
    }

    private static func keepsWhatOlderVersionsNeed(_ kind: StoreKind) async throws {
        let (practice, used, row) = try await charted(kind)
        let refused = RowException(
            table: "ap_periods", key: used, kind: .refused, code: "-", message: "-", hint: "-")
        let gone = [Key(1), Key(2)].map(Replace.removal)
        let kept = Replace(range: .key(used), except: [used], rows: [], rowCount: 0)
        let commits =
            [["ap_periods": [kept], "ap_charts": gone], ["ap_charts": gone], [:]]
            as [[TableName: [Replace]]]
        for replaces in commits {
            let receipt = try await practice.change(replaces, refused: [refused])
            try requireEqual(
                try await practice.contents()["ap_charts"].keys.sorted(), [Key(1), Key(3)],
                "charts while one is needed")
            try requireEqual(
                receipt.exceptions.filter { $0.covers("ap_charts", Key(1)) }.map(\.origin),
                [.init(table: "ap_periods", key: used)], "why the chart stays")
        }
        let without = TypedRow(row.values[..<2] + [.null] + row.values[3...])
        try await practice.change([
            "ap_periods": [.row(without, shape("ap_periods"))], "ap_charts": gone,
        ])
        try requireEqual(
            try await practice.contents()["ap_charts"].keys.sorted(), [Key(3)], "charts left")
        try requireEqual(try await practice.status().exceptions, [], "exceptions")
    }

    private static func keepsWhatIsNeeded(_ kind: StoreKind) async throws {
        // The client of period 10 goes with too many others.
        let (practice, _, _) = try await charted(kind)
        let gone = 1...8 as ClosedRange<Int64>
        let removals =
            [
                "clients": gone.map { .removal(Key($0)) }, "ap_periods": gone.map(removal(under:)),
                "ap_charts": [.removal(Key(1)), .removal(Key(2))],
            ] as [TableName: [Replace]]
        let receipt = try await practice.change(removals)
        try requireEqual(
            try await practice.contents()["ap_charts"].keys.sorted(), [Key(1), Key(3)],
            "charts while one is needed")
        try requireEqual(
            receipt.exceptions.filter { $0.covers("ap_charts", Key(1)) }.map(\.origin),
            [.init(table: "clients", key: Key(1))], "what the chart waits for")
        try await practice.answer(.approve, "clients")
        try await practice.change(removals)
        try requireEqual(
            try await practice.contents()["ap_charts"].keys.sorted(), [Key(3)], "charts left")
    }
}

extension RowException {
    /// Whether a removal of this row waits, or was answered with "keep": by its key or a prefix.
    func covers(_ table: TableName, _ key: Key) -> Bool {
        self.table == table && kind != .refused && key.hasPrefix(self.key)
    }
}

extension StorePractice {
    /// Central has these clients no more. A run says so again for as long as a hold lasts.
    @discardableResult
    func remove(_ ids: some Sequence<Int64>) async throws -> Receipt {
        try await change(["clients": ids.map { .removal(Key($0)) }])
    }

    /// These clients are there, and removals of those wait or were answered with "keep".
    func requireClients(
        _ ids: some Sequence<Int64>, held: [Int64], _ kind: RowException.Kind = .held
    ) async throws {
        let keys = try await contents()["clients"].keys.sorted()
        try requireEqual(keys, ids.map { Key($0) }, "clients")
        let exceptions = try await status().exceptions
        let covered = keys.filter { key in exceptions.contains { $0.covers("clients", key) } }
        try requireEqual(covered, held.map { Key($0) }, "held clients")
        try requireEqual(Set(exceptions.map(\.kind)).subtracting([kind]), [], "other exceptions")
    }
}
