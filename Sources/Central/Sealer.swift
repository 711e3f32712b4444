import Crypto
import Foundation
import SyncModel
import SyncProtocol

/// Encrypts sealed columns to OneClick's vault: HPKE (RFC 9180) with X25519, HKDF-SHA-256 and
/// ChaCha20-Poly1305; practice, table, key and column are the associated data, so that a cipher
/// text opens only in its own place.
package struct Sealer {
    var practice: PracticeID
    var vaultKey: String
    private var recipient: Curve25519.KeyAgreement.PublicKey
    private var fingerprintKey: SymmetricKey

    static let info = Data("syncworker sealed column v1".utf8)

    package init(practice: PracticeID, vault: VaultKey, fingerprintKey: [UInt8]) throws {
        guard let bytes = [UInt8](hexadecimal: vault.publicKey),
            let recipient = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: bytes)
        else {
            throw SyncError(
                .malformed, "OneClick's vault key is not a key.",
                hint: "Ask the people who run OneClick to check its vault key file.")
        }
        self.practice = practice
        self.recipient = recipient
        vaultKey = vault.id
        self.fingerprintKey = SymmetricKey(data: fingerprintKey)
    }

    func seal(_ text: [UInt8], table: TableName, key: Key, column: String) throws -> SealedValue {
        var sender = try HPKE.Sender(
            recipientKey: recipient, ciphersuite: .Curve25519_SHA256_ChachaPoly, info: Self.info)
        let place = "\(practice)|\(table)|\(key)|\(column)"
        let cipher = try sender.seal(Data(text), authenticating: Data(place.utf8))
        let fingerprint = HMAC<SHA256>.authenticationCode(for: text, using: fingerprintKey)
        return SealedValue(
            vaultKey: vaultKey, fingerprint: Array(fingerprint),
            cipher: Array(sender.encapsulatedKey) + Array(cipher))
    }
}
