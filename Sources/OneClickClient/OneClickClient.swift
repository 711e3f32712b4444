import AsyncHTTPClient
import SyncEngine
import SyncModel
import SyncProtocol

/// OneClick over HTTPS: the engine's port `Cloud`, and what a person asks between two runs.
///
/// Every failure is a `SyncError` that says whether trying again may help and whether the request
/// may have taken effect. Nothing is tried again here: the engine decides that.
public final class OneClickClient: Cloud {
    private let transport: Transport
    private let installation: InstallationID
    private let key: @Sendable () throws -> InstallationKey
    private let now: @Sendable () -> Timestamp

    /// What a frame of OneClick's may unfold to.
    private static let contentBytesMax = 64 << 20

    /// - Parameters:
    ///   - url: OneClick's address: https, or plain http on this machine's loopback.
    ///   - key: looked up for each request: it may be replaced in the middle of a run.
    ///   - now: this machine's clock: assertions are signed with it.
    ///   - line: open as long as the client is used: see `OneClickNetwork.withLine`.
    /// - Throws: `address` if the URL is not one that secrets may be sent to.
    public init(
        url: String, installation: InstallationID,
        key: @autoclosure @escaping @Sendable () throws -> InstallationKey,
        now: @escaping @Sendable () -> Timestamp, line: OneClickLine
    ) throws {
        transport = try Transport(url: url, line: line)
        self.installation = installation
        _ = try key()
        self.key = key
        self.now = now
    }

    /// Trades the one-time code of the practice's administrator for an installation. The key must
    /// have been saved before: the code is good for one use.
    public static func enrol(
        url: String, code: String, key: InstallationKey, server: String, place: String,
        line: OneClickLine
    ) async throws -> EnrolmentAnswer {
        let transport = try Transport(url: url, line: line)
        let request = EnrolmentRequest(
            protocolVersion: protocolVersion, code: code, publicKey: key.publicKeyPEM,
            server: server, place: place)
        return try await transport.message(.post("enrolments", try .json(request), bearer: nil))
    }

    // MARK: A run

    public func open(_ request: OpenRequest) async throws -> OpenAnswer {
        let answer: OpenAnswer = try await transport.message(
            .post("runs", try .json(request), bearer: try await assertion()))
        guard answer.protocolVersion == protocolVersion else {
            throw SyncError(
                .version,
                "OneClick speaks version \(answer.protocolVersion) of the synchronisation "
                    + "protocol, this SyncWorker version \(protocolVersion).",
                hint: "Bring both to the same release; nothing was synchronised.")
        }
        return answer
    }

    public func beginLoad(_ request: LoadRequest, in run: OpenRun) async throws {
        try await acknowledged(.post(path(run.id, "loads"), try .json(request), bearer: run.token))
    }

    public func plan(_ plan: Plan, in run: OpenRun) async throws -> PlanAnswer {
        let request = Transport.Request.post(
            path(run.id, "plans"), .frame(plan.encoded()), bearer: run.token)
        return try PlanAnswer(
            frame: try await transport.frame(request), contentBytesMax: Self.contentBytesMax)
    }

    public func ship(_ batch: Batch, in run: OpenRun) async throws {
        try await acknowledged(
            .put(path(run.id, "batches/\(batch.number)"), .frame(batch.encoded()), run.token))
    }

    public func commit(_ request: CommitRequest, in run: OpenRun) async throws -> RunState {
        var request = Transport.Request.post(
            path(run.id, "commit"), try .json(request), bearer: run.token)
        request.timeout = Transport.commitTimeout
        return try await transport.message(request)
    }

    public func state(of run: RunID) async throws -> RunState {
        try await transport.message(.get(path(run), bearer: try await assertion()))
    }

    public func abandon(_ run: OpenRun, reason: String) async throws {
        let body = try Transport.Body.json(AbandonRequest(reason: reason))
        try await acknowledged(.post(path(run.id, "abandon"), body, bearer: run.token))
    }

    public func traffic() -> Traffic { transport.traffic }

    // MARK: Between runs

    /// What OneClick holds of the practice, and what waits for an answer.
    public func status() async throws -> StatusAnswer {
        try await transport.message(.get("status", bearer: try await assertion()))
    }

    /// A person's answer to held removals or to the question of lineage.
    public func answer(_ request: AnswerRequest) async throws -> AnswerReceipt {
        try await transport.message(
            .post("answers", try .json(request), bearer: try await assertion()))
    }

    /// Tells OneClick the key that follows this client's.
    public func setNextKey(_ next: InstallationKey) async throws -> KeyAnswer {
        try await transport.message(
            .post(
                "keys", try .json(KeyRequest(publicKey: next.publicKeyPEM)),
                bearer: try await assertion()))
    }

    /// Makes this installation, at this place, the one that writes; or only asks whose place it
    /// would take.
    public func takeOver(_ request: TakeOverRequest) async throws -> TakeOverAnswer {
        try await transport.message(
            .post("take-over", try .json(request), bearer: try await assertion()))
    }

    // MARK: Requests

    private func assertion() async throws -> String {
        try await key().assertion(for: installation, now: now())
    }

    private func acknowledged(_ request: Transport.Request) async throws {
        _ = try await transport.message(request) as Acknowledgement
    }

    private func path(_ run: RunID, _ rest: String? = nil) -> String {
        let name = OneClickAddress.escaped(run.rawValue)
        return "runs/" + name + (rest.map { "/" + $0 } ?? "")
    }
}
