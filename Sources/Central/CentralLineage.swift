import Catalogue
import Foundation
import GRDB
import SQLDrivers
import SyncEngine
import SyncModel
import SyncProtocol

/// Where a snapshot of a Central stands, and whether its history is the one of the checkpoints.
package struct CentralLineage {
    let catalogue: Catalogue
    let db: Database
    let isCaptured: Bool

    package init(catalogue: Catalogue, db: Database, isCaptured: Bool) {
        self.catalogue = catalogue
        self.db = db
        self.isCaptured = isCaptured
    }

    /// Without capture a position is what identifies the database and how far its keys have got.
    private struct Uncaptured: Codable {
        var identity: String?
        var greatest: [String: Int64]
    }

    /// The greatest change number, which only ever grows: SQLite's writers are serial, and an
    /// AUTOINCREMENT number is never given twice.
    package static func changeNumber(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db, cached: "SELECT seq FROM sqlite_sequence WHERE name = 'syncworker_change'") ?? 0
    }

    /// Changes up to and including this number may have been purged.
    func floor() throws -> Int64 {
        try Int64.fetchOne(db, cached: "SELECT value FROM syncworker_meta WHERE name = 'floor'")
            ?? 0
    }

    func position() throws -> Position {
        if isCaptured { return Position(rawValue: String(try Self.changeNumber(db))) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let state = Uncaptured(identity: try identity(), greatest: try greatestIDs())
        return Position(rawValue: String(decoding: try encoder.encode(state), as: UTF8.self))
    }

    package func verdict(_ request: PinRequest) throws -> Lineage {
        if let other = try otherHistory(request) { return other }
        guard isCaptured, let latest = request.latestMark else { return .intact }
        return try successors(of: latest)
    }

    /// Approved or broken where Central's history is not that of the checkpoints; else nil.
    func otherHistory(_ request: PinRequest) throws -> Lineage? {
        guard let reason = try contradiction(request) else { return nil }
        guard let approved = request.approved else { return .broken(reason) }
        return try isTheOne(of: approved) ? .approved : .broken(reason)
    }

    /// The approval is for the Central in which its mark stands, or which went on from where the
    /// one without capture stood, not for any other.
    private func isTheOne(of approved: LineageQuestion) throws -> Bool {
        if let mark = approved.mark { return try hasMarks() && isKnown(mark) }
        guard !isCaptured, let position = approved.position else { return false }
        return try wentBack(since: position) == nil
    }

    /// What Central does not have that OneClick knows it by, in words for a person.
    private func contradiction(_ request: PinRequest) throws -> String? {
        let checkpoints = Array(request.checkpoints.values) + request.loads.values.map(\.base)
        let marks = Set(
            checkpoints.compactMap(\.mark) + request.loads.values.compactMap(\.latestMark)
                + [request.latestMark].compactMap(\.self))
        if !marks.isEmpty, try hasMarks() {
            guard try marks.allSatisfy(isKnown) else { return try missingMark() }
        } else if !marks.isEmpty {
            return "The marks that OneClick knows this Central by are not there."
        }
        // Those of runs without capture, whichever kind this one is.
        for checkpoint in checkpoints {
            if let reason = try wentBack(since: checkpoint.position) { return reason }
        }
        guard isCaptured else { return nil }
        let number = try Self.changeNumber(db)
        let ahead = checkpoints.compactMap { Int64($0.position.rawValue) }.contains { $0 > number }
        return ahead ? "Central's change history went back." : nil
    }

    private func hasMarks() throws -> Bool {
        try Bool.fetchOne(
            db, cached: "SELECT count(*) FROM sqlite_schema WHERE name = 'syncworker_mark'")
            ?? false
    }

    private func isKnown(_ mark: Mark) throws -> Bool {
        try Bool.fetchOne(
            db, cached: "SELECT EXISTS (SELECT 1 FROM syncworker_mark WHERE token = ?)",
            arguments: [mark.rawValue]) ?? false
    }

    private func missingMark() throws -> String {
        let latest = try Int64.fetchOne(db, cached: "SELECT max(at) FROM syncworker_mark")
        let when = latest.map {
            " The last synchronisation that it knows of was at "
                + Timestamp(microsecondsSince1970: $0 * 1_000_000).inUTC + "."
        }
        return "Central is not the one that OneClick was synchronised from: it was restored from a "
            + "backup, or is a copy." + (when ?? "")
    }

    /// A mark whose successor has a successor was committed: if OneClick stands before it, OneClick
    /// is the one that went back. A single successor may be the unused mark of a crashed run.
    private func successors(of mark: Mark) throws -> Lineage {
        let count = try Int.fetchOne(
            db,
            cached: """
                SELECT count(*) FROM syncworker_mark AS a
                JOIN syncworker_mark AS b ON b.predecessor = a.token WHERE a.predecessor = ?
                """, arguments: [mark.rawValue])
        guard let count, count > 0 else { return .intact }
        return .cloudWentBack(
            "OneClick stands at an earlier state than this Central has already synchronised: it "
                + "was restored from a backup. The change history fills the gap.")
    }

    private func wentBack(since position: Position) throws -> String? {
        guard
            let before = try? JSONDecoder().decode(
                Uncaptured.self, from: Data(position.rawValue.utf8))
        else { return nil }
        if before.identity != (try identity()) {
            return "This is another database than the one that OneClick was synchronised from."
        }
        let now = try greatestIDs()
        for (table, greatest) in before.greatest.sorted(by: { $0.key < $1.key })
        where (now[table] ?? 0) < greatest {
            return "Central went back: the greatest id of \(table) is now smaller than it was."
        }
        return nil
    }

    private func identity() throws -> String? {
        try catalogue.identity.flatMap { try String.fetchOne(db, cached: $0) }
    }

    /// Per watched table with AUTOINCREMENT the greatest id ever given. Elsewhere SQLite gives the
    /// id of a deleted newest row again: a greatest id that goes back is everyday work.
    private func greatestIDs() throws -> [String: Int64] {
        guard try db.tableExists("sqlite_sequence") else { return [:] }
        var greatest: [String: Int64] = [:]
        for (base, _) in catalogue.captured {
            greatest[base] = try Int64.fetchOne(
                db, cached: "SELECT seq FROM sqlite_sequence WHERE name = ?", arguments: [base])
        }
        return greatest
    }
}
