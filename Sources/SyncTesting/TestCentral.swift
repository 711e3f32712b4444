import Catalogue
import Central
import Foundation
import GRDB
import SampleOffice
import SyncEngine
import SyncModel

/// A SQLite Central in a folder of its own, for as long as a test lasts.
public final class TestCentral: Sendable {
    /// Where Central and everything that lies beside it stands.
    public let folder: TestFolder
    public let path: String
    public let catalogue: Catalogue
    private let queue: DatabaseQueue

    /// Under which sealed values of every test are compared.
    public static let fingerprintKey = [UInt8](repeating: 7, count: 32)

    /// - Parameters:
    ///   - isCaptured: whether change capture is installed.
    ///   - fill: makes the new Central's tables and puts rows into them.
    public init(
        catalogue: Catalogue, isCaptured: Bool, fill: (Database) throws -> Void
    ) throws {
        self.catalogue = catalogue
        folder = try TestFolder()
        path = folder.path(of: "central.db")
        queue = try DatabaseQueue(path: path)
        try Self.useWriteAheadLog(queue)
        try queue.write(fill)
        if isCaptured { try installCapture() }
    }

    deinit { try? queue.close() }

    private static func useWriteAheadLog(_ queue: DatabaseQueue) throws {
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    }

    public func installCapture() throws {
        _ = try Capture.install(path: path, catalogue: catalogue)
    }

    public func open(
        retention: Retention = Retention(), changesPerRunMax: Int = 500_000,
        now: @escaping @Sendable () -> Timestamp
    ) throws -> SQLiteCentral {
        try SQLiteCentral(
            path: path, catalogue: catalogue, fingerprintKey: Self.fingerprintKey,
            retention: retention, changesPerRunMax: changesPerRunMax, now: now)
    }

    // MARK: The office

    /// One transaction of the office.
    public func office(_ body: (Database) throws -> Void) throws { try queue.write(body) }

    public func office(_ sql: String) throws { try office { try $0.execute(sql: sql) } }

    public func read<T>(_ body: (Database) throws -> T) throws -> T { try queue.read(body) }

    /// A copy of Central as it is now.
    public func backUp() throws -> String {
        let copy = folder.path(of: "backup-\(UUID().uuidString).db")
        try queue.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
        return copy
    }

    /// Puts a backup's contents in Central's place, as a restore does.
    public func restore(_ backup: String) throws {
        try DatabaseQueue(path: backup).backup(to: queue)
        try Self.useWriteAheadLog(queue)
    }

    /// The rows that the catalogue's query gives as of a date, in no order.
    public func rows(_ table: CatalogueTable, asOf: LocalDate) throws -> [Row] {
        try read { db in
            let hasDate = table.query.contains(":as_of")
            return try Row.fetchAll(
                db, sql: table.query, arguments: hasDate ? ["as_of": asOf.description] : [:])
        }
    }
}
