import Catalogue
import SyncModel
import SyncProtocol
import Synchronization
import Testing

@testable import OneClickStore
@testable import SyncTesting

/// A practice of which only HMRC's credentials are synchronised, by runs of each kind.
struct GrantPractice: Sendable {
    static let shape: TableShape = {
        guard let shape = try? Catalogue.standard().shapes[Grants.table] else {
            preconditionFailure("The catalogue has no \(Grants.table).")
        }
        return shape
    }()

    /// A row of Central. A token is named after what it was made for.
    struct Credential: Hashable, Sendable {
        var id: Int64
        /// Nil where nobody authorised it yet.
        var authorisation: Grant.Authorisation?
        var token: String

        init(_ id: Int64, day: Int, generation: Int64 = 1, token: String) {
            self.id = id
            authorisation = .init(
                grantedAt: .midday + .seconds((day - 100) * 86_400), generation: generation)
            self.token = token
        }

        init(unauthorised id: Int64) {
            self.id = id
            token = ""
        }
    }

    enum Kind: CaseIterable { case change, full }

    let store: OneClickStore
    let id: PracticeID
    private let installation: OneClickStore.Installation
    private let lastFence = LastFence()

    /// The last one that OneClick gave, as the premises keep it.
    private final class LastFence: Sendable {
        let value = Mutex(0)
    }

    /// - Parameter make: makes the store.
    init(
        _ make: (Shapes, [TableName: RemovalLimits]) throws -> OneClickStore = {
            try OneClickStore.inMemory(shapes: $0, vault: TestVault.key, limits: $1)
        }
    ) async throws {
        var limits = RemovalLimits()
        (limits.rows, limits.halfOfRows) = (.max, .max)
        let shapes = Shapes(
            dataSets: [DataSet(name: "HMRC Credentials List", tables: [Self.shape.name])],
            tables: [Self.shape])
        let store = try make(shapes, [Self.shape.name: limits])
        let name = InstallationID(rawValue: "installation")
        self.store = store
        id = try await store.addPractice(name: "Example & Co", installation: name, now: .midday)
        installation = try #require(try await store.installation(name))
    }

    /// A run that ships these rows: those of the named keys, or everything.
    ///
    /// - Parameter between: what happens after the rows are shipped and before the commit.
    func run(
        _ kind: Kind, _ name: String, rows: [Credential], keys: [Int64] = [], now: Timestamp,
        between: () async throws -> Void = {}
    ) async throws {
        let access = try await open(name, now)
        let replaces =
            kind == .full
            ? [Replace(.everything, rows.map(Self.row), Self.shape)]
            : keys.sorted().map { key in
                Replace(.key(Key(key)), rows.filter { $0.id == key }.map(Self.row), Self.shape)
            }
        var load: LoadID?
        if kind == .full {
            load = LoadID(rawValue: "load by \(name)")
            let request = LoadRequest(
                table: Self.shape.name, load: load!, base: Self.checkpoint(name))
            try await store.beginLoad(request, access.run, now: now)
        }
        let batch = Batch(
            table: Self.shape.name, run: access.run.run, number: 1, load: load, mark: nil,
            covers: kind == .full ? [.everything] : [], replaces: replaces)
        try await store.stage(batch, frame: batch.encoded(), access.run)
        try await between()
        let commit = TableCommit(
            checkpoint: Self.checkpoint(name), load: load, refused: [], unchanged: 0,
            provedUpTo: nil)
        let request = CommitRequest(
            version: access.version, batches: 1, tables: [Self.shape.name: commit], mark: nil)
        _ = try await store.commit(request, access.run, now: now)
    }

    private func open(
        _ name: String, _ now: Timestamp
    ) async throws -> (run: OneClickStore.RunAccess, version: Int) {
        let request = OpenRequest(
            run: RunID(rawValue: name), lastFence: lastFence.value.withLock(\.self), lastRuns: [],
            kind: .change,
            purpose: .synchronise, server: "TEST", place: "here", shapes: store.shapes.digests)
        let answer = try await store.open(
            request, installation: installation, token: "token of \(name)",
            asOf: now.dateInUTC, now: now)
        lastFence.value.withLock { $0 = answer.fence }
        let access = try await store.access(
            token: answer.token, run: request.run, now: now)
        return (access, answer.version)
    }

    private static func checkpoint(_ name: String) -> Checkpoint {
        Checkpoint(
            position: Position(rawValue: name), asOf: Timestamp.midday.dateInUTC, mark: nil,
            epoch: "epoch", fingerprint: "fingerprint")
    }

    private static func row(_ credential: Credential) -> TypedRow {
        TypedRow(
            shape.columns.map { column -> Value in
                let authorisation = credential.authorisation
                let isSealed = authorisation != nil && !credential.token.isEmpty
                return switch column.name {
                case "id": .integer(credential.id)
                case "level": .text("practice")
                case "generation": .integer(authorisation?.generation ?? 0)
                case "granted_at":
                    authorisation.map { .integer($0.grantedAt.microsecondsSince1970) } ?? .null
                case "access_token": isSealed ? .sealed(.made(of: "a" + credential.token)) : .null
                case "refresh_token": isSealed ? .sealed(.made(of: credential.token)) : .null
                default: .null
                }
            })
    }

    /// The refresh token that OneClick would use.
    func token(of credential: Int64) async throws -> SealedValue? {
        try await store.grant(of: credential, practice: id)?.tokens?.refresh
    }
}

extension Grant.Tokens {
    /// A pair as HMRC would answer it.
    static func named(_ name: String) -> Grant.Tokens {
        Grant.Tokens(
            access: .made(of: "a" + name), accessExpiresAt: .midday + .seconds(4 * 3600),
            refresh: .made(of: name))
    }
}
