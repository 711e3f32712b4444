import Catalogue
import Central
import GRDB
import SyncEngine
import SyncModel
import SyncProtocol

/// The port `Source` over a model Central: positions as PostgreSQL's snapshots of transaction
/// numbers or as SQL Server's versions, everything else the product's own reading.
///
/// Used by the world's one thread only.
final class ModelSource: Source, @unchecked Sendable {
    private struct Pinned {
        var log: ModelCentral.Log
        var request: PinRequest
        var lineage: Lineage
        var sealer: Sealer
        var readers: [TableName: [LocalDate: SnapshotReader]] = [:]
    }

    private let central: ModelCentral
    private let catalogue: Catalogue
    private let captured: [String: [String]]
    private let world: SimulatedWorld
    /// Holds the pinned snapshot.
    private let snapshot: DatabaseQueue
    private var pinned: Pinned?

    init(_ central: ModelCentral, _ catalogue: Catalogue, _ world: SimulatedWorld) throws {
        snapshot = try DatabaseQueue()
        self.central = central
        self.catalogue = catalogue
        self.world = world
        captured = Dictionary(
            uniqueKeysWithValues: catalogue.captured.map { ($0.base, $0.columns) })
    }

    // MARK: Snapshot

    func pin(_ request: PinRequest) async throws -> Snapshot {
        // A version is read before the snapshot is there: what is committed between the two is seen
        // now and told again.
        let early = central.state
        if central.flavour == .versions { try commitSomething() }
        let log = central.state
        let position = ModelPosition(central.flavour == .versions ? early : log, central.flavour)
        pinned = nil
        try central.copy(to: snapshot)
        let sealer = try Sealer(
            practice: request.practice, vault: request.vault,
            fingerprintKey: TestCentral.fingerprintKey)
        let lineage = try snapshot.inDatabase { try verdict(request, position, $0) }
        let tables = Dictionary(
            uniqueKeysWithValues: request.tables.map { ($0, table($0, request, log)) })
        pinned = Pinned(
            log: log, request: request, lineage: lineage, sealer: sealer)
        return Snapshot(
            position: Position(rawValue: position.description), tables: tables,
            lineage: lineage, isCaptured: true)
    }

    private func verdict(
        _ request: PinRequest, _ position: ModelPosition, _ db: Database
    ) throws -> Lineage {
        let central = CentralLineage(catalogue: catalogue, db: db, isCaptured: true)
        return try wentBack(request, position) ?? central.verdict(request)
    }

    /// A writer who is just then done.
    private func commitSomething() throws {
        let open = central.state.open.keys.sorted()
        guard !open.isEmpty, world.random(below: 2) == 0 else { return }
        try central.end(world.pick(open), commits: true)
    }

    private func wentBack(_ request: PinRequest, _ now: ModelPosition) -> Lineage? {
        let checkpoints = Array(request.checkpoints.values) + request.loads.values.map(\.base)
        let ahead = checkpoints.compactMap { ModelPosition($0.position.rawValue) }
            .contains { $0.next > now.next }
        guard ahead, request.approved == nil else { return nil }
        return .broken("Central's transaction numbers went back.")
    }

    private func table(
        _ name: TableName, _ request: PinRequest, _ log: ModelCentral.Log
    ) -> Snapshot.Table {
        let table = catalogue[name]!
        let epoch = "epoch \(log.epoch)"
        let fingerprint = table.fingerprint(sealedTo: request.vault.id)
        func reason(_ checkpoint: Checkpoint?) -> FullReason? {
            guard let checkpoint else { return .neverSynchronised }
            if checkpoint.fingerprint != fingerprint {
                return table.isDescribed(by: checkpoint.fingerprint)
                    ? .vaultKeyChanged : .catalogueChanged
            }
            guard checkpoint.epoch == epoch, let then = ModelPosition(checkpoint.position.rawValue)
            else { return .captureChanged }
            return isExpired(table, then, log) ? .historyExpired : nil
        }
        return Snapshot.Table(
            epoch: epoch, fingerprint: fingerprint,
            fullReason: reason(request.checkpoints[name]),
            loadReason: request.loads[name].flatMap { reason($0.base) })
    }

