import Crypto
import Foundation
import SyncModel

/// How a secret is sealed to OneClick's vault: HPKE (RFC 9180) with X25519, HKDF-SHA-256 and
/// ChaCha20-Poly1305. The encapsulated key stands before the cipher text.
public enum Sealing {
    /// Where a sealed value belongs: the associated data, so that it opens nowhere else.
    public struct Place: Hashable, Sendable, CustomStringConvertible {
        public var practice: PracticeID
        public var table: TableName
        public var key: Key
        public var column: String

        public init(practice: PracticeID, table: TableName, key: Key, column: String) {
            self.practice = practice
            self.table = table
            self.key = key
            self.column = column
        }

        public var description: String { "\(practice)|\(table)|\(key)|\(column)" }
    }

    private static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly
    private static let info = Data("syncworker sealed column v1".utf8)
    private static let encapsulatedKeyBytes = 32

    /// What a value in a sealed column holds instead of the text.
    public static func seal(
        _ text: [UInt8], to recipient: Curve25519.KeyAgreement.PublicKey, at place: Place
    ) throws -> [UInt8] {
        var sender = try HPKE.Sender(recipientKey: recipient, ciphersuite: suite, info: info)
        let cipher = try sender.seal(Data(text), authenticating: Data(place.description.utf8))
        return Array(sender.encapsulatedKey) + Array(cipher)
    }

    /// Throws where it was sealed to another key, at another place, or is damaged.
    public static func open(
        _ cipher: [UInt8], with key: Curve25519.KeyAgreement.PrivateKey, at place: Place
    ) throws -> [UInt8] {
        var recipient = try HPKE.Recipient(
            privateKey: key, ciphersuite: suite, info: info,
            encapsulatedKey: Data(cipher.prefix(encapsulatedKeyBytes)))
        return Array(
            try recipient.open(
                Data(cipher.dropFirst(encapsulatedKeyBytes)),
                authenticating: Data(place.description.utf8)))
    }
}
