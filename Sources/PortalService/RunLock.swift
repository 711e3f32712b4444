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
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            close(descriptor)
            throw SyncError(
                .busy,
                "Another process synchronises this practice (process \(holder.isEmpty ? "unknown" : holder)).",
                hint: "Wait for it to finish, or stop it.")
        }
        let pid = Array(String(getpid()).utf8)
        ftruncate(descriptor, 0)
        _ = pid.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    deinit { close(descriptor) }
}

extension SyncError.Code {
    /// Another process synchronises.
    public static let busy: Self = "busy"
}
