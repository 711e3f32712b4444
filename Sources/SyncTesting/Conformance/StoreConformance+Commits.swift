import SyncModel
import SyncProtocol

extension StoreConformance {
    static let commitLaws: [Law<StoreKind>] = [
        Law("a commit repeated answers the same receipt, byte for byte, whatever came since") {
            try await repeatsReceipt($0)
        },
        Law("a commit for another state than OneClick's applies nothing") { kind in
            let (practice, _) = try await loaded(kind)
            var run = try await practice.open()
            try await run.ship("clients", [.removal(Key(1))])
            for version in [run.opened.version - 1, run.opened.version + 1] {
                try await requireNoEffect(on: practice, .moved, of: "version \(version)") {
                    var request = run.request()
                    request.version = version
                    try await run.commit(request)
                }
            }
            try await run.commit()
        },
        Law("batches that are missing, or more than were told of, are refused") {
            try await countsBatches($0)
        },
        Law("ranges of one run that overlap are refused, in one batch or in several") {
            try await refusesOverlaps($0)
        },
        Law("a load that does not tile the key space, or is another's, cannot be ended") {
            try await refusesGaps($0)
        },
        Law("the commit group is committed together or not at all") { kind in
            let (practice, _) = try await loaded(kind)
            var run = try await practice.open()
            try await run.ship("employees", [.removal(Key([.text("E")]))])
            try await requireNoEffect(on: practice, .malformed, of: "half a commit group") {
                try await run.commit(tables: ["employees", "clients"])
            }
            try await run.commit(tables: ["employees", "client_team"])
        },
        Law("a receipt tells what was applied and what is held now") { try await tells($0) },
        Law("tables that a commit does not name keep contents and checkpoint") { kind in
            var (practice, model) = try await loaded(kind)
            let before = try await practice.status()
            var run = try await practice.open()
            let row = practice.world.row(shape("clients"), Key(99))
            try await run.ship("clients", [.row(row, shape("clients"))])
            let receipt = try await run.commit(tables: ["clients"])
            model["clients", Key(99)] = row
            try requireSame(try await practice.contents(), model, "contents")
            for table in shapes.tables.map(\.name) {
                let expected = table == "clients" ? run.checkpoint() : before.checkpoints[table]
                try requireEqual(receipt.checkpoints[table], expected, "checkpoint of \(table)")
            }
        },
    ]

    private static func repeatsReceipt(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind)
        var run = try await practice.open()
        try await run.ship("clients", [.removal(Key(1)), .removal(Key(2))])
        let receipt = try WireJSON.encode(try await run.commit())
        func check(_ when: String) async throws {
            try requireEqual(
                try WireJSON.encode(try await run.commit()), receipt, "the receipt \(when)")
            guard case .committed(let told) = try await run.state() else {
                throw BrokenLaw(description: "a committed run is not told of \(when)")
            }
            try requireEqual(try WireJSON.encode(told), receipt, "the receipt told of \(when)")
        }
        try await check("again")
        try await practice.change(["clients": [.removal(Key(3))]])
        let after = try await practice.everything()
        try await check("after a later commit")
        try require(try await practice.everything() == after, "a repeated commit had an effect")
    }

    private static func countsBatches(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind)
        let run = try await practice.open()
        try await run.stage(run.batch(1, "clients", [.removal(Key(1))]))
        try await run.stage(run.batch(3, "clients", [.removal(Key(3))]))
        for count in [0, 1, 2, 3, 4] {
            try await requireNoEffect(on: practice, "batches", of: "\(count) of batches 1 and 3") {
                var request = run.request()
                request.batches = count
                try await run.commit(request)
            }
        }
        try await run.stage(run.batch(2, "clients", [.removal(Key(2))]))
        var request = run.request()
        request.batches = 3
        try await run.commit(request)
    }

    private static func refusesOverlaps(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind)
        let low = Replace(KeyRange(after: Key(1), upTo: Key(4)), [], shape("clients"))
        let high = Replace(KeyRange(after: Key(3), upTo: Key(6)), [], shape("clients"))
        let empty = Replace(KeyRange(after: Key(6), upTo: Key(6)), [], shape("clients"))
        for batches in [[[low, high]], [[low], [high]], [[low], [low]], [[empty]]] {
            try await requireNoEffect(on: practice, .malformed, of: "\(batches)") {
                var run = try await practice.open()
                for replaces in batches { try await run.ship("clients", replaces) }
                try await run.commit()
            }
        }
    }

    private static func refusesGaps(_ kind: StoreKind) async throws {
        let (practice, _) = try await loaded(kind)
        var run = try await practice.open(kind: .full)
        try await run.load("clients", [KeyRange(after: KeyRange.minusInfinity, upTo: Key(4))], [])
        try await requireNoEffect(on: practice, .malformed, of: "a load with a gap at the end") {
            try await run.commit()
        }
        try await run.load("clients", [KeyRange(after: Key(5), upTo: KeyRange.plusInfinity)], [])
        try await requireNoEffect(on: practice, .malformed, of: "a load with a gap within") {
            try await run.commit()
        }
        for load in [nil, LoadID(rawValue: "other")] {
            try await requireNoEffect(on: practice, .malformed, of: "the end of another load") {
                var request = run.request()
                request.tables["clients"]?.load = load
                try await run.commit(request)
            }
        }
        try await run.load("clients", [KeyRange(after: Key(4), upTo: Key(5))], [])
        try await run.commit()
    }

    private static func tells(_ kind: StoreKind) async throws {
        let (practice, model) = try await loaded(kind)
        let refused = RowException(
            table: "clients", key: Key(12), kind: .refused, code: "no_name", column: "name",
            message: "Has no name.", hint: "Give it one.")
        var run = try await practice.open()
        try await run.ship(
            "clients",
            [.row(practice.world.row(shape("clients"), Key(99)), shape("clients"))])
        let receipt = try await run.commit(refused: [refused])
        try requireEqual(receipt.run, run.id, "run")
        try requireEqual(receipt.version, run.opened.version + 1, "version")
        try requireEqual(receipt.counts["clients"], Counts(added: 1, errors: 1), "counts")
        for table in shapes.tables.map(\.name) {
            let expected = model[table].count + (table == "clients" ? 1 : 0)
            try requireEqual(receipt.rows[table], expected, "rows of \(table)")
        }
        try requireEqual(receipt.exceptions.map(\.key), [Key(12)], "exceptions")
        try requireEqual(receipt.exceptions[0].code, "no_name", "why it is refused")
        let since = try require(receipt.exceptions[0].since, "nobody knows since when")
        // Refused again, it keeps its beginning; not named again, it has ended.
        practice.world.advance(days: 1)
        let again = try await practice.change([:], refused: [refused])
        try requireEqual(again.exceptions.map(\.since), [since], "since when")
        try requireEqual(try await practice.change([:]).exceptions, [], "exceptions")
    }
}
