import OneClickStore
import SyncModel
import SyncProtocol

/// The laws that every OneClick store has to keep.
public enum StoreConformance {
    public static let laws =
        batchLaws + commitLaws + runLaws + isolationLaws + planLaws + historyLaws + guardLaws
        + answerLaws

    /// Every law on every kind of store.
    public static func cases(over kinds: [StoreKind]) -> [LawCase<StoreKind>] {
        kinds.flatMap { kind in laws.map { LawCase(law: $0, subject: kind) } }
    }

    /// Limits that hold nothing back but the emptying of a table.
    static let unguarded: [TableName: RemovalLimits] = {
        var limits = RemovalLimits()
        limits.rows = .max
        limits.halfOfRows = .max
        return Dictionary(uniqueKeysWithValues: shapes.tables.map { ($0.name, limits) })
    }()

    static func requireSame(
        _ found: StoreModel, _ expected: StoreModel, _ what: @autoclosure () -> String
    ) throws {
        try requireEqual(found.differences(from: expected), [], what())
    }

    /// A practice with random rows, after its first synchronisation.
    static func loaded(
        _ kind: StoreKind, seed: UInt64 = 1, limits: [TableName: RemovalLimits] = [:]
    ) async throws -> (practice: StorePractice, model: StoreModel) {
        let practice = try await StorePractice(kind, seed: seed, limits: limits)
        let model = StoreModel(practice.world)
        try await practice.load(model)
        return (practice, model)
    }

    /// The body must be refused with a code and leave everything as it was.
    static func requireNoEffect(
        on practice: StorePractice, _ codes: SyncError.Code..., of what: String,
        _ body: () async throws -> Void
    ) async throws {
        let before = try await practice.everything()
        do {
            try await body()
            throw BrokenLaw(description: "\(what) was not refused")
        } catch let error as SyncError {
            try require(codes.contains(error.code), "\(what) was refused as \(error.code.rawValue)")
        }
        try require(try await practice.everything() == before, "\(what) had an effect")
    }
}
