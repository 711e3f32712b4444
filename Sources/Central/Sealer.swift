import Crypto
import SyncModel
import SyncProtocol

/// Seals the values of sealed columns to OneClick's vault (`Sealing`), each in its own place, with
/// a keyed fingerprint by which equal ones are known.
package struct Sealer {
    var practice: PracticeID
    var vaultKey: String
    private var recipient: Curve25519.KeyAgreement.PublicKey
    private var fingerprintKey: SymmetricKey

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
        let place = Sealing.Place(practice: practice, table: table, key: key, column: column)
        let fingerprint = HMAC<SHA256>.authenticationCode(for: text, using: fingerprintKey)
        return SealedValue(
            vaultKey: vaultKey, fingerprint: Array(fingerprint),
            cipher: try Sealing.seal(text, to: recipient, at: place))
    }
}
