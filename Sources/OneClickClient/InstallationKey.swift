import Foundation
import JWTKit
import SyncModel
import SyncProtocol

/// The installation's private key (P-256). Made on the premises, kept in a file that only its owner
/// may read, never sent.
public struct InstallationKey: Sendable {
    private let key: ES256PrivateKey

    /// How long an assertion is good for: one request.
    private static let lifetimeSeconds = 120

    /// A new key that nothing else knows.
    public init() { key = ES256PrivateKey() }

    /// Reads a saved key. Throws `key` if the file is missing, is no P-256 key, or may be read by
    /// others than its owner.
    public init(file: String) throws {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        guard let mode = attributes?[.posixPermissions] as? NSNumber else {
            throw Self.error("The key file \(file) is missing.", "Enrol this SyncWorker first.")
        }
        guard mode.intValue & 0o077 == 0 else {
            throw Self.error(
                "The key file \(file) may be read or written by others than its owner.",
                "Run `chmod 600 \(file)`. If somebody may have read it, enrol this SyncWorker "
                    + "again with a new key.")
        }
        guard let pem = try? String(contentsOfFile: file, encoding: .utf8),
            let key = try? ES256PrivateKey(pem: pem)
        else {
            throw Self.error(
                "The key file \(file) cannot be read or holds no P-256 key.",
                "Restore it from a backup, or remove it and enrol this SyncWorker again.")
        }
        self.key = key
    }

    /// The saved key, or a new one saved there.
    public static func readOrMake(file: String) throws -> InstallationKey {
        if FileManager.default.fileExists(atPath: file) { return try InstallationKey(file: file) }
        let key = InstallationKey()
        try key.save(to: file)
        return key
    }

    /// Writes the key to a new file of mode 0600. Throws `key` if there is a file already: a key in
    /// use is never written over.
    public func save(to file: String) throws {
        let descriptor = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Self.error(
                "The key file \(file) cannot be made: \(String(cString: strerror(errno))).",
                "Check that its folder exists and that this user may write there.")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(key.pemRepresentation.utf8))
            try handle.synchronize()
            try handle.close()
        } catch {
            unlink(file)
            throw Self.error(
                "The key file \(file) cannot be written.", "Check that the disk is not full.")
        }
    }

    /// The key that is to follow the one in `file`, kept beside it until OneClick knows it.
    public static func next(besides file: String) throws -> InstallationKey {
        try readOrMake(file: nextFile(besides: file))
    }

    /// A new key to follow the one in `file`, whatever was begun before.
    public static func anew(besides file: String) throws -> InstallationKey {
        unlink(nextFile(besides: file))
        return try next(besides: file)
    }

    /// Puts the next key in the other's place. Throws `key` if that cannot be done.
    public static func useNext(besides file: String) throws {
        guard rename(nextFile(besides: file), file) == 0 else {
            throw error(
                "The new key cannot be put in the place of \(file): "
                    + "\(String(cString: strerror(errno))).",
                "Run `syncworker key rotate` again; until then the key before is used.")
        }
    }

    private static func nextFile(besides file: String) -> String { file + ".next" }

    public var publicKeyPEM: String { key.publicKey.pemRepresentation }

    /// By which people recognise the public key; OneClick shows the same.
    public var fingerprint: String { KeyFingerprint.of(publicKeyPEM: publicKeyPEM) ?? "" }

    /// A client assertion (RFC 7523) for one request.
    func assertion(for installation: InstallationID, now: Timestamp) async throws -> String {
        let seconds = Int(now.microsecondsSince1970 / 1_000_000)
        var source = SystemRandomNumberGenerator()
        let name = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &source) }
        let claims = ClientAssertion(
            iss: installation.rawValue, sub: installation.rawValue, aud: "oneclick",
            exp: seconds + Self.lifetimeSeconds, iat: seconds, jti: name.hexadecimal)
        return try await sign(claims)
    }

    func sign(_ claims: ClientAssertion) async throws -> String {
        try await JWTKeyCollection().add(ecdsa: key).sign(claims)
    }

    private static func error(_ message: String, _ hint: String) -> SyncError {
        SyncError("key", message, hint: hint)
    }
}

/// Never shows the key.
extension InstallationKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "InstallationKey" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What an installation signs to say who it is: its claims. Times are seconds since 1970.
struct ClientAssertion: JWTPayload {
    var iss: String
    var sub: String
    var aud: String
    var exp: Int
    var iat: Int
    var jti: String

    func verify(using algorithm: some JWTAlgorithm) {}
}
