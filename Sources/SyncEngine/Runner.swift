import SyncModel
import SyncProtocol

/// Carries out synchronisations, one at a time, and writes each into the journal.
public struct Runner: Sendable {
    let source: any Source
    let cloud: any Cloud
    let journal: any Journal
    let settings: RunSettings
    let environment: RunEnvironment

    public init(
        source: any Source, cloud: any Cloud, journal: any Journal, settings: RunSettings,
        environment: RunEnvironment
    ) {
        self.source = source
        self.cloud = cloud
        self.journal = journal
        self.settings = settings
        self.environment = environment
    }

    /// One synchronisation from its first step to its record. Never throws: what went wrong is in
    /// the record, and nothing says "succeeded" before OneClick's receipt is in the journal.
    ///
    /// - Parameters:
    ///   - progress: called often; must be quick.
    ///   - isStopped: asked between batches; true ends the run as stopped.
    public func run(
        _ request: RunRequest, progress: @escaping @Sendable (RunProgress) -> Void = { _ in },
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) async -> RunRecord {
        let start = RunStart(
            id: RunID(rawValue: environment.token()), request: request,
            startedAt: environment.now())
        let before = await cloud.traffic()
        let synchronisation = Synchronisation(
            self, start: start, progress: progress, isStopped: isStopped)
        var record: RunRecord
        do {
            let opened = try await journal.lastOpened()
            try await journal.begin(start)
            record = await synchronisation.perform(lastOpened: opened)
        } catch {
            record = synchronisation.failed(error)
        }
        let after = await cloud.traffic()
        record.bytesSent = after.bytesSent - before.bytesSent
        record.requests = after.requests - before.requests
        record.finishedAt = environment.now()
        do {
            try await journal.record(record)
        } catch {
            // OneClick has what it said it has; but a success that nobody can look up is none.
            record.errors.append(.init(SyncError.explaining(error)))
            record.outcome = .failed
        }
        return record
    }
}

extension SyncError {
    /// Any error in words for a person.
    static func explaining(_ error: any Error) -> SyncError {
        if let error = error as? SyncError { return error }
        if error is CancellationError {
            return SyncError(
                .stopped, "The service was stopped during the synchronisation.",
                hint: "Nothing is lost; the next synchronisation carries on.")
        }
        return SyncError(
            "unexpected", "Something unexpected went wrong (\(type(of: error))).",
            hint: "Run the synchronisation again; if this stays, keep this message for support.")
    }
}

extension RunRecord.Problem {
    /// What went wrong with a run, or with one of its tables, as a whole.
    public init(_ error: SyncError, table: TableName? = nil, dataSet: String? = nil) {
        self.init(
            dataSet: dataSet, table: table, key: nil, code: error.code.rawValue,
            message: error.message, hint: error.hint,
            passes: error.recovery != .person || Self.nextRunCodes.contains(error.code))
    }

    /// Nothing helps the run that it happens to, and the next one carries on.
    private static let nextRunCodes: [SyncError.Code] = [.fenced, .moved]

    init(_ exception: RowException, dataSet: String?) {
        self.init(
            dataSet: dataSet, table: exception.table, key: exception.key, code: exception.code,
            message: exception.message, hint: exception.hint)
    }
}
