import Catalogue
import GRDB
import SQLDrivers

/// Whether the changes of a Central are noted, and what a person should know where they are not.
struct CaptureState {
    var isInstalled: Bool
    /// Exactly the triggers stand there that catalogue and schema ask for.
    var fits: Bool
    var mayBeWritten: Bool
    var hasMarks: Bool
    /// Without write-ahead logging whoever reads keeps everybody's writes waiting.
    var isLoggedAhead: Bool

    init(_ file: CentralFile, _ schema: CentralSchemaState, _ db: Database) throws {
        isInstalled = try db.tableExists("syncworker_change")
        fits = isInstalled && schema.captureFits
        mayBeWritten = file.mayBeWritten
        hasMarks = try db.tableExists("syncworker_mark")
        isLoggedAhead = try String.fetchOne(db, cached: "PRAGMA journal_mode") == "wal"
    }

    /// A Central that may only be read is one without capture: no mark can be set in it.
    var isWorking: Bool { fits && mayBeWritten }

    /// The protections that are missing, and what brings them back.
    var notes: [String] {
        guard !isWorking else { return [] }
        let known = hasMarks ? "the marks that are there, its identity" : "its identity"
        let waiting =
            isLoggedAhead
            ? "" : " While Central is read, the office's programs have to wait before they save."
        return [
            "\(reason) Every synchronisation compares everything, and a Central that was restored "
                + "from a backup is recognised by \(known) and its greatest ids alone."
                + "\(waiting) \(remedy)"
        ]
    }

    private var reason: String {
        let readOnly = mayBeWritten ? "" : " This user may only read Central."
        if !isInstalled { return "Change capture is not installed." + readOnly }
        if !fits {
            return "Change capture does not fit the catalogue or Central's schema any more."
                + readOnly
        }
        return "This user may only read Central: changes cannot be followed."
    }

    private var remedy: String {
        let install = "`syncworker capture install`"
        if mayBeWritten { return "\(install) mends it." }
        return "Give this user the right to write Central's file and its folder"
            + (fits ? "." : ", then run \(install).")
    }
}
