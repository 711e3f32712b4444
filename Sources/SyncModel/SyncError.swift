/// Why something could not be done, in words for the person who has to mend it.
///
/// `description` is safe to show and to log: it holds no value of any row and no secret.
public struct SyncError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable word for programs. Open: whoever raises an error may name a new one, but a code of
    /// its own exists only where something reacts to it.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
    }

    /// What can make it good.
    public enum Recovery: Hashable, Sendable {
        /// Trying the same again may help.
        case retry
        /// The other side asked to wait this long.
        case retryAfter(Duration)
        /// Only a person can mend it.
        case person
    }

    public var code: Code
    public var message: String
    /// The next step for a person.
    public var hint: String
    public var recovery: Recovery
    /// Whether the request may have taken effect although no answer came.
    public var isOutcomeUnknown: Bool

    public init(
        _ code: Code, _ message: String, hint: String, recovery: Recovery = .person,
        isOutcomeUnknown: Bool = false
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.recovery = recovery
        self.isOutcomeUnknown = isOutcomeUnknown
    }

    public var description: String { message + " " + hint }
}

extension SyncError.Code: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(rawValue: value) }

    /// OneClick could not be reached, or stopped answering.
    public static let unreachable: Self = "unreachable"
    /// Another run holds the fence.
    public static let fenced: Self = "fenced"
    /// The practice's other run is being committed at this moment.
    public static let commitInProgress: Self = "commit_in_progress"
    /// OneClick's state moved between the plan and the commit.
    public static let moved: Self = "moved"
    /// One table cannot be read; the others go on.
    public static let table: Self = "table"
    /// Central is locked, missing, or no Central.
    public static let central: Self = "central"
    /// A frame or message is not as the protocol says.
    public static let malformed: Self = "malformed"
    /// The two sides speak different versions.
    public static let version: Self = "version"
    /// A person asked the run to stop.
    public static let stopped: Self = "stopped"
}
