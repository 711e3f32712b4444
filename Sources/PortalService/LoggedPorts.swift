import Logging
import Observability
import SyncEngine
import SyncModel
import SyncProtocol

/// Says at debug level when each step of a run begins and ends: names and numbers only.
struct StepLog: Sendable {
    let logger: Logger

    func step<T>(
        _ name: String, _ metadata: [LogKey: Logger.MetadataValue] = [:],
        _ body: () async throws -> T
    ) async throws -> T {
        var metadata = metadata
        metadata[.step] = "\(name)"
        logger.debug("A step begins", metadata: .keyed(metadata))
        let result = try await body()
        logger.debug("A step has ended", metadata: .keyed(metadata))
        return result
    }
}

/// Central, with its steps in the log.
public struct LoggedSource: Source {
    private let source: any Source
    private let log: StepLog

    public init(_ source: any Source, logger: Logger) {
        self.source = source
        log = StepLog(logger: logger)
    }

    public func pin(_ request: PinRequest) async throws -> Snapshot {
        try await log.step("pin") { try await source.pin(request) }
    }

    public func insert(_ mark: Mark, after predecessor: Mark?) async throws {
        try await log.step("mark") { try await source.insert(mark, after: predecessor) }
    }

    public func affected(
        _ table: TableName, since checkpoint: Checkpoint, asOf: LocalDate
    ) async throws -> [KeyRange] {
        try await log.step("affected", [.table: "\(table)"]) {
            try await source.affected(table, since: checkpoint, asOf: asOf)
        }
    }

    public func read(_ request: ReadRequest) async throws -> [Chunk] {
        try await log.step("read", [.table: "\(request.table)"]) {
            try await source.read(request)
        }
    }

    public func unpin() async { await source.unpin() }
}

/// OneClick, with its steps in the log.
public struct LoggedCloud: Cloud {
    private let cloud: any Cloud
    private let log: StepLog

    public init(_ cloud: any Cloud, logger: Logger) {
        self.cloud = cloud
        log = StepLog(logger: logger)
    }

    public func open(_ request: OpenRequest) async throws -> OpenAnswer {
        try await log.step("open", [.run: "\(request.run)"]) { try await cloud.open(request) }
    }

    public func beginLoad(_ request: LoadRequest, in run: OpenRun) async throws {
        try await log.step("load", [.table: "\(request.table)"]) {
            try await cloud.beginLoad(request, in: run)
        }
    }

    public func plan(_ plan: Plan, in run: OpenRun) async throws -> PlanAnswer {
        try await log.step("plan", [.table: "\(plan.table)"]) {
            try await cloud.plan(plan, in: run)
        }
    }

    public func ship(_ batch: Batch, in run: OpenRun) async throws {
        try await log.step("ship", [.table: "\(batch.table)", .number: "\(batch.number)"]) {
            try await cloud.ship(batch, in: run)
        }
    }

    public func commit(_ request: CommitRequest, in run: OpenRun) async throws -> RunState {
        try await log.step("commit") { try await cloud.commit(request, in: run) }
    }

    public func state(of run: RunID) async throws -> RunState {
        try await log.step("state") { try await cloud.state(of: run) }
    }

    public func abandon(_ run: OpenRun, reason: String) async throws {
        try await log.step("abandon") { try await cloud.abandon(run, reason: reason) }
    }

    public func traffic() async -> Traffic { await cloud.traffic() }
}
