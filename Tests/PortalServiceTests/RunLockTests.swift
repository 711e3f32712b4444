import Foundation
import PortalService
import SyncModel
import Testing

struct RunLockTests {
    let folder = TemporaryFolder()
    var path: String { folder.file("lock") }

    @Test func `the second holder is refused and told who holds it`() throws {
        let first = try RunLock(path: path)
        let error = #expect(throws: SyncError.self) { try RunLock(path: path) }
        #expect(error?.code == .busy)
        #expect(error?.message.contains("process \(getpid())") == true)
        withExtendedLifetime(first) {}
    }

    @Test func `the lock ends with its holder`() throws {
        do { _ = try RunLock(path: path) }
        #expect(!RunLock.isHeld(path: path))
        _ = try RunLock(path: path)
    }

    @Test func `looking does not take it`() throws {
        #expect(!RunLock.isHeld(path: path))
        let lock = try RunLock(path: path)
        #expect(RunLock.isHeld(path: path))
        #expect(RunLock.holder(path) == Int(getpid()))
        withExtendedLifetime(lock) {}
    }

    @Test func `what an earlier holder left in the file does not matter`() throws {
        try "99999999".write(toFile: path, atomically: true, encoding: .utf8)
        let lock = try RunLock(path: path)
        #expect(RunLock.holder(path) == Int(getpid()))
        withExtendedLifetime(lock) {}
    }

    @Test func `a folder that is not there is named`() {
        let error = #expect(throws: SyncError.self) {
            try RunLock(path: folder.file("missing/lock"))
        }
        #expect(error?.message.contains("missing/lock") == true)
    }
}
