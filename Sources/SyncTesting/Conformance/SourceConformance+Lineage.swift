import Catalogue
import SyncEngine
import SyncModel
import SyncProtocol

extension SourceConformance {
    static let markLaws: [Law<CentralKind>] = [
        Law("a mark that was inserted is known to later snapshots, also inserted twice") { kind in
            let it = try await OpenCentral(kind.office(2, 11))
            let checkpoints = it.checkpoints(try await it.pin(), mark: first)
            try await it.source.insert(first, after: nil)
            try await it.source.insert(first, after: nil)
            try requireEqual(
                try await it.pin(checkpoints, latestMark: first).lineage, .intact, "lineage")
        },
        Law("a mark that is missing breaks the lineage, wherever OneClick names it") {
            try await missesMarks(try await OpenCentral($0.office(2, 12)))
        },
        Law("an approved question is followed in the Central whose mark it names, in no other") {
            try await followsApproval(try await OpenCentral($0.office(2, 13)))
        },
        Law("no mark is set in a Central that went back since its snapshot") {
            try await marksNoOther(try await OpenCentral($0.office(2, 19)))
        },
        Law("a mark whose successor has a successor says that OneClick went back") {
            try await noticesAnEarlierOneClick(try await OpenCentral($0.office(2, 14)))
        },
    ]

    static let epochLaws: [Law<CentralKind>] = [
        Law("work of the office leaves epochs as they are") { kind in
            let it = try await OpenCentral(kind.office(6, 15))
            let before = try await it.pin()
            var office = TestOffice(seed: 15)
            try await it.central.work(&office, steps: 40, today: Practice.today)
            try requireEqual(
                try await it.pin().tables.mapValues(\.epoch), before.tables.mapValues(\.epoch),
                "epochs")
        },
        Law("a table that was altered has another epoch") { kind in
            let it = try await OpenCentral(kind.office(2, 16))
            let checkpoints = it.checkpoints(try await it.pin())
            await it.source.unpin()
            try await it.central.office("ALTER TABLE business ADD COLUMN note TEXT")
            let altered = try await it.pin(checkpoints).tables["businesses"]
            try requireEqual(altered?.fullReason, .captureChanged, "why businesses is read in full")
        },
        Law("changes that capture missed are found: every table is read in full") {
            try await noticesStoppedCapture(try await OpenCentral($0.office(2, 17)))
        },
        Law("capture removed and installed again is not another Central") {
            try await survivesReinstallation(try await OpenCentral($0.office(2, 18)))
        },
    ]

    private static let first = Mark(rawValue: "first")
    private static let second = Mark(rawValue: "second")
    private static let third = Mark(rawValue: "third")
    private static let missing = Mark(rawValue: "missing")

    private static func requireBroken(_ lineage: Lineage, _ where: String) throws {
        guard case .broken(let reason) = lineage else {
            throw BrokenLaw(description: "\(`where`) a missing mark gave \(lineage)")
        }
        try require(!reason.isEmpty, "a broken lineage gives no reason")
    }

    private static func missesMarks(_ it: OpenCentral) async throws {
        let snapshot = try await it.pin()
        try await it.source.insert(first, after: nil)
        let known = it.checkpoints(snapshot, mark: first)
        try requireBroken(
            try await it.pin(known, latestMark: missing).lineage, "as OneClick's latest mark")
        var one = known
        one["businesses"]?.mark = missing
        try requireBroken(
            try await it.pin(one, latestMark: first).lineage, "in a single checkpoint")
        let base = try require(known["clients"], "no clients")
        var load = Load(id: LoadID(rawValue: "load"), base: base, latestMark: missing)
        try requireBroken(
            try await it.pin(known, loads: ["clients": load], latestMark: first).lineage,
            "as a load's latest mark")
        load.latestMark = first
        load.base.mark = missing
        try requireBroken(
            try await it.pin(known, loads: ["clients": load], latestMark: first).lineage,
            "under a load")
    }

