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
    let rates: RequestRates
    private let codes = RefusedCodes()
    let now: @Sendable () -> Timestamp

    init(
        store: OneClickStore, commits: Commits, rates: RequestRates,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.commits = commits
        self.rates = rates
        self.now = now
    }

    var assertions: ClientAssertions { ClientAssertions(store: store, now: now) }

    func addRoutes(to router: Router<APIContext>) {
        router.get("health") { _, _ in try Response.json(["status": "ok"]) }
        let api = router.group("sync/v1")
        api.post("enrolments") { request, context in
            try await enrol(request, from: context.client(of: request))
        }
        api.get("status") { request, _ in try await status(request) }
        api.post("answers") { request, _ in try await answer(request) }
        api.post("keys") { request, _ in try await changeKey(request) }
        api.post("take-over") { request, _ in try await takeOver(request) }
        addRunRoutes(to: api)
    }

    /// Who sent a request outside a run. Its assertion has to be used up before anything is done
    /// or shown.
    func sender(of request: Request) async throws -> ClientAssertions.Sender {
        let sender = try await assertions.sender(of: try request.bearer())
        try rates.take(sender.installation.id.rawValue, now: now())
        return sender
    }

    private func enrol(_ request: Request, from address: ClientAddress) async throws -> Response {
        let enrolment = try await request.message(EnrolmentRequest.self)
        try check(publicKey: enrolment.publicKey)
        let installation = InstallationID(rawValue: RandomToken.make(byteCount: 16))
        return try await limitingCodes(of: address) {
            try .json(try await store.enrol(enrolment, installation: installation, now: now()))
        }
    }

    /// Counts what is refused for its code.
    private func limitingCodes<T>(
        of address: ClientAddress, _ body: () async throws -> T
    ) async throws -> T {
        try codes.begin(address, now: now())
        do {
            let result = try await body()
            codes.withdraw(address)
            return result
        } catch {
            if (error as? SyncError)?.code != "code" { codes.withdraw(address) }
            throw error
        }
    }

    /// Its fingerprint; throws unless it is a key that assertions can be proved by.
    @discardableResult
    private func check(publicKey: String) throws -> String {
        guard let fingerprint = KeyFingerprint.of(publicKeyPEM: publicKey) else {
            throw SyncError(
                .malformed, "The public key is not a P-256 key in PEM.",
                hint: "Use a released version of SyncWorker, which makes the key itself.")
        }
        return fingerprint
    }

    private func changeKey(_ request: Request) async throws -> Response {
        let sender = try await sender(of: request)
        let change = try await request.message(KeyRequest.self)
        let fingerprint = try check(publicKey: change.publicKey)
        let installation = try await assertions.use(sender)
        try await store.setNextKey(
            change.publicKey, of: installation, signer: sender.key, now: now())
        return try .json(KeyAnswer(fingerprint: fingerprint))
    }

    private func takeOver(_ request: Request) async throws -> Response {
        let sender = try await sender(of: request)
        let takeOver = try await request.message(TakeOverRequest.self)
        let installation = try await assertions.use(sender)
        try await commits.checkNone(of: installation.practice)
        return try .json(try await store.takeOver(takeOver, installation, now: now()))
    }

    private func status(_ request: Request) async throws -> Response {
        let installation = try await assertions.use(try await sender(of: request))
        return try .json(try await store.status(from: installation))
    }

    private func answer(_ request: Request) async throws -> Response {
        let sender = try await sender(of: request)
        let answer = try await request.message(AnswerRequest.self)
        let installation = try await assertions.use(sender)
        return try .json(try await store.answer(answer, from: installation, now: now()))
    }
}
