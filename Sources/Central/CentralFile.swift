import Foundation
import GRDB
import SQLDrivers
import SyncModel

/// The file of a SQLite Central and how it is opened.
struct CentralFile: Sendable {
    var path: String
    /// How long a locked database is waited for.
    var busyTimeout: Duration = .seconds(10)

    /// Another file under the same path has another identity.
    struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    var identity: Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Whether this user may write it. A user may need the folder too: SQLite keeps its log there.
    /// A database that another program has locked may be written, only not now.
    var mayBeWritten: Bool {
        let file = URL(filePath: path).resolvingSymlinksInPath()
        return [file, file.deletingLastPathComponent()].allSatisfy { access($0.path, W_OK) == 0 }
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        let (seconds, attoseconds) = busyTimeout.components
        configuration.busyMode = .timeout(Double(seconds) + Double(attoseconds) * 1e-18)
        // A snapshot stays pinned over many calls.
        configuration.allowsUnsafeTransactions = true
        return configuration
    }

    func openForReading() throws -> DatabaseQueue {
        try checkExists()
        var configuration = configuration
        configuration.readonly = true
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA mmap_size = 1073741824")
            try db.execute(sql: "PRAGMA cache_size = -16384")
        }
        return try open(configuration)
    }

    func openForWriting() throws -> DatabaseQueue {
        try checkExists()
        return try open(configuration)
    }

    private func open(_ configuration: Configuration) throws -> DatabaseQueue {
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            // Opening alone reads nothing: ask for something that needs the file.
            _ = try queue.inDatabase { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema")
            }
            return queue
        } catch let error as DatabaseError {
            throw error.explained("Central", path: path)
        }
    }

    private func checkExists() throws {
        // SQLite would make an empty database of a path that leads nowhere.
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if exists, isFolder.boolValue {
            throw SyncError(
                .central, "\(path) is a folder, not a database.",
                hint: "Check the path of Central in the configuration.")
        }
        guard exists else {
            throw SyncError(
                .central, "There is no file \(path).",
                hint: "Check the path of Central in the configuration, and that its disk is there.")
        }
    }
}
