import SyncModel
import SyncProtocol

extension StoreConformance {
    static let answerLaws: [Law<StoreKind>] = [
        Law("an approval lets exactly its removals go, and is used once") {
            try await approvesExactly($0)
        },
        Law("an approval of some keys is for these keys") { kind in
            let (practice, _) = try await twelve(kind)
            try await practice.remove(1...8)
            let answered = try await practice.answer(.approve, "clients", keys: [Key(2), Key(5)])
            try requireEqual(answered.answered, 2, "answered")
            try await practice.requireClients(1...12, held: Array(1...8))
            try await practice.remove(1...8)
            try await practice.requireClients(
                [1, 3, 4, 6, 7, 8, 9, 10, 11, 12], held: [1, 3, 4, 6, 7, 8])
        },
        Law("an approval is not for what came back and went again") {
            try await forgetsWhatReturned($0)
        },
        Law("an approval that nobody used in a week is over") { kind in
            let (practice, _) = try await twelve(kind)
            try await practice.remove(1...8)
            try await practice.answer(.approve, "clients")
            practice.world.advance(days: 8)
            try await practice.remove(1...8)
            try await practice.requireClients(1...12, held: Array(1...8))
        },
        Law("what is kept stays, however often it is gone, until it returns") {
            try await keeps($0)
        },
        Law("an answer to a parent is one to all that hangs on it") {
            try await answersChildren($0)
        },
        Law("an answer to a table is for what was held when the person looked") { kind in
            try await answersWhatWasSeen(kind)
        },
        Law("what was kept by mistake can be approved, and an approval be taken back") { kind in
            let (practice, model) = try await twelve(kind, periods: true)
            let gone = 1...8 as ClosedRange<Int64>
            let removals =
                [
                    "clients": gone.map { Replace.removal(Key($0)) },
                    "ap_periods": gone.map(removal(under:)),
                ] as [TableName: [Replace]]
            try await practice.change(removals)
            try await practice.answer(.keep, "clients")
            try await practice.answer(.approve, "clients", keys: [Key(1), Key(2)])
            let kinds =
                try await practice.status().exceptions.reduce(into: [:]) {
                    $0[$1.origin?.key ?? $1.key, default: []].insert($1.kind)
                } as [Key: Set<RowException.Kind>]
            for id in gone {
                try requireEqual(kinds[Key(id)], [id < 3 ? .held : .kept], "kinds below \(id)")
            }
            try await practice.answer(.keep, "clients", keys: [Key(2)])
            try await practice.change(removals)
            let left = try await practice.contents()
            try requireEqual(
                left["clients"].keys.sorted(), (2...12).map { Key($0) }, "clients that stay")
            try requireEqual(
                left["ap_periods"].count, model["ap_periods"].count - 2, "periods that stay")
        },
        Law("an answer about rows that are not held is refused") { kind in
            let (practice, _) = try await twelve(kind)
            try await practice.remove(1...8)
            for answer in [RemovalAnswer.approve, .keep] {
                try await requireNoEffect(on: practice, "held", of: "an answer about client 9") {
                    try await practice.answer(answer, "clients", keys: [Key(1), Key(9)])
                }
                try await requireNoEffect(on: practice, "held", of: "an answer about no table") {
                    try await practice.answer(answer, "nothing")
                }
            }
        },
    ]

    private static func approvesExactly(_ kind: StoreKind) async throws {
        let (practice, model) = try await twelve(kind)
        try await practice.remove(1...8)
        try requireEqual(try await practice.answer(.approve, "clients").answered, 8, "answered")
        // Client 1 came back; 9 and 10 are gone too, and nobody approved that.
        let back = try require(model["clients", Key(1)], "no client 1")
        try await practice.change([
            "clients": [.row(back, shape("clients"))] + (2...10).map { .removal(Key($0)) }
        ])
        let contents = try await practice.contents()["clients"].keys.sorted()
        try require(contents.contains(Key(1)), "a row that came back went")
        try requireEqual(contents.filter { (Key(2)...Key(8)).contains($0) }, [], "approved rows")
        let exceptions = try await practice.status().exceptions
        for key in [Key(9), Key(10)] {
            let isHeld = exceptions.contains { $0.covers("clients", key) }
            try require(
                contents.contains(key) == isHeld, "\(key) was covered by another's approval")
        }
        // The same rows, back and gone again: the approval was used.
        for id in 2...8 as ClosedRange<Int64> {
            let row = try require(model["clients", Key(id)], "no client \(id)")
            try await practice.change(["clients": [.row(row, shape("clients"))]])
        }
        practice.world.advance(days: 2)
        try await practice.remove(2...8)
        let again = try await practice.contents()["clients"].keys
        try require(again.contains(Key(2)), "an approval was used twice")
    }