    private func isExpired(
        _ table: CatalogueTable, _ then: ModelPosition, _ log: ModelCentral.Log
    ) -> Bool {
        if central.flavour == .versions {
            return table.watches.contains { (log.purgedVersions[$0.base] ?? 0) >= then.next }
        }
        // A transaction that was open then may be the one whose changes are gone.
        return then.oldest <= log.purgedTransaction
    }

    func insert(_ mark: Mark, after predecessor: Mark?) async throws {
        if let pinned {
            let log = central.state
            let position = ModelPosition(log, central.flavour)
            let now = try central.read { try verdict(pinned.request, position, $0) }
            let isAllThere = log.entries.starts(with: pinned.log.entries) {
                $0.transaction == $1.transaction && $0.version == $1.version
            }
            guard isAllThere, !now.isBroken || now == pinned.lineage else { throw notTheOne }
        }
        try central.insert(mark, after: predecessor)
    }

    private var notTheOne: SyncError {
        SyncError(
            .central, "Central went back while it was read.",
            hint: "Nothing was applied; the next synchronisation looks at what is there.",
            recovery: .retry)
    }

    func unpin() async { pinned = nil }

    // MARK: Rows

    func affected(
        _ table: TableName, since checkpoint: Checkpoint, asOf: LocalDate
    ) async throws -> [KeyRange] {
        guard let then = ModelPosition(checkpoint.position.rawValue) else { throw noSnapshot }
        return try withReader(table, asOf) { reader, db, pinned in
            let changes = pinned.log.entries.filter { !then.sees($0, central.flavour) }
                .compactMap(\.changes)
            let numbers = "[" + changes.joined().map(String.init).joined(separator: ",") + "]"
            var affected = AffectedKeys(reader.table, captured: captured, rules: reader.rules, db)
            return try affected.ranges(
                of: ChangeSelection(
                    condition: "seq IN (SELECT value FROM json_each(?))", arguments: [numbers]),
                from: checkpoint.asOf, to: asOf)
        }
    }

    func read(_ request: ReadRequest) async throws -> [Chunk] {
        try withReader(request.table, request.asOf) { reader, _, _ in try reader.read(request) }
    }

    private func withReader<T>(
        _ name: TableName, _ asOf: LocalDate, _ body: (SnapshotReader, Database, Pinned) throws -> T
    ) throws -> T {
        guard let now = pinned, let table = catalogue[name] else { throw noSnapshot }
        return try snapshot.inDatabase { db in
            let reader =
                try now.readers[name]?[asOf]
                ?? SnapshotReader(table, db, asOf: asOf, sealer: now.sealer)
            pinned?.readers[name, default: [:]][asOf] = reader
            return try body(reader, db, now)
        }
    }

    private var noSnapshot: SyncError {
        SyncError(
            .central, "No snapshot of Central is open.", hint: "Run the synchronisation again.",
            recovery: .retry)
    }
}

/// Which transactions a snapshot sees: all before `next` that were not open.
struct ModelPosition: CustomStringConvertible {
    var next: Int
    var open: [Int]

    init(_ log: ModelCentral.Log, _ flavour: CentralFlavour) {
        if flavour == .versions {
            next = (log.entries.last?.version ?? 0) + 1
            open = []
        } else {
            next = log.nextTransaction
            open = log.open.keys.sorted()
        }
    }

    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let next = Int(parts[0]) else { return nil }
        self.next = next
        open = parts[1].split(separator: ",").compactMap { Int($0) }
    }

    var description: String { "\(next):" + open.map(String.init).joined(separator: ",") }

    /// The oldest transaction that it may not see.
    var oldest: Int { open.first ?? next }

    func sees(_ entry: ModelCentral.Entry, _ flavour: CentralFlavour) -> Bool {
        if flavour == .versions { return entry.version < next }
        return entry.transaction < next && !open.contains(entry.transaction)
    }
}
