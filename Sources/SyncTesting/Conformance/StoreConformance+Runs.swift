import SyncModel
import SyncProtocol

extension StoreConformance {
    static let runLaws: [Law<StoreKind>] = [
        Law("once a later run is opened, an earlier one can write nothing") {
            try await fences($0)
        },
        Law("an ended run is told of as aborted, and can neither commit nor be opened again") {
            try await endsRuns($0)
        },
        Law("aborted is written down before it is said, also of a run never heard of") { kind in
            let (practice, _) = try await loaded(kind)
            let run = RunID(rawValue: "delayed")
            guard case .aborted = try await practice.state(of: run) else {
                throw BrokenLaw(description: "a run never heard of is not aborted")
            }
            try await requireRefusal(.fenced, of: "a run that was said to be aborted") {
                try await practice.open(run).commit()
            }
        },
        Law("questions about runs never heard of are not written down without end") { kind in
            let practice = try await StorePractice(kind)
            func ask(_ numbers: Range<Int>) async throws {
                for number in numbers {
                    _ = try await practice.state(of: RunID(rawValue: "guess \(number)"))
                }
            }
            try await ask(0..<100)
            try await requireRefusal("runs", of: "a flood of questions") {
                try await ask(100..<5_000)
            }
            practice.world.advance(days: 8)
            try await ask(5_000..<5_010)
        },
        Law("opening a run again gives the same fence and another token") { kind in
            let (practice, _) = try await loaded(kind)
            let first = try await practice.open()
            let again = try await practice.open(first.id)
            try requireEqual(again.opened.fence, first.opened.fence, "fence")
            try require(again.token != first.token, "the token is the same")
            try await again.commit()
        },
        Law("a token opens its own run alone, and expires") { kind in
            let (practice, _) = try await loaded(kind)
            let run = try await practice.open()
            for (token, id) in [(run.token, RunID(rawValue: "other")), ("guess", run.id)] {
                try await requireRefusal("token", of: "a token for another run") {
                    _ = try await practice.store.access(
                        token: token, run: id, now: practice.world.now)
                }
            }
            practice.world.advance(days: 1)
            try await requireRefusal("token", of: "yesterday's token") {
                _ = try await practice.store.access(
                    token: run.token, run: run.id, now: practice.world.now)
            }
        },
    ]

    private static func fences(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind)
        var earlier = try await practice.open(kind: .full)
        try await earlier.load(
            "clients", [KeyRange(after: KeyRange.minusInfinity, upTo: Key(4))], [])
        let later = try await practice.open()
        let calls: [(String, (StoreRun) async throws -> Void)] = [
            ("a batch", { try await $0.stage($0.batch(2, "clients", [.removal(Key(1))])) }),
            ("a batch again", { try await $0.stage($0.batch(1, "clients", [])) }),
            (
                "the begin of a load",
                { run in
                    var run = run
                    try await run.beginLoad("clients")
                }
            ),
            ("a plan", { _ = try await $0.plan("clients", []) }),
            ("a commit", { try await $0.commit() }),
        ]
        for (what, call) in calls {
            try await requireNoEffect(on: practice, .fenced, of: "\(what) of an earlier run") {
                try await call(earlier)
            }
        }
        // Its end, however late it is told, ends nobody else.
        try await earlier.abandon()
        var last = later
        let row = practice.world.row(shape("ap_periods"), Key(99, 990))
        try await last.ship("ap_periods", [.row(row, shape("ap_periods"))])
        try await last.commit(tables: ["ap_periods"])
        try requireEqual(
            try await practice.contents()["ap_periods", Key(99, 990)], row, "the later run's row")
    }

    private static func endsRuns(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind)
        var abandoned = try await practice.open()
        try await abandoned.ship("clients", [.removal(Key(1))])
        guard case .open = try await abandoned.state() else {
            throw BrokenLaw(description: "a run under way is not told of as open")
        }
        try await abandoned.abandon()
        let superseded = try await practice.open()
        _ = try await practice.open()
        for (what, run) in [("an abandoned run", abandoned), ("a superseded run", superseded)] {
            guard case .aborted(let reason) = try await run.state() else {
                throw BrokenLaw(description: "\(what) is not told of as aborted")
            }
            try require(!reason.isEmpty, "\(what) gives no reason")
            try await requireNoEffect(on: practice, .fenced, of: "the commit of \(what)") {
                try await run.commit()
            }
            try await requireNoEffect(on: practice, .fenced, of: "the opening of \(what)") {
                _ = try await practice.open(run.id)
            }
            guard case .aborted = try await run.state() else {
                throw BrokenLaw(description: "\(what) came back")
            }
        }
        // A committed run's end, told late, takes nothing back.
        let committed = try await practice.open()
        try await committed.commit()
        try await committed.abandon()
        guard case .committed = try await committed.state() else {
            throw BrokenLaw(description: "a committed run was aborted afterwards")
        }
    }
}
