import HTTPTypes
import Hummingbird
import JWTKit
import OneClickStore
import SyncModel
import SyncProtocol

/// The requests of a SyncWorker outside a run: enrolment, status, answers. Those of a run are in
/// `SyncAPI+Runs.swift`.
struct SyncAPI: Sendable {
    let store: OneClickStore
    let commits: Commits
    let now: @Sendable () -> Timestamp

    var assertions: ClientAssertions { ClientAssertions(store: store, now: now) }

    func addRoutes(to router: Router<BasicRequestContext>) {
        router.get("health") { _, _ in try Response.json(["status": "ok"]) }
        let api = router.group("sync/v1")
        api.post("enrolments") { request, _ in try await enrol(request) }
        api.get("status") { request, _ in try await status(request) }
        api.post("answers") { request, _ in try await answer(request) }
        addRunRoutes(to: api)
    }

    private func enrol(_ request: Request) async throws -> Response {
        let enrolment = try await request.message(EnrolmentRequest.self)
        guard (try? ES256PublicKey(pem: enrolment.publicKey)) != nil else {
            throw SyncError(
                .malformed, "The public key of the enrolment is not a P-256 key in PEM.",
                hint: "Enrol with a released version of SyncWorker, which makes the key itself.")
        }
        let installation = InstallationID(rawValue: RandomToken.make(byteCount: 16))
        return try .json(
            try await store.enrol(enrolment, installation: installation, now: now()))
    }

    private func status(_ request: Request) async throws -> Response {
        let installation = try await assertions.use(
            try await assertions.sender(of: try request.bearer()))
        return try .json(try await store.status(practice: installation.practice))
    }

    private func answer(_ request: Request) async throws -> Response {
        let sender = try await assertions.sender(of: try request.bearer())
        let answer = try await request.message(AnswerRequest.self)
        let installation = try await assertions.use(sender)
        return try .json(
            try await store.answer(answer, practice: installation.practice, now: now()))
    }
}
