import SyncModel
import SyncProtocol

extension StoreConformance {
    static let planLaws: [Law<StoreKind>] = [
        Law("a plan's answer is what a naive comparison says, whatever is asked") { kind in
            for seed in 1...6 as ClosedRange<UInt64> {
                let (practice, model) = try await loaded(kind, seed: seed)
                let run = try await practice.open()
                for _ in 0..<8 {
                    for shape in shapes.tables { try await checkPlan(run, model, shape) }
                }
            }
        },
        Law("a plan that names rows out of order, outside, or of no table is refused") { kind in
            let (practice, _) = try await loaded(kind)
            let run = try await practice.open()
            func name(_ id: Int64) -> Plan.RowName {
                Plan.RowName(key: Key(id), digest: [UInt8](repeating: 0, count: 16))
            }
            let range = KeyRange(after: Key(1), upTo: Key(5))
            for names in [[name(3), name(2)], [name(2), name(2)], [name(1)], [name(6)]] {
                try await requireRefusal(.malformed, of: "\(names)") {
                    let entry = Plan.Entry(range: range, except: [], content: .detail(names))
                    _ = try await run.plan("clients", [entry])
                }
            }
            try await requireRefusal(.malformed, of: "a table that there is not") {
                _ = try await run.plan("nothing", [])
            }
        },
        Law("held rows take no part in a probe, and are told of in a detail") {
            try await leavesHeldOut($0)
        },
        Law("so it is in whatever ranges one asks, of whole keys and of prefixes") {
            try await leavesHeldOutOfRanges($0)
        },
    ]

    private static func checkPlan(
        _ run: StoreRun, _ model: StoreModel, _ shape: TableShape
    ) async throws {
        let world = run.practice.world
        let ranges = world.ranges(around: keys(shape), cutsMax: 6)
        var entries: [Plan.Entry] = []
        var expected: [PlanAnswer.Verdict] = []
        for range in ranges {
            // What Central would hold: mostly the same, here and there another row, or none.
            var theirs = model[shape.name].filter { range.contains($0.key) }
            for key in keys(shape) where range.contains(key) && world.chance(oneIn: 8) {
                theirs[key] = world.chance(oneIn: 2) ? nil : world.row(shape, key)
            }
            let except = world.some(of: keys(shape).filter(range.contains), oneIn: 8)
            for key in except { theirs[key] = nil }
            let rows = theirs.sorted { $0.key < $1.key }.map(\.value)
            let isProbe = world.chance(oneIn: 2)
            entries.append(
                Plan.Entry(
                    range: range, except: except,
                    content: isProbe ? probe(rows, shape) : detail(rows, shape)))
            let ours = model[shape.name].filter {
                range.contains($0.key) && !except.contains($0.key)
            }
            expected.append(
                isProbe ? (ours == theirs ? .equal : .differs) : compared(ours, theirs))
        }
        try requireEqual(
            try await run.plan(shape.name, entries), expected, "\(shape.name) in \(ranges)")
    }

    static func probe(_ rows: [TypedRow], _ shape: TableShape) -> Plan.Content {
        .probe(
            count: rows.count, digest: RowDigest.of(rows.flatMap { $0.canonical(shape) }))
    }

    static func detail(_ rows: [TypedRow], _ shape: TableShape) -> Plan.Content {
        .detail(
            rows.map { row in
                Plan.RowName(
                    key: row.key(shape),
                    digest: Array(RowDigest.of(row.canonical(shape)).prefix(16)))
            })
    }

    private static func compared(
        _ ours: [Key: TypedRow], _ theirs: [Key: TypedRow]
    ) -> PlanAnswer.Verdict {
        .detail(
            PlanAnswer.Detail(
                rows: theirs.sorted { $0.key < $1.key }.map { key, row in
                    ours[key] == nil ? .added : ours[key] == row ? .equal : .changed
                },
                removed: ours.keys.filter { theirs[$0] == nil }.sorted(), held: 0))
    }

    /// All periods of eight clients are held, a prefix each, and one of two of the others.
    private static func leavesHeldOutOfRanges(_ kind: StoreKind) async throws {
        let periods = shape("ap_periods")
        let (practice, model) = try await twelve(kind, periods: true)
        let gone = model["ap_periods"].keys.filter { $0 <= Key(9) || $0.bytes.last! % 2 == 0 }
        try await practice.change(["ap_periods": gone.sorted().map(Replace.removal)])
        let held = try await practice.status().exceptions
        try requireEqual(
            held.map(\.rows).sorted(), [1, 1, 1, 1] + held.dropFirst(4).map { _ in 2 },
            "how many rows each hold stands for")
        let run = try await practice.open()
        for _ in 0..<50 {
            var entries: [Plan.Entry] = []
            var expected: [PlanAnswer.Verdict] = []
            for range in practice.world.ranges(around: keys(periods), cutsMax: 6) {
                let left = model.rows("ap_periods").filter { row in
                    range.contains(row.key(periods)) && !gone.contains(row.key(periods))
                }
                let removed = gone.filter(range.contains).sorted()
                for content in [probe(left, periods), detail(left, periods)] {
                    entries.append(Plan.Entry(range: range, except: [], content: content))
                }
                let detail = PlanAnswer.Detail(
                    rows: left.map { _ in .equal }, removed: removed, held: removed.count)
                expected += [.equal, .detail(detail)]
            }
            try requireEqual(
                try await run.plan("ap_periods", entries), expected, "\(entries.map(\.range))")
        }
    }

    private static func leavesHeldOut(_ kind: StoreKind) async throws {
        let clients = shape("clients")
        let (practice, model) = try await loaded(kind)
        let all = model["clients"].keys.sorted()
        let gone = Array(all.dropFirst())
        let left = model.rows("clients").filter { !gone.contains($0.key(clients)) }
        try await practice.change(["clients": gone.map(Replace.removal)])
        let run = try await practice.open()
        func ask(_ content: Plan.Content) async throws -> PlanAnswer.Verdict? {
            try await run.plan(
                "clients", [Plan.Entry(range: .everything, except: [], content: content)]
            ).first
        }
        try requireEqual(try await ask(probe(left, clients)), .equal, "without what is held")
        try requireEqual(
            try await ask(probe(model.rows("clients"), clients)), .differs, "with what is held")
        let detail = PlanAnswer.Detail(rows: [.equal], removed: gone, held: gone.count)
        try requireEqual(
            try await ask(self.detail(left, clients)), .detail(detail), "what is held")
        // A row that came back has to be sent, or its hold would not end.
        guard case .detail(let back)? = try await ask(self.detail(model.rows("clients"), clients))
        else { throw BrokenLaw(description: "no detail") }
        try requireEqual(
            back.rows, [.equal] + gone.map { _ in .changed }, "rows that came back")
    }
}
