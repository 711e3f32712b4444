import Crypto
import SyncModel
import SyncProtocol
import Testing

@Suite("A key's fingerprint")
struct KeyFingerprintTests {
    /// Made by `openssl ecparam -name prime256v1 -genkey`; its digest by
    /// `openssl pkey -pubin -outform DER | sha256sum`.
    private static let pem = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/xMAhmqW3lrcwwzf+9cbwxUKD1QZ
        UQjY/6dnSBx1Bo8qt343KGV631x2nVOXIESKNje+9j5eXsWawvK6So2kYA==
        -----END PUBLIC KEY-----
        """

    @Test("It is that of the key's DER bytes, as other programs count it")
    func isKnown() {
        #expect(KeyFingerprint.of(publicKeyPEM: Self.pem) == "93D2-64CC-5DD9-42F4-1C61")
    }

    @Test("Another key has another; a text that is no key has none")
    func differs() {
        let one = P256.Signing.PrivateKey().publicKey.pemRepresentation
        let other = P256.Signing.PrivateKey().publicKey.pemRepresentation
        #expect(KeyFingerprint.of(publicKeyPEM: one) != KeyFingerprint.of(publicKeyPEM: other))
        #expect(KeyFingerprint.of(publicKeyPEM: "-") == nil)
    }
}
