/// What goes wrong in a simulated world. Which of it can, and how often, its seed decides.
public enum Fault: String, CaseIterable, Sendable {
    // The way between the premises and OneClick.
    case requestDropped = "request dropped"
    case requestDuplicated = "request duplicated"
    case requestLate = "request late"
    case requestTruncated = "request truncated"
    case replyLost = "reply lost"
    case replyTruncated = "reply truncated"
    case pageOfProxy = "a proxy's page"
    case tooLarge = "413"
    case tooMany = "429"
    case unavailable = "503"

    // OneClick.
    case nodeDied = "node died"
    case commitTorn = "commit torn"
    case commitSlow = "commit slow"
    case commitOvertaken = "another process begun during a commit"
    case cloudDiskFull = "OneClick's disk full"
    case cloudRestored = "OneClick restored"
    case cloudRestoredIntoRun = "OneClick restored into the midst of a run"
    case cloudClock = "OneClick's clock jumped"
    case rowChanged = "a row of OneClick changed by hand"

    // The premises.
    case crashBefore = "crash before a step"
    case crashAfter = "crash after a step"
    case zombie = "zombie"
    case cancelled = "cancelled"
    case fullAsked = "a full asked for during a change run"
    case journalLost = "journal lost"
    case journalBehind = "journal lost its last writes"
    case premisesClock = "premises' clock jumped"
    case copyRan = "a copy of the premises ran"
    case newInstallation = "another installation"
    case catalogueChanged = "catalogue changed"

    // Central.
    case centralLocked = "Central locked"
    case centralDiskFull = "Central's disk full"
    case centralRestored = "Central restored"
    case centralRestoredIntoRun = "Central restored into the midst of a run"
    case centralPowerCut = "Central lost its last writes"
    case captureOff = "capture off"
    case schemaChanged = "schema changed"
    case historyExpired = "history expired"
    case lateCommit = "late commit"
    case rolledBack = "rolled back"
    case prepared = "prepared transaction"
    case massRemoval = "mass removal"
    case dayPassed = "day passed"

    /// What the office and time do whatever else may be off.
    var isOffice: Bool {
        switch self {
        case .lateCommit, .rolledBack, .prepared, .massRemoval, .dayPassed: true
        default: false
        }
    }

    /// What happens to a whole side, between the steps of a run or between runs.
    var befallsSide: Bool {
        switch self {
        case .cloudRestored, .cloudRestoredIntoRun, .cloudClock, .cloudDiskFull, .rowChanged,
            .journalLost, .premisesClock, .copyRan, .newInstallation, .catalogueChanged,
            .centralRestored, .centralRestoredIntoRun, .centralPowerCut, .captureOff,
            .schemaChanged, .historyExpired, .dayPassed:
            true
        default: false
        }
    }

    /// What puts an earlier state in the place of a later one.
    var takesBack: Bool {
        switch self {
        case .cloudRestored, .cloudRestoredIntoRun, .cloudClock, .centralRestored,
            .centralRestoredIntoRun, .centralPowerCut:
            true
        default: false
        }
    }

    /// Only where much happens between the steps of a run.
    var isIntoRun: Bool { self == .centralRestoredIntoRun || self == .cloudRestoredIntoRun }
}

/// What else has to have happened in many worlds for them to prove anything.
public enum Occurrence: String, CaseIterable, Sendable {
    case commits, refusals, holds, keeps, approvals
    case sharedFates = "shared fates"
    case lineageBreaks = "lineage breaks"
    case cloudBehind = "OneClick noticed to be behind"
    case copiesRefused = "copies refused"
    case takeOvers = "take-overs"
    case loadsTakenUp = "loads taken up"
    case snapshotsRenewed = "snapshots renewed"
    case fulls, partialRuns = "runs of some data sets"
    case dryRuns = "dry runs"
    case verifies
    case mends = "mends by rolling verification"
    case fenced = "late runs fenced"
    case repeatedCommits = "commits repeated"
}
