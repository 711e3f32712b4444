import Foundation
import GRDB
import OneClickStore
import SyncModel

/// A store in a file, where a test has to reach around it.
struct StoreFile: Sendable {
    let store: OneClickStore
    let path: String
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appending(path: "oneclick.db").path
        try OneClickStore.migrate(path: path, shapes: TestOneClick.shapes)
        try OneClickStore.setVaultKey(
            TestOneClick.vault, path: path, by: "test", now: TestOneClick.midday)
        // As long as the machine needs: a test that locks the database goes on until it lets go.
        store = try OneClickStore(path: path, shapes: TestOneClick.shapes, secondsToWait: 600)
    }

    func remove() {
        try? store.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Every other writer waits until `body` is done.
    func whileLocked(_ body: () async throws -> Void) async throws {
        let lock = try WriteLock(path)
        do {
            try await body()
            try lock.release()
        } catch {
            try lock.release()
            throw error
        }
    }

    func revoke(_ installation: InstallationID) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            try db.execute(
                sql: "UPDATE installations SET revoked_at = '2026-11-23' WHERE id = ?",
                arguments: [installation.rawValue])
        }
        try queue.close()
    }
}

/// Keeps every other writer of a database waiting.
struct WriteLock {
    private let queue: DatabaseQueue

    init(_ path: String) throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
    }

    func release() throws {
        try queue.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try queue.close()
    }
}
