/// Which synchronisation was asked for.
public enum RunKind: String, Hashable, Sendable, Codable {
    /// Periodic, or Run Synchronisation: what changed since the checkpoints.
    case change
    /// Full Synchronisation: every range compared, whatever the checkpoints say.
    case full
}

public enum RunTrigger: String, Hashable, Sendable, Codable {
    case schedule, manual
}

/// What a run may do to OneClick.
public enum RunPurpose: String, Hashable, Sendable, Codable {
    /// Make OneClick equal.
    case synchronise
    /// Say what a run would do; nothing is shipped.
    case dryRun = "dry_run"
    /// Compare everything and report; nothing is shipped.
    case verify
}

/// The state after a run. The order is that of badness, best first.
public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    case succeeded
    /// At least one row is refused.
    case completedWithErrors = "completed_with_errors"
    /// At least one removal, or the question whose Central this is, waits for a person.
    case held
    /// A person stopped it.
    case stopped
    case failed

    public static func < (a: Outcome, b: Outcome) -> Bool {
        allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
    }

    /// The exit code of a command that waited for the run.
    public var exitCode: Int32 {
        switch self {
        case .succeeded: 0
        case .failed, .stopped: 1
        case .completedWithErrors: 3
        case .held: 4
        }
    }
}

// As dictionary keys, outcomes are plain JSON object keys.
extension Outcome: CodingKeyRepresentable {}

/// How many rows of a table or data set a run added, changed, removed, found equal, left held or
/// refused.
public struct Counts: Hashable, Sendable, Codable {
    public var added = 0
    public var changed = 0
    public var removed = 0
    public var unchanged = 0
    /// Removals waiting for an answer after the run; what hangs on one counts with it.
    public var held = 0
    /// Rows refused after the run.
    public var errors = 0

    public init(
        added: Int = 0, changed: Int = 0, removed: Int = 0, unchanged: Int = 0, held: Int = 0,
        errors: Int = 0
    ) {
        self.added = added
        self.changed = changed
        self.removed = removed
        self.unchanged = unchanged
        self.held = held
        self.errors = errors
    }

    public static func += (a: inout Counts, b: Counts) {
        a.added += b.added
        a.changed += b.changed
        a.removed += b.removed
        a.unchanged += b.unchanged
        a.held += b.held
        a.errors += b.errors
    }
}
