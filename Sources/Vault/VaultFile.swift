import Crypto
import Foundation
import SyncModel

/// The vault's keys in a file that only its owner may read: a line each, hexadecimal, the newest
/// first.
public struct VaultFile: Sendable {
    public let path: String

    /// - Parameter database: the vault lies beside it.
    public init(besides database: String) { path = database + ".vault" }

    /// Throws `vault` if the file is missing, holds no keys, or may be read by others.
    public func read() throws -> Vault { Vault(try keys()) }

    /// A new file with a first key, if there is none.
    public func makeIfMissing() throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        if descriptor >= 0 { return try write([.init()], to: descriptor, at: path) }
        // Another command made it at the same moment.
        guard errno != EEXIST else { return }
        throw cannotBeMade(path)
    }

    /// Puts a new key in front of the others, and then makes it known. One command at a time does
    /// it: a key is known only if its private half is in the file. The old file stays until the
    /// new one is whole.
    public func rotate(publish: (Vault) throws -> Void) throws -> Vault {
        let lock = open(path + ".lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else { throw cannotBeMade(path + ".lock") }
        defer { close(lock) }
        let keys = [.init()] + (try keys())
        let new = path + ".new"
        unlink(new)
        let descriptor = open(new, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw cannotBeMade(new) }
        try write(keys, to: descriptor, at: new)
        guard rename(new, path) == 0 else { throw cannotBeMade(path) }
        let vault = try read()
        try publish(vault)
        return vault
    }

    private func keys() throws -> [Curve25519.KeyAgreement.PrivateKey] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let mode = attributes?[.posixPermissions] as? NSNumber else {
            throw error(
                "is not there",
                "Restore it from a backup. Without one, `oneclick migrate` makes a new key: the "
                    + "old sealed values stay closed, and are sent again.")
        }
        guard mode.intValue & 0o077 == 0 else {
            throw error(
                "may be read or written by others than its owner",
                "Run `chmod 600 \(path)`. If somebody may have read it, `oneclick vault rotate` "
                    + "makes a new key.")
        }
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let keys = text.split(whereSeparator: \.isNewline).map { line in
            [UInt8](hexadecimal: line.trimmingCharacters(in: .whitespaces))
                .flatMap { try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: $0) }
        }
        guard !keys.isEmpty, !keys.contains(where: { $0 == nil }) else {
            throw error(
                "cannot be read or holds no keys",
                "Restore it from a backup: without it the sealed values of the database stay "
                    + "closed.")
        }
        return keys.compactMap(\.self)
    }

    private func write(
        _ keys: [Curve25519.KeyAgreement.PrivateKey], to descriptor: Int32, at path: String
    ) throws {
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            let lines = keys.map { [UInt8]($0.rawRepresentation).hexadecimal + "\n" }
            try handle.write(contentsOf: Data(lines.joined().utf8))
            try handle.synchronize()
            try handle.close()
        } catch {
            unlink(path)
            throw self.error("cannot be written", "Check that the disk is not full.")
        }
    }

    private func cannotBeMade(_ path: String) -> SyncError {
        SyncError(
            "vault",
            "The vault's key file \(path) cannot be made: \(String(cString: strerror(errno))).",
            hint: "Check that the folder of the database exists and that this user may write there."
        )
    }

    private func error(_ what: String, _ hint: String) -> SyncError {
        SyncError("vault", "The vault's key file \(path) \(what).", hint: hint)
    }
}