    private static func answersWhatWasSeen(_ kind: StoreKind) async throws {
        let (practice, _) = try await twelve(kind)
        try await practice.remove(1...8)
        let seen = try await practice.status().lastCommittedAt
        try await practice.remove(9...10)
        for answer in [RemovalAnswer.keep, .approve] {
            let answered = try await practice.answer(answer, "clients", seenAt: seen).answered
            try requireEqual(answered, answer == .keep ? 8 : 0, "answered")
        }
        let kinds = try await practice.status().exceptions.map { ($0.key, $0.kind) }
        for (key, kind) in kinds {
            try requireEqual(kind, key <= Key(8) ? .kept : .held, "what became of \(key)")
        }
        try requireEqual(kinds.count, 10, "exceptions")
        let request = AnswerRequest(
            answer: .approve, table: "clients", keys: nil, seenAt: nil, person: "tester")
        try await requireNoEffect(on: practice, .malformed, of: "an answer to who knows what") {
            _ = try await practice.store.answer(
                request, practice: practice.id, now: practice.world.now)
        }
    }

    private static func forgetsWhatReturned(_ kind: StoreKind) async throws {
        let (practice, _) = try await twelve(kind)
        try await practice.remove(1...8)
        try await practice.answer(.approve, "clients")
        let changed = (1...8 as ClosedRange<Int64>).map {
            practice.world.row(shape("clients"), Key($0))
        }
        try await practice.change(["clients": changed.map { .row($0, shape("clients")) }])
        try await practice.requireClients(1...12, held: [])
        try await practice.remove(1...8)
        try await practice.requireClients(1...12, held: Array(1...8))
    }

    private static func keeps(_ kind: StoreKind) async throws {
        let (practice, model) = try await twelve(kind)
        try await practice.remove(1...8)
        try await practice.answer(.keep, "clients")
        for _ in 0..<2 {
            try await practice.remove(1...8)
            practice.world.advance(days: 30)
            try await practice.requireClients(1...12, held: Array(1...8), .kept)
        }
        let rows = (1...8 as ClosedRange<Int64>).compactMap { model["clients", Key($0)] }
        try await practice.change(["clients": rows.map { .row($0, shape("clients")) }])
        try await practice.requireClients(1...12, held: [])
    }

    private static func answersChildren(_ kind: StoreKind) async throws {
        let gone = 1...8 as ClosedRange<Int64>
        let removals =
            [
                "clients": gone.map { Replace.removal(Key($0)) },
                "ap_periods": gone.map(removal(under:)),
            ] as [TableName: [Replace]]
        let (approved, _) = try await twelve(kind, periods: true)
        try await approved.change(removals)
        try await approved.answer(.approve, "clients")
        try await approved.change(removals)
        try await approved.requireClients(9...12, held: [])
        try requireEqual(try await approved.contents()["ap_periods"].count, 8, "periods left")

        let (kept, model) = try await twelve(kind, periods: true)
        try await kept.change(["clients": removals["clients"] ?? []])
        try await kept.answer(.keep, "clients")
        try await kept.change(removals)
        try requireSame(try await kept.contents(), model, "what was kept")
        let exceptions = try await kept.status().exceptions
        try requireEqual(exceptions.map(\.kind), exceptions.map { _ in .kept }, "exceptions")
        // The clients return, and with them what hangs on them.
        try await kept.change([
            "clients": model.rows("clients").map { .row($0, shape("clients")) },
            "ap_periods": model.rows("ap_periods").map { .row($0, shape("ap_periods")) },
        ])
        try requireEqual(try await kept.status().exceptions, [], "exceptions in the end")
        try requireSame(try await kept.contents(), model, "contents in the end")
    }
}
