import OneClickStore
import SyncModel
import SyncProtocol

extension StoreConformance {
    static let isolationLaws: [Law<StoreKind>] = [
        Law("two practices with the same runs, loads and keys do not see each other") {
            try await worksSideBySide($0)
        },
        Law("one practice's access opens nothing of another") { try await confinesAccess($0) },
        Law("an answer given by one practice answers nothing of another") { kind in
            let (practice, _) = try await loaded(kind)
            let neighbour = try await practice.neighbour()
            try await neighbour.load(StoreModel(practice.world))
            let gone = Array(try await practice.contents()["clients"].keys)
            try await practice.change(["clients": gone.map(Replace.removal)])
            let before = try await practice.everything()
            try require(!before.status.exceptions.isEmpty, "nothing is held")
            try requireEqual(
                try await neighbour.answer(.approve, "clients").answered, 0, "answered")
            await ignoring { try await neighbour.answer(.keep, "clients", keys: gone) }
            try require(try await practice.everything() == before, "the answer had an effect")
        },
    ]

    private static func ignoring(_ body: () async throws -> Void) async { try? await body() }

    private static func worksSideBySide(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind, limits: unguarded)
        let neighbour = try await practice.neighbour()
        try await neighbour.load(StoreModel(practice.world))
        let shared = RunID(rawValue: "shared")
        for (one, other) in [(practice, neighbour), (neighbour, practice)] {
            let before = try await other.everything()
            var run = try await one.open(shared, kind: .full)
            for shape in shapes.tables {
                let rows = keys(shape).prefix(3).map { practice.world.row(shape, $0) }
                try await run.load(shape.name, [.everything], [Replace(.everything, rows, shape)])
            }
            try require(try await other.everything() == before, "what is staged shows next door")
            let refused = RowException(
                table: "clients", key: Key(99), kind: .refused, code: "-", message: "-", hint: "-")
            try await run.commit(refused: [refused])
            try require(try await other.everything() == before, "a commit had an effect next door")
        }
        guard
            case .committed(let mine) = try await practice.state(of: shared),
            case .committed(let theirs) = try await neighbour.state(of: shared)
        else { throw BrokenLaw(description: "two runs of one name are mixed up") }
        try require(mine != theirs, "two runs of one name have one receipt")
    }

    private static func confinesAccess(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind)
        let neighbour = try await practice.neighbour()
        try await neighbour.load(StoreModel(practice.world))
        var theirs = try await neighbour.open(RunID(rawValue: "theirs"))
        try await theirs.ship("clients", [.removal(Key(1))])
        let mine = try await practice.open(RunID(rawValue: "mine"))
        // The run of one, under the practice of the other.
        var forgery = mine.access
        forgery.practice = neighbour.id
        forgery.fence = theirs.access.fence
        let forged = forgery
        let store = practice.store
        try await requireNoEffect(on: neighbour, .fenced, of: "another practice's plan") {
            _ = try await store.plan(Plan(table: "clients", entries: []), forged)
        }
        let batch = mine.batch(1, "clients", [.removal(Key(2))])
        try await requireNoEffect(on: neighbour, .fenced, of: "another practice's batch") {
            try await store.stage(batch, frame: batch.encoded(), forged)
        }
        try await requireNoEffect(on: neighbour, .fenced, of: "another practice's commit") {
            _ = try await store.commit(mine.request(), forged, now: practice.world.now)
        }
        try await store.abandon(forged, reason: "-", now: practice.world.now)
        try await requireRefusal("token", of: "a token with another practice's run") {
            _ = try await store.access(
                token: mine.token, run: theirs.id, now: practice.world.now)
        }
        try await requireRefusal(.malformed, of: "a batch of another run than its access") {
            try await store.stage(batch, frame: batch.encoded(), theirs.access)
        }
        guard case .aborted = try await practice.state(of: theirs.id) else {
            throw BrokenLaw(description: "another practice's run is told of")
        }
        try await theirs.commit()
    }
}
