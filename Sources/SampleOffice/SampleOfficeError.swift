import Foundation
import GRDB

/// What went wrong in making or working on a sample practice, in words for a person.
public struct SampleOfficeError: Error, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// A number or a date that no practice can have.
        case badOption
        case fileExists
        /// The folder is not there, or may not be written to.
        case cannotWrite
        case noFile
        /// A file, but not a Central with the sample's schema.
        case noCentral
        /// Another program kept the file locked for too long.
        case locked
        /// No room is left on the file's disk.
        case diskFull
    }

    public var code: Code
    /// What happened.
    public var message: String
    /// The next step for a person.
    public var hint: String

    public init(_ code: Code, _ message: String, hint: String) {
        (self.code, self.message, self.hint) = (code, message, hint)
    }

    public var description: String { "\(message) \(hint)" }
}

extension SampleOfficeError {
    /// SQLite's smallest files beside a database need this much.
    private static let bytesNeeded: UInt64 = 64 << 10

    /// Nil where something else than a full disk is behind the error. Where SQLite cannot make the
    /// files that it keeps beside a database, it speaks of an error of the disk.
    public static func diskFull(_ error: DatabaseError, _ path: String) -> SampleOfficeError? {
        switch error.resultCode {
        case .SQLITE_FULL: break
        case .SQLITE_IOERR, .SQLITE_CANTOPEN:
            guard let free = bytesFree(path), free < bytesNeeded else { return nil }
        default: return nil
        }
        return SampleOfficeError(
            .diskFull, "The disk that holds the file \(path) is full.",
            hint: "Free some space, then run the command again.")
    }

    /// What is free for this user on the disk of a file, or of the folder where it is to be.
    private static func bytesFree(_ path: String) -> UInt64? {
        let folder = (path as NSString).deletingLastPathComponent
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 || statvfs(folder.isEmpty ? "." : folder, &disk) == 0
        else { return nil }
        return UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
    }
}
