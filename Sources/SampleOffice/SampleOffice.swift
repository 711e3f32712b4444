import Foundation
import GRDB

/// A made-up accountancy practice in a Central of its own.
public enum SampleOffice {
    /// What decides everything that a sample holds: the same options, the same content.
    public struct Options: Sendable, Hashable {
        /// 1 up to 30,000 is realistic; up to a million is possible.
        public var clients: Int
        public var seed: UInt64
        /// Transaction lines in all; about 50 a client if nil.
        public var transactions: Int?
        /// The day that the practice is at, `YYYY-MM-DD`: who has left, what has expired.
        public var today: String
        public var practiceName: String
        /// What stands in `password_hash` of every employee who has a login; nobody signs in with
        /// an empty one.
        public var passwordHash: String

        public init(
            clients: Int, seed: UInt64, transactions: Int? = nil, today: String,
            practiceName: String = "O'Neill, Royal & Partners LLP", passwordHash: String = ""
        ) {
            self.clients = clients
            self.seed = seed
            self.transactions = transactions
            self.today = today
            self.practiceName = practiceName
            self.passwordHash = passwordHash
        }
    }

    /// How many rows each table got, in the order of the schema.
    public typealias Contents = [(table: String, rows: Int)]

    /// Makes the tables and fills them, in the caller's transaction.
    ///
    /// - Throws: `SampleOfficeError` where an option is none that a practice can have.
    @discardableResult
    public static func create(in db: Database, _ options: Options) throws -> Contents {
        let practice = try NewPractice(options)
        try CentralSchema.create(in: db)
        return try practice.fill(db)
    }

    /// Makes a new file, with write-ahead logging on. It appears under its name only when complete.
    ///
    /// - Parameter replacing: whether an existing file may be lost.
    /// - Throws: `SampleOfficeError` where an option is bad or the file exists.
    @discardableResult
    public static func create(
        at path: String, _ options: Options, replacing: Bool = false
    ) throws -> Contents {
        _ = try NewPractice(options)
        let files = FileManager.default
        guard replacing || !files.fileExists(atPath: path) else {
            throw SampleOfficeError(
                .fileExists, "There is a file \(path) already.",
                hint: "Name another one, or give --force to replace it.")
        }
        let partial = path + ".partial"
        try remove(partial)
        let contents: Contents
        do {
            contents = try write(partial, options)
        } catch {
            // Said before the removal makes room.
            let reason = explained(error, path)
            try? remove(partial)
            throw reason
        }
        try remove(path)
        try files.moveItem(atPath: partial, toPath: path)
        return contents
    }

    private static func explained(_ error: any Error, _ path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        if let full = SampleOfficeError.diskFull(error, path) { return full }
        guard error.resultCode == .SQLITE_CANTOPEN else { return error }
        return SampleOfficeError(
            .cannotWrite, "The file \(path) cannot be made.",
            hint: "Check that its folder is there and may be written to.")
    }

    private static func write(_ path: String, _ options: Options) throws -> Contents {
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            // A file that is not complete is thrown away: nothing needs to survive a crash.
            try db.execute(sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
            try db.execute(sql: "PRAGMA cache_size = -65536")
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let contents = try queue.write { try create(in: $0, options) }
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL")
        }
        try queue.close()
        return contents
    }

    /// Opens a sample that exists, for an office to work on.
    ///
    /// - Parameter busyTimeout: how long a locked Central is waited for.
    /// - Throws: `SampleOfficeError` where there is no file, or one that is no sample Central.
    public static func open(_ path: String, busyTimeout: Duration) throws -> DatabaseQueue {
        // SQLite would make an empty database of a path that leads nowhere.
        guard FileManager.default.fileExists(atPath: path) else {
            throw SampleOfficeError(
                .noFile, "There is no file \(path).",
                hint: "Check its name, or make it with `central-sample create`.")
        }
        let noCentral = SampleOfficeError(
            .noCentral, "The file \(path) is no sample Central.",
            hint: "Name one that `central-sample create` made.")
        var configuration = Configuration()
        configuration.busyMode = .timeout(busyTimeout / .seconds(1))
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            guard try queue.read(CentralSchema.isComplete) else { throw noCentral }
            return queue
        } catch let error as DatabaseError {
            if let full = SampleOfficeError.diskFull(error, path) { throw full }
            guard [.SQLITE_NOTADB, .SQLITE_CANTOPEN, .SQLITE_CORRUPT].contains(error.resultCode)
            else { throw error }
            throw noCentral
        }
    }

    /// Removes a database with the files that SQLite keeps beside it.
    private static func remove(_ path: String) throws {
        for file in [path, path + "-wal", path + "-shm", path + "-journal"]
        where FileManager.default.fileExists(atPath: file) {
            try FileManager.default.removeItem(atPath: file)
        }
    }
}
