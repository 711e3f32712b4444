import Foundation
import SyncModel

/// Held by the one process that synchronises: a file lock, which ends with its process however
/// that ends.
public final class RunLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `busy` if another process holds it, naming the process.
    public init(path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SyncError(
                "lock",
                "The lock file \(path) cannot be opened: \(String(cString: strerror(errno))).",
                hint: "Check that this user may write to its folder.")
        }
        guard Self.take(descriptor) else {
            // What is opened is closed by `deinit`, which runs even where this throws.
            let holder = Self.holder(path)
            throw SyncError(
                .busy,
                "Another process synchronises this practice"
                    + (holder.map { " (process \($0))." } ?? "."),
                hint: "Wait for it to finish, or stop it.")
        }
        let pid = Array(String(getpid()).utf8)
        ftruncate(descriptor, 0)
        _ = pid.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    deinit { close(descriptor) }

    /// Whether a process that is alive holds the lock.
    public static func isHeld(path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    /// The number of the process that holds the lock, or held it last.
    public static func holder(_ path: String) -> Int? {
        (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { Int($0) }
    }

    /// Tries a few times: a command that looks whether the lock is held has it for a moment.
    private static func take(_ descriptor: Int32) -> Bool {
        for _ in 0..<5 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(10_000)
        }
        return false
    }
}

extension SyncError.Code {
    /// Another process synchronises.
    public static let busy: Self = "busy"
}
