import Crypto
import SyncModel

/// A public key in a form that two people can compare over the telephone.
public enum KeyFingerprint {
    private static let bytes = 10
    private static let lettersPerGroup = 4

    /// The first 80 bits of SHA-256 over the key's SubjectPublicKeyInfo (DER), as five groups of
    /// four base-16 letters: `3F2A-91C0-77B4-0D15-E6A8`. Nil for a text that is no P-256 key.
    public static func of(publicKeyPEM pem: String) -> String? {
        guard let key = try? P256.Signing.PublicKey(pemRepresentation: pem) else { return nil }
        let letters = Array(
            SHA256.hash(data: key.derRepresentation).prefix(bytes).hexadecimal.uppercased())
        return stride(from: 0, to: letters.count, by: lettersPerGroup).map { first in
            String(letters[first..<(first + lettersPerGroup)])
        }.joined(separator: "-")
    }
}
