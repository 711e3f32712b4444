import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol

/// OneClick without a network: the real store behind the real encodings.
public final class StoreCloud: Cloud {
    public let store: OneClickStore
    private let installation: InstallationID
    private let world: World

    public init(store: OneClickStore, installation: InstallationID, world: World) {
        self.store = store
        self.installation = installation
        self.world = world
    }

    public func open(_ request: OpenRequest) async throws -> OpenAnswer {
        try await world.call(.open) {
            guard let installation = try await store.installation(installation) else {
                throw SyncError("installation", "Not enrolled.", hint: "Enrol.")
            }
            return try await store.open(
                request, installation: installation, token: world.token(), asOf: world.today,
                now: world.now)
        }
    }

    public func beginLoad(_ request: LoadRequest, in run: OpenRun) async throws {
        try await world.call(.beginLoad) {
            try await store.beginLoad(request, access(run), now: world.now)
        }
    }

    public func plan(_ plan: Plan, in run: OpenRun) async throws -> PlanAnswer {
        try await world.call(.plan) {
            let asked = try Plan(frame: plan.encoded(), contentBytesMax: .max)
            let answer = try await store.plan(asked, access(run))
            return try PlanAnswer(frame: answer.encoded(), contentBytesMax: .max)
        }
    }

    public func ship(_ batch: Batch, in run: OpenRun) async throws {
        try await world.call(.ship) {
            let frame = batch.encoded()
            let arrived = try Batch(frame: frame, contentBytesMax: .max)
            try await store.stage(arrived, frame: frame, access(run))
        }
    }

    public func commit(_ request: CommitRequest, in run: OpenRun) async throws -> RunState {
        try await world.call(.commit) {
            .committed(try await store.commit(request, access(run), now: world.now))
        }
    }

    public func state(of run: RunID) async throws -> RunState {
        try await world.call(.state) {
            guard let installation = try await store.installation(installation) else {
                return .aborted(reason: "not enrolled")
            }
            return try await store.state(
                of: run, practice: installation.practice, now: world.now)
        }
    }

    public func abandon(_ run: OpenRun, reason: String) async throws {
        try await world.call(.abandon) {
            try await store.abandon(access(run), reason: reason, now: world.now)
        }
    }

    public func traffic() -> Traffic { Traffic() }

    private func access(_ run: OpenRun) async throws -> OneClickStore.RunAccess {
        try await store.access(token: run.token, run: run.id, now: world.now)
    }
}
