import SyncModel

/// What is the same for every run of one installation.
public struct RunSettings: Sendable {
    public var practice: PracticeID
    public var shapes: Shapes
    /// The server's name as a person knows it.
    public var server: String
    /// Where this installation stands (machine, host, path of Central), hashed.
    public var place: String
    /// A snapshot older than this is renewed during a load, so that Central never keeps old
    /// versions of its pages for long.
    public var snapshotLifetime = Duration.seconds(5)
    /// Rolling verification proves one part in this many of every table in each change run: at the
    /// default interval every row once a day.
    public var verificationParts = 48
    /// Rolling verification of a small table goes at least this many rows at a time.
    public var verificationRowsMin = 500

    /// More refused rows than this are no bad rows but a catalogue that does not fit: the table
    /// that has them is left as it is. A commit names each of them, and has room for about so many.
    public var refusedRowsMax = 100_000

    public init(practice: PracticeID, shapes: Shapes, server: String, place: String) {
        self.practice = practice
        self.shapes = shapes
        self.server = server
        self.place = place
    }
}

/// Time and chance, passed in so that a run can be repeated exactly.
public struct RunEnvironment: Sendable {
    public var now: @Sendable () -> Timestamp
    /// A random token that nobody can guess and that no other call answers.
    public var token: @Sendable () -> String
    public var wait: @Sendable (Duration) async throws -> Void

    public init(
        now: @escaping @Sendable () -> Timestamp, token: @escaping @Sendable () -> String,
        wait: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.token = token
        self.wait = wait
    }
}
