import SyncModel
import SyncProtocol

/// What a practice's OneClick is known to hold, and may be restored to: copied with its backups.
struct KnownState {
    var contents = Contents()
    var isFirstDone = false
    /// The marks of the snapshots that each load has taken rows from.
    var loads: [LoadID: Set<Mark>] = [:]
    /// The one that may write.
    var installation: InstallationID?
    /// Two copies were seen, and nobody has said which is the right one.
    var isContested = false
    /// The copies up to this number are those that a person decided against.
    var lastLostCopy = 0
    /// The run that was opened last.
    var opened: RunID?
    /// All that it has committed.
    var runs: Set<RunID> = []
    /// The snapshot that the last commit reflects.
    var committed: Pin?
    /// Removals that were counted against the limits, and when.
    var removals: [(table: TableName, rows: Int, at: Timestamp)] = []
    /// Held removals that a person approved, and until when.
    var approved: [TableName: [Key: Timestamp]] = [:]
    /// What the last commit left held or kept, as people have answered since.
    var held: [RowException] = []
    /// Rows that somebody changed behind the product's back: mended when they are looked at next.
    var changedByHand: [TableName: Set<Key>] = [:]
    /// The state of Central that the question about its history is about.
    var questionVersion = 0
    /// A person said that the Central of now is to be followed.
    var isLineageApproved = false
}

/// A snapshot of Central that a run pinned.
struct Pin {
    var expected: Contents
    /// Central's restores before it, and its transactions.
    var generation: Int
    var version: Int
    /// A person's word was there that this Central is to be followed.
    var isApproved = false
}

extension Contents {
    init() {}
}
