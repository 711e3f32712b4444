import Catalogue
import SyncEngine
import SyncModel
import SyncProtocol

/// The laws that every `Source` has to keep.
public enum SourceConformance {
    /// Laws of every Central, and those that only change capture makes possible.
    public static let laws = readingLaws + valueLaws + snapshotLaws
    public static let lawsOfCapture = changeLaws + markLaws + epochLaws

    /// Every law on every kind of Central that it applies to.
    public static func cases(over kinds: [CentralKind]) -> [LawCase<CentralKind>] {
        kinds.flatMap { kind in
            (laws + (kind.isCaptured ? lawsOfCapture : [])).map { LawCase(law: $0, subject: kind) }
        }
    }
}

/// A Central with its source, and the calls that the laws repeat.
struct OpenCentral: Sendable {
    let central: any CentralUnderTest
    let source: any Source
    static let practice = PracticeID(rawValue: 3)

    init(_ central: any CentralUnderTest) async throws {
        self.central = central
        source = try await central.open()
    }

    var tables: [CatalogueTable] { central.catalogue.tables }

    @discardableResult
    func pin(
        _ checkpoints: [TableName: Checkpoint] = [:], loads: [TableName: Load] = [:],
        latestMark: Mark? = nil, approved: LineageQuestion? = nil
    ) async throws -> Snapshot {
        try await source.pin(
            PinRequest(
                tables: tables.map(\.name), checkpoints: checkpoints, loads: loads,
                latestMark: latestMark, approved: approved, vault: TestVault.key,
                practice: Self.practice))
    }

    /// What OneClick would hold after a commit of this snapshot.
    func checkpoints(
        _ snapshot: Snapshot, mark: Mark? = nil, asOf: LocalDate = Practice.today
    ) -> [TableName: Checkpoint] {
        snapshot.tables.mapValues { table in
            Checkpoint(
                position: snapshot.position, asOf: asOf, mark: mark, epoch: table.epoch,
                fingerprint: table.fingerprint)
        }
    }

    func read(
        _ table: TableName, _ ranges: [KeyRange] = [.everything],
        asOf: LocalDate = Practice.today, rowsMax: Int = .max, bytesMax: Int = .max
    ) async throws -> [Chunk] {
        try await source.read(
            ReadRequest(
                table: table, ranges: ranges, asOf: asOf, rowsMax: rowsMax, bytesMax: bytesMax))
    }

    /// Everything that the pinned snapshot holds of a table.
    func contents(
        _ table: TableName, asOf: LocalDate = Practice.today
    ) async throws -> [Key: Content] {
        try await read(table, asOf: asOf).reduce(into: [:]) { $0.merge($1.contents) { $1 } }
    }

    /// Every table's contents.
    func everything(asOf: LocalDate = Practice.today) async throws -> [TableName: [Key: Content]] {
        var everything: [TableName: [Key: Content]] = [:]
        for table in tables { everything[table.name] = try await contents(table.name, asOf: asOf) }
        return everything
    }
}

/// What a source delivers of one key.
enum Content: Hashable, Sendable {
    case row(canonical: [UInt8])
    case refused(RowException)
}

extension Chunk {
    var rowKeys: [Key] { rows.rows.map(rows.key(of:)) }

    /// Canonical encodings, in the order of delivery: cipher texts differ each time.
    var canonicalRows: [[UInt8]] {
        rows.rows.map { Array(rows.bytes[$0.start..<$0.canonicalEnd]) }
    }

    var contents: [Key: Content] {
        var contents: [Key: Content] = [:]
        for (key, row) in zip(rowKeys, canonicalRows) { contents[key] = .row(canonical: row) }
        for exception in refused { contents[exception.key] = .refused(exception) }
        return contents
    }

    /// The greatest key that was read, refused or not.
    var lastKey: Key? { (rowKeys + refused.map(\.key)).max() }
}

extension [Key: Content] {
    /// Keys of which the two do not hold the same.
    func differing(from other: Self) -> [Key] {
        Set(keys).union(other.keys).filter { self[$0] != other[$0] }.sorted()
    }
}
