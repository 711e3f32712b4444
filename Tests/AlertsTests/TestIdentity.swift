import Crypto
import Foundation
import NIOSSL
import X509

/// A server's key, and a certificate that it has signed itself.
struct TestIdentity {
    private let key: P256.Signing.PrivateKey
    private let certificate: Certificate

    /// - Parameter name: of the host that it is for.
    init(name: String) throws {
        key = P256.Signing.PrivateKey()
        let signer = Certificate.PrivateKey(key)
        let subject = try DistinguishedName { CommonName(name) }
        certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
            notValidBefore: Date(timeIntervalSince1970: 1_500_000_000),
            notValidAfter: Date(timeIntervalSince1970: 4_000_000_000), issuer: subject,
            subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                SubjectAlternativeNames([.dnsName(name)])
            },
            issuerPrivateKey: signer)
    }

    private func authority() throws -> NIOSSLCertificate {
        try NIOSSLCertificate(
            bytes: Array(certificate.serializeAsPEM().pemString.utf8), format: .pem)
    }

    /// For the server.
    func context() throws -> NIOSSLContext {
        let privateKey = try NIOSSLPrivateKey(
            bytes: Array(key.pemRepresentation.utf8), format: .pem)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(authority())], privateKey: .privateKey(privateKey)))
    }

    /// For a client that believes it.
    func trust() throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates([try authority()])
        return tls
    }
}
