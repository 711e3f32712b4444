import SyncEngine
import SyncModel

/// What can be wrong for a while. Each is told by itself: once when it begins, once when it ends.
public enum AlertCondition: String, CaseIterable, Codable, CodingKeyRepresentable, Hashable,
    Sendable
{
    /// The latest synchronisation failed.
    case failing
    /// Synchronisations go through, but for data sets that cannot be synchronised at all.
    case incomplete
    /// Removals wait for an answer.
    case held
    /// The question whose Central this is waits for an answer; nothing is synchronised.
    case lineage
    /// Nothing was synchronised for long, though the service runs.
    case silent
}

/// One message to the people who look after a practice's synchronisation.
///
/// It leaves the premises: it holds no row's value, no key and no label, but counts, and the
/// words of what went wrong with a run as a whole.
public struct Alert: Hashable, Sendable, Codable {
    public enum Event: String, Hashable, Sendable, Codable {
        case began, ended
        /// A person asked whether messages arrive.
        case test
    }

    /// One thing that went wrong with a run, and the next step for a person.
    public struct Cause: Hashable, Sendable, Codable {
        public var message: String
        public var hint: String
    }

    /// Rows of one data set that wait.
    public struct Count: Hashable, Sendable, Codable {
        public var dataSet: String
        public var rows: Int
    }

    public var event: Event
    /// Nil for a test.
    public var condition: AlertCondition?
    public var at: Timestamp
    /// When the condition began.
    public var since: Timestamp
    /// How many synchronisations in a row met it.
    public var runs: Int
    /// The latest synchronisation that met it, or the one that ended it.
    public var run: RunID?
    public var outcome: Outcome?
    /// The first few; none where the condition ended.
    public var causes: [Cause]
    public var counts: [Count]

    /// The same each time that it is sent, so that whoever gets it twice can tell.
    public var id: String {
        "\(condition?.rawValue ?? "alert")-\(event.rawValue)-\(at.microsecondsSince1970)"
    }

    /// What a person sends to see whether messages arrive.
    public static func test(at now: Timestamp) -> Alert {
        Alert(
            event: .test, condition: nil, at: now, since: now, runs: 0, run: nil, outcome: nil,
            causes: [], counts: [])
    }
}
