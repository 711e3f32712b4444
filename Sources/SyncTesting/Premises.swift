import SyncEngine
import SyncModel
import Synchronization

/// A journal that survives crashes as a file does, in memory.
public final class MemoryJournal: Journal {
    private struct State {
        var fence = 0
        /// Begun since the fence was saved.
        var runs: [RunID] = []
        var records: [RunRecord] = []
    }

    private let state = Mutex(State())
    private let world: World

    public init(world: World) { self.world = world }

    public var records: [RunRecord] { state.withLock(\.records) }

    public func lastOpened() -> (fence: Int, runs: [RunID]) {
        state.withLock { ($0.fence, $0.runs) }
    }

    public func save(fence: Int) async throws {
        try await world.call(.saveFence) {
            state.withLock {
                $0.fence = fence
                $0.runs = []
            }
        }
    }

    public func begin(_ run: RunStart) async throws {
        try await world.call(.begin) { state.withLock { $0.runs.append(run.id) } }
    }

    public func record(_ run: RunRecord) async throws {
        try await world.call(.record) { state.withLock { $0.records.append(run) } }
    }
}

/// A source whose every step can be made to fail.
public final class ObservedSource: Source {
    private let source: any Source
    private let world: World

    public init(_ source: any Source, world: World) {
        self.source = source
        self.world = world
    }

    public func pin(_ request: PinRequest) async throws -> Snapshot {
        try await world.call(.pin) { try await source.pin(request) }
    }

    public func insert(_ mark: Mark, after predecessor: Mark?) async throws {
        try await world.call(.mark) { try await source.insert(mark, after: predecessor) }
    }

    public func affected(
        _ table: TableName, since checkpoint: Checkpoint, asOf: LocalDate
    ) async throws -> [KeyRange] {
        try await world.call(.affected) {
            try await source.affected(table, since: checkpoint, asOf: asOf)
        }
    }

    public func read(_ request: ReadRequest) async throws -> [Chunk] {
        try await world.call(.read) { try await source.read(request) }
    }

    public func unpin() async { await source.unpin() }
}
