import JWTKit
import OneClickStore
import SyncModel

/// What a SyncWorker signs to say who it is (RFC 7523): its claims.
struct ClientAssertion: JWTPayload {
    static let audience = "oneclick"

    var iss: String
    var sub: String
    /// One text: an assertion is for OneClick alone.
    var aud: String
    /// Seconds since 1970.
    var exp: Int
    var iat: Int
    var jti: String

    /// Claims are judged by `ClientAssertions`, with OneClick's clock.
    func verify(using algorithm: some JWTAlgorithm) {}
}

/// Proves which installation sent a request.
struct ClientAssertions: Sendable {
    /// How far the two clocks may be apart.
    static let skewSecondsMax = 60
    static let lifetimeSecondsMax = 300

    let store: OneClickStore
    let now: @Sendable () -> Timestamp

    /// An installation whose signature is proved. Its assertion may be used once: `use` it before
    /// anything is done or shown.
    struct Sender: Sendable {
        var installation: OneClickStore.Installation
        fileprivate var assertion: ClientAssertion
        /// The public key that proved it, PEM.
        fileprivate(set) var key: String
    }

    func sender(of token: String) async throws -> Sender {
        guard
            let (header, claims, _) = try? DefaultJWTParser().parse(
                Array(token.utf8), as: ClientAssertion.self),
            header.alg == "ES256", claims.iss == claims.sub, (1...128).contains(claims.jti.count),
            let installation = try await store.installation(InstallationID(rawValue: claims.iss)),
            let (proved, key) = await prove(token, by: installation.keys(at: now()))
        else { throw Self.refused }
        guard proved.aud == ClientAssertion.audience else { throw Self.refused }
        guard !installation.isRevoked else { throw StoreError.revoked }
        try checkClock(proved)
        return Sender(installation: installation, assertion: proved, key: key)
    }

    /// Uses the assertion up: a second time is a replay.
    func use(_ sender: Sender) async throws -> OneClickStore.Installation {
        let installation = sender.installation
        // Remembered a little longer than it is accepted.
        let expires = Timestamp(
            microsecondsSince1970: Int64(sender.assertion.exp + 2 * Self.skewSecondsMax) * 1_000_000
        )
        guard
            try await store.rememberAssertion(
                sender.assertion.jti, of: installation, expires: expires, now: now())
        else {
            throw SyncError(
                "assertion", "This request was received before and is refused the second time.",
                hint: "The next attempt is signed anew; if this stays, check what stands between "
                    + "SyncWorker and OneClick.", recovery: .retry)
        }
        if sender.key == installation.nextKey, installation.nextKeyUsedAt == nil {
            try await store.noteNextKeyUsed(sender.key, of: installation, now: now())
        }
        return installation
    }

    /// The claims, and which of the keys has signed them.
    private func prove(
        _ token: String, by keys: [String]
    ) async -> (claims: ClientAssertion, key: String)? {
        for pem in keys {
            guard let key = try? ES256PublicKey(pem: pem) else { continue }
            let collection = await JWTKeyCollection().add(ecdsa: key)
            if let claims = try? await collection.verify(token, as: ClientAssertion.self) {
                return (claims, pem)
            }
        }
        return nil
    }

    private func checkClock(_ claims: ClientAssertion) throws {
        let now = now()
        let seconds = Int(now.microsecondsSince1970 / 1_000_000)
        let years = 0...253_402_300_799
        guard years.contains(claims.iat), years.contains(claims.exp) else { throw Self.refused }
        let isEarly = claims.iat > seconds + Self.skewSecondsMax
        let isLate = claims.exp < seconds - Self.skewSecondsMax
        let isLong = claims.exp > seconds + Self.lifetimeSecondsMax + Self.skewSecondsMax
        guard isEarly || isLate || isLong else { return }
        let theirs = Timestamp(microsecondsSince1970: Int64(claims.iat) * 1_000_000)
        throw SyncError(
            "clock",
            "The clocks differ too much, or the request was under way too long: it was signed at "
                + "\(theirs) by the SyncWorker's clock and came in at \(now) by OneClick's, both "
                + "in UTC.",
            hint: "Set the clock of the SyncWorker's server, best by a time service; up to "
                + "\(Self.skewSecondsMax) seconds are tolerated.")
    }

    /// The same for an unknown installation, another key and a broken signature.
    private static let refused = SyncError(
        "assertion", "OneClick does not accept the signature of this installation.",
        hint: "Check that the SyncWorker uses the key and configuration of its enrolment; if they "
            + "are lost, enrol it again with a new code from OneClick.")
}
