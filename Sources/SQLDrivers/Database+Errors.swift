import Foundation
import GRDB
import SyncModel

/// What a database is opened for: it decides what a person does when it fails.
public enum DatabaseUse: Sendable {
    /// Comes again by itself.
    case synchronisation
    /// A person types it.
    case command

    fileprivate var afterLock: String {
        switch self {
        case .synchronisation: "; the next synchronisation tries again by itself."
        case .command: ", then run the command again."
        }
    }

    fileprivate var afterFullDisk: String {
        switch self {
        case .synchronisation:
            ", then try again; the next synchronisation goes on where the last one stopped."
        case .command: ", then run the command again."
        }
    }

    fileprivate var afterSurprise: String {
        switch self {
        case .synchronisation:
            "Run the synchronisation again; if this stays, restart the service and keep this "
                + "message for support."
        case .command: "Run the command again; if this stays, keep this message for support."
        }
    }
}

extension DatabaseError {
    /// SQLite's smallest files beside a database need this much.
    private static let bytesNeeded: UInt64 = 64 << 10

    /// Whether no room is left. Where SQLite cannot make the files that it keeps beside a database,
    /// it speaks of an error of the disk, or of a file that it cannot open.
    public func isDiskFull(_ path: String) -> Bool {
        switch resultCode {
        case .SQLITE_FULL: true
        case .SQLITE_IOERR, .SQLITE_CANTOPEN:
            Self.bytesFree(path).map { $0 < Self.bytesNeeded } == true
        default: false
        }
    }

    /// What is free for this user on the disk of a file, or of the folder where it is to be.
    private static func bytesFree(_ path: String) -> UInt64? {
        let folder = (path as NSString).deletingLastPathComponent
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 || statvfs(folder.isEmpty ? "." : folder, &disk) == 0
        else { return nil }
        return UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
    }

    /// Says in words for a person what a failing database file needs. `what` is the database as the
    /// person knows it, `path` its file.
    public func explained(
        _ what: String, path: String, for use: DatabaseUse = .synchronisation
    ) -> SyncError {
        if isDiskFull(path) {
            return SyncError(
                .central, "The disk that holds \(what) (\(path)) is full.",
                hint: "Free some space" + use.afterFullDisk, recovery: .retry)
        }
        return switch resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            SyncError(
                .central, "\(what) (\(path)) is locked by another program.",
                hint: "Close what holds it, such as a backup or a maintenance tool"
                    + use.afterLock, recovery: .retry)
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            SyncError(
                .central, "\(what) (\(path)) is not a healthy SQLite database.",
                hint: "Check the path; if it is right, restore the file from a backup.")
        case .SQLITE_CANTOPEN:
            SyncError(
                .central, "\(what) (\(path)) cannot be opened.",
                hint: "Check that the file and its folder are there, and that this user may read "
                    + "them.")
        case .SQLITE_READONLY:
            SyncError(
                .central, "\(what) (\(path)) may not be written by this user.",
                hint: "Give the user that runs this program the right to write the file and its "
                    + "folder.")
        default:
            SyncError(
                .central, "\(what) (\(path)) could not be used: \(message ?? "unknown reason").",
                hint: use.afterSurprise, recovery: .retry)
        }
    }
}
