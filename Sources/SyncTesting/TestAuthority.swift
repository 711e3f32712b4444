import Crypto
import Foundation
import SyncModel
import SwiftASN1
import X509

/// A certificate authority of a test's own.
public struct TestAuthority: Sendable {
    private let name: DistinguishedName
    private let key: P256.Signing.PrivateKey
    private let certificate: Certificate

    /// What a server shows, with its key; both as PEM.
    public struct Identity: Hashable, Sendable {
        public var chain: String
        public var key: String
    }

    public init(_ name: String) throws {
        self.name = try DistinguishedName { CommonName(name) }
        key = P256.Signing.PrivateKey()
        certificate = try Self.sign(
            self.name, for: key.publicKey, by: key, of: self.name, Self.always,
            Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            })
    }

    /// For those who trust it.
    public var pem: String {
        get throws { try certificate.serializeAsPEM().pemString }
    }

    /// A certificate for a server, with a new key.
    ///
    /// - Parameters:
    ///   - names: DNS names.
    ///   - isLoopback: whether it is for 127.0.0.1 too.
    public func identity(
        _ names: [String] = ["localhost"], isLoopback: Bool = true,
        valid: Range<Timestamp> = Self.always
    ) throws -> Identity {
        let own = P256.Signing.PrivateKey()
        var alternatives = names.map { GeneralName.dnsName($0) }
        if isLoopback { alternatives.append(.ipAddress(.init(contentBytes: [127, 0, 0, 1]))) }
        let signed = try Self.sign(
            try DistinguishedName { CommonName(names.first ?? "127.0.0.1") }, for: own.publicKey,
            by: key, of: name, valid,
            Certificate.Extensions { SubjectAlternativeNames(alternatives) })
        return Identity(
            chain: try signed.serializeAsPEM().pemString, key: own.pemRepresentation)
    }

    /// From before any test runs until after.
    public static let always = time(1_500_000_000)..<time(4_000_000_000)
    /// Over before any test runs.
    public static let past = time(1_400_000_000)..<time(1_500_000_000)

    private static func time(_ seconds: Int64) -> Timestamp {
        Timestamp(microsecondsSince1970: seconds * 1_000_000)
    }

    private static func sign(
        _ subject: DistinguishedName, for publicKey: P256.Signing.PublicKey,
        by issuerKey: P256.Signing.PrivateKey, of issuer: DistinguishedName,
        _ valid: Range<Timestamp>, _ extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(publicKey),
            notValidBefore: date(valid.lowerBound), notValidAfter: date(valid.upperBound),
            issuer: issuer, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions, issuerPrivateKey: Certificate.PrivateKey(issuerKey))
    }

    private static func date(_ time: Timestamp) -> Date {
        Date(timeIntervalSince1970: Double(time.microsecondsSince1970) / 1_000_000)
    }
}

extension TestAuthority.Identity {
    /// Writes `chain.pem` and `key.pem`, which only its owner may read, over what is there.
    public func write(to folder: String) throws {
        try Data(chain.utf8).write(to: URL(filePath: folder + "/chain.pem"), options: .atomic)
        let file = folder + "/key.pem"
        try Data(key.utf8).write(to: URL(filePath: file), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }
}
