import Foundation
import SyncModel
import WebSupport

/// People who may use the console although Central does not know them, or cannot be read: a file
/// with a line for each, `NAME:HASH`, which only its owner may read. It is read anew each time.
public struct LocalAdministrators: Sendable {
    private let path: String

    public init(path: String) { self.path = path }

    public var directory: UserDirectory {
        UserDirectory(
            prefix: "local:", byLogin: { try user($0) }, byID: { try user($0) })
    }

    /// Nil where the file, or the name in it, is not there.
    private func user(_ name: String) throws -> ConsoleUser? {
        try entries().first { $0.name.lowercased() == name.lowercased() }.map { entry in
            ConsoleUser(
                id: "local:\(entry.name)", name: entry.name, password: entry.hash,
                isPermitted: true)
        }
    }

    /// Adds a name, or gives it another password.
    public func set(_ name: String, _ hash: PasswordHash) throws {
        try Self.check(name)
        var entries = try entries().filter { $0.name.lowercased() != name.lowercased() }
        entries.append((name, hash))
        try write(entries)
    }

    /// Whether there was such a name.
    public func remove(_ name: String) throws -> Bool {
        let entries = try entries()
        let kept = entries.filter { $0.name.lowercased() != name.lowercased() }
        guard kept.count < entries.count else { return false }
        try write(kept)
        return true
    }

    private static func check(_ name: String) throws {
        let isGood = name.allSatisfy { ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        guard !name.isEmpty, name.count <= 40, isGood else {
            throw SyncError(
                .form, "\"\(name)\" is no name for a local administrator.",
                hint: "Use up to 40 letters, digits, and - _ . between them.")
        }
    }

    private func write(_ entries: [(name: String, hash: PasswordHash)]) throws {
        let text = entries.map { "\($0.name):\($0.hash.text)\n" }.joined()
        // Beside the file first: whoever reads it meanwhile finds the old one or the new one whole.
        let new = path + ".new"
        try? FileManager.default.removeItem(atPath: new)
        guard
            FileManager.default.createFile(
                atPath: new, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]),
            rename(new, path) == 0
        else {
            throw SyncError(
                .administrators, "The file \(path) cannot be written.",
                hint: "Check that this user may write to its folder.")
        }
    }

    private func entries() throws -> [(name: String, hash: PasswordHash)] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        guard mode & 0o077 == 0 else {
            throw SyncError(
                .administrators, "Others than its owner may read or change \(path).",
                hint: "Take that right away (chmod 600), and have its people choose new passwords "
                    + "if others may have read it.")
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw SyncError(
                .administrators, "The file \(path) cannot be read.",
                hint: "Check that it belongs to the user that the service runs as.")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return try lines.enumerated().filter { !$0.element.isEmpty }.map { index, line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let hash = PasswordHash(String(parts[1])) else {
                throw SyncError(
                    .administrators, "Line \(index + 1) of \(path) is not NAME:HASH.",
                    hint: "Make its lines with `syncworker administrator`.")
            }
            return (String(parts[0]), hash)
        }
    }
}

extension SyncError.Code {
    /// The file of local administrators is not as it should be.
    static let administrators: Self = "administrators"
}
