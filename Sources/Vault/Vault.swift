import Crypto
import Foundation
import SyncModel
import SyncProtocol

/// The private keys that open sealed values (X25519), the newest first.
public struct Vault: Sendable {
    private let keys: [Curve25519.KeyAgreement.PrivateKey]

    /// At least one key.
    init(_ keys: [Curve25519.KeyAgreement.PrivateKey]) {
        precondition(!keys.isEmpty, "a vault without a key")
        self.keys = keys
    }

    /// What the premises seal to from now on.
    public var publicKey: VaultKey { Self.publicKey(of: keys[0]) }

    /// The names of all keys, the newest first.
    public var keyNames: [String] { keys.map { Self.publicKey(of: $0).id } }

    /// The secret. Throws `vault` where no key of this vault opens it, or where it does not belong
    /// at this place: it was moved there from another row, or damaged.
    public func open(_ value: SealedValue, at place: Sealing.Place) throws -> [UInt8] {
        guard let key = keys.first(where: { Self.publicKey(of: $0).id == value.vaultKey }) else {
            throw SyncError(
                "vault",
                "The vault has no key \(value.vaultKey), to which \(words(place)) is sealed.",
                hint:
                    "Put the key back from a backup of the vault's file. If it is lost, `oneclick "
                    + "vault rotate` has everything sealed anew.")
        }
        do {
            return try Sealing.open(value.cipher, with: key, at: place)
        } catch {
            throw SyncError(
                "vault",
                "\(words(place)) does not open: it was sealed for another place, or is damaged.",
                hint: "Find out who wrote to the database. A full synchronisation seals the value "
                    + "anew once the row has been removed or changed.")
        }
    }

    /// Seals a secret that OneClick itself received, such as a refreshed token.
    public func seal(_ text: [UInt8], at place: Sealing.Place) throws -> SealedValue {
        let secret = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: keys[0].rawRepresentation),
            info: Data("oneclick fingerprint".utf8), outputByteCount: 32)
        return SealedValue(
            vaultKey: publicKey.id,
            fingerprint: Array(HMAC<SHA256>.authenticationCode(for: text, using: secret)),
            cipher: try Sealing.seal(text, to: keys[0].publicKey, at: place))
    }

    private func words(_ place: Sealing.Place) -> String {
        "\(place.column) of \(place.table) \(place.key) of practice \(place.practice)"
    }

    private static func publicKey(of key: Curve25519.KeyAgreement.PrivateKey) -> VaultKey {
        let bytes = [UInt8](key.publicKey.rawRepresentation)
        return VaultKey(
            id: String(RowDigest.of(bytes).hexadecimal.prefix(16)), publicKey: bytes.hexadecimal)
    }
}

/// Never shows a key.
extension Vault: CustomStringConvertible, CustomReflectable {
    public var description: String { "Vault" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