    private static func followsApproval(_ it: OpenCentral) async throws {
        let checkpoints = it.checkpoints(try await it.pin(), mark: missing)
        try await it.source.insert(first, after: nil)
        func lineage(approving mark: Mark) async throws -> Lineage {
            let question = LineageQuestion(
                message: "-", rowsDiffering: 0, mark: mark, isApproved: true)
            return try await it.pin(checkpoints, latestMark: missing, approved: question).lineage
        }
        try requireEqual(try await lineage(approving: first), .approved, "the approved Central")
        try requireBroken(try await lineage(approving: second), "under another's approval")
        try await it.central.office("ALTER TABLE syncworker_mark RENAME TO elsewhere")
        try requireBroken(try await lineage(approving: first), "where there are no marks at all")
        try await it.central.office("ALTER TABLE elsewhere RENAME TO syncworker_mark")
        // An approval that is not needed any more changes nothing.
        let intact = it.checkpoints(try await it.pin(), mark: first)
        try requireEqual(try await it.pin(intact, latestMark: first).lineage, .intact, "lineage")
    }

    private static func marksNoOther(_ it: OpenCentral) async throws {
        let backup = try await it.central.backUp()
        let checkpoints = it.checkpoints(try await it.pin(), mark: first)
        try await it.source.insert(first, after: nil)
        try await it.central.office("UPDATE contact SET name = 'Seen'")
        _ = try await it.pin(checkpoints, latestMark: first)
        try await it.central.restore(backup)
        for _ in 1...3 { try await it.central.office("UPDATE contact SET name = name || '.'") }
        try await requireRefusal(.central, of: "a mark in a Central that went back") {
            try await it.source.insert(second, after: first)
        }
    }

    private static func noticesAnEarlierOneClick(_ it: OpenCentral) async throws {
        let checkpoints = it.checkpoints(try await it.pin(), mark: first)
        try await it.source.insert(first, after: nil)
        try await it.source.insert(second, after: first)
        // It may be the unused mark of a run that crashed.
        try requireEqual(
            try await it.pin(checkpoints, latestMark: first).lineage, .intact, "one successor")
        try await it.source.insert(third, after: second)
        guard case .cloudWentBack = try await it.pin(checkpoints, latestMark: first).lineage else {
            throw BrokenLaw(description: "an earlier OneClick was not noticed")
        }
    }

    private static func noticesStoppedCapture(_ it: OpenCentral) async throws {
        let before = try await it.pin()
        let checkpoints = it.checkpoints(before)
        await it.source.unpin()
        try await it.central.stopCapture()
        let stopped = try await it.pin(checkpoints)
        try require(!stopped.isCaptured, "a Central without triggers says that it captures changes")
        try require(!stopped.notes.isEmpty, "nobody is told that capture has stopped")
        await it.source.unpin()
        try await it.central.office("UPDATE contact SET name = 'Unnoticed'")
        try await it.central.installCapture()
        let mended = try await it.pin(checkpoints)
        try require(mended.isCaptured, "capture was installed again, and is not there")
        for (name, table) in mended.tables {
            try require(
                stopped.tables[name]?.fullReason != nil && table.fullReason != nil,
                "\(name) would miss what happened while capture was stopped")
            try require(table.epoch != before.tables[name]?.epoch, "\(name) kept its epoch")
        }
    }

    private static func survivesReinstallation(_ it: OpenCentral) async throws {
        try await it.central.office("UPDATE contact SET name = 'Noted'")
        let checkpoints = it.checkpoints(try await it.pin(), mark: first)
        try await it.source.insert(first, after: nil)
        await it.source.unpin()
        try await it.central.removeCapture()
        try await it.central.installCapture()
        let again = try await it.pin(checkpoints, latestMark: first)
        try requireEqual(again.lineage, .intact, "the lineage of the same Central")
        for (name, table) in again.tables {
            try require(table.fullReason != nil, "\(name) would miss what happened in between")
        }
    }
}
