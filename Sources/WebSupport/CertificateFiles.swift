import Foundation
import NIOSSL
import SyncModel

/// Where a server's certificate and its private key are: PEM files.
///
/// They can be used if both can be read, the key has no passphrase and may be read by its owner
/// alone, belongs to the first certificate, and that certificate is valid now.
public struct CertificateFiles: Hashable, Sendable {
    /// The server's certificate first, then those that lead to the authority.
    public var chain: String
    public var key: String

    public init(chain: String, key: String) {
        self.chain = chain
        self.key = key
    }

    func read(now: Timestamp) throws -> CertificatePair {
        let chain = try readChain()
        let pair = CertificatePair(chain: chain, key: try readKey())
        // Only BoringSSL knows every kind of key: it refuses one that is another certificate's.
        guard (try? NIOSSLContext(configuration: pair.configuration)) != nil else {
            throw error(
                "The key in \(key) is not that of the first certificate in \(self.chain).",
                "Give the two files that were made together; the server's own certificate stands "
                    + "first in the chain.")
        }
        try check(pair, now)
        return pair
    }

    private func readChain() throws -> [NIOSSLCertificate] {
        let bytes = try bytes(of: chain, "certificate")
        guard let read = try? NIOSSLCertificate.fromPEMBytes(bytes), !read.isEmpty else {
            throw error(
                "\(chain) holds no certificate in PEM.",
                "Give the file that begins with -----BEGIN CERTIFICATE-----, such as "
                    + "fullchain.pem.")
        }
        return read
    }

    private func readKey() throws -> NIOSSLPrivateKey {
        // A key may be a link, as renewals make them: what counts is the file.
        let file = URL(filePath: key).resolvingSymlinksInPath().path
        let bytes = try bytes(of: key, "key")
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        guard let mode = attributes?[.posixPermissions] as? NSNumber, mode.intValue & 0o077 == 0
        else {
            throw error(
                "The key \(key) may be read or written by others than its owner.",
                "Run `chmod 600 \(file)`. If somebody may have read it, have the certificate made "
                    + "again with a new key.")
        }
        guard let read = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw error(
                "\(key) holds no private key in PEM, or one with a passphrase.",
                "Give the key without a passphrase, in a file that begins with -----BEGIN PRIVATE "
                    + "KEY-----, such as privkey.pem.")
        }
        return read
    }

    private func bytes(of file: String, _ what: String) throws -> [UInt8] {
        guard FileManager.default.fileExists(atPath: file) else {
            throw error("The \(what) \(file) is not there.", "Check the path.")
        }
        guard let bytes = try? Data(contentsOf: URL(filePath: file)) else {
            throw error(
                "The \(what) \(file) cannot be read.", "Check that this user may read the file.")
        }
        return Array(bytes)
    }

    private func check(_ pair: CertificatePair, _ now: Timestamp) throws {
        let clock = "or set this server's clock, which shows \(now.inUTC)"
        guard now < pair.validUntil else {
            throw error(
                "The certificate in \(chain) expired on \(pair.validUntil.inUTC).",
                "Renew it, \(clock).")
        }
        guard now >= pair.validFrom else {
            throw error(
                "The certificate in \(chain) is valid from \(pair.validFrom.inUTC) on only.",
                "Wait until then, \(clock).")
        }
    }

    private func error(_ message: String, _ hint: String) -> SyncError {
        SyncError("certificate", message, hint: hint)
    }
}

/// A certificate with its chain and the key that belongs to it.
struct CertificatePair: Equatable, Sendable {
    /// Never empty.
    var chain: [NIOSSLCertificate]
    var key: NIOSSLPrivateKey

    var validFrom: Timestamp { Self.time(chain[0].notValidBefore) }
    var validUntil: Timestamp { Self.time(chain[0].notValidAfter) }

    var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }

    /// For one handshake.
    var override: NIOSSLContextConfigurationOverride {
        var override = NIOSSLContextConfigurationOverride()
        override.certificateChain = chain.map { .certificate($0) }
        override.privateKey = .privateKey(key)
        return override
    }

    private static func time(_ seconds: Int) -> Timestamp {
        Timestamp(microsecondsSince1970: Int64(seconds) * 1_000_000)
    }
}
