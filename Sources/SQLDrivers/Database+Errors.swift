import GRDB
import SyncModel

extension DatabaseError {
    /// Says in words for a person what a failing database file needs. `what` is the database as the
    /// person knows it, `path` its file.
    public func explained(_ what: String, path: String) -> SyncError {
        switch resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            SyncError(
                .central, "\(what) (\(path)) is locked by another program.",
                hint: "Close what holds it, such as a backup or a maintenance tool; the next "
                    + "synchronisation tries again by itself.", recovery: .retry)
        case .SQLITE_FULL:
            SyncError(
                .central, "The disk that holds \(what) (\(path)) is full.",
                hint: "Free some space; the next synchronisation goes on where this one stopped.",
                recovery: .retry)
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
                hint: "Run the synchronisation again; if this stays, restart the service and keep "
                    + "this message for support.", recovery: .retry)
        }
    }
}
