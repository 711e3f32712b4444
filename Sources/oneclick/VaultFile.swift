import Crypto
import Foundation
import SyncModel
import SyncProtocol

/// The private key that opens sealed values (X25519), in a file that only its owner may read. The
/// database and everything that serves requests know the public half alone.
struct VaultFile {
    let path: String

    init(besides database: String) { path = database + ".vault" }

    func makeIfMissing() throws {
        if !FileManager.default.fileExists(atPath: path) { try make() }
    }

    /// The public half of the key.
    func publicKey() throws -> VaultKey {
        guard FileManager.default.fileExists(atPath: path) else {
            throw error(
                "is not there",
                "Restore it from a backup. Without one, `oneclick migrate` makes a new key: the "
                    + "old sealed values stay closed, and are sent again.")
        }
        let publicKey = [UInt8](try read().publicKey.rawRepresentation)
        return VaultKey(
            id: String(RowDigest.of(publicKey).hexadecimal.prefix(16)),
            publicKey: publicKey.hexadecimal)
    }

    private func read() throws -> Curve25519.KeyAgreement.PrivateKey {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let mode = attributes?[.posixPermissions] as? NSNumber, mode.intValue & 0o077 == 0
        else {
            throw error(
                "may be read or written by others than its owner",
                "Run `chmod 600 \(path)`; only the user that runs OneClick may read it.")
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let bytes = [UInt8](hexadecimal: text.trimmingCharacters(in: .whitespacesAndNewlines)),
            let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)
        else {
            throw error(
                "cannot be read or holds no key",
                "Restore it from a backup: without it the sealed values of the database stay "
                    + "closed."
            )
        }
        return key
    }

    private func make() throws {
        let key = Curve25519.KeyAgreement.PrivateKey()
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            // Another command made it at the same moment.
            if errno == EEXIST { return }
            throw error(
                "cannot be made: \(String(cString: strerror(errno)))",
                "Check that the folder of the database exists and that this user may write there.")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            let text = [UInt8](key.rawRepresentation).hexadecimal + "\n"
            try handle.write(contentsOf: Data(text.utf8))
            try handle.synchronize()
            try handle.close()
        } catch {
            unlink(path)
            throw self.error("cannot be written", "Check that the disk is not full.")
        }
    }

    private func error(_ what: String, _ hint: String) -> SyncError {
        SyncError("vault", "The vault's key file \(path) \(what).", hint: hint)
    }
}
