import Foundation
import SyncModel
import SyncTesting
import Synchronization
import Testing

@testable import WebSupport

struct SessionStoreTests {
    private let folder: TestFolder
    private let store: SessionStore
    private let start = Timestamp("2026-11-24T08:00:00Z")!
    private var path: String { folder.path(of: "sessions.db") }

    init() throws {
        folder = try TestFolder()
        store = try SessionStore(path: folder.path(of: "sessions.db"))
    }

    private func begin(
        _ word: String, of user: String = "central:5", at time: Timestamp
    ) async throws -> String {
        let number = Mutex(0)
        return try await store.begin(user: user, name: "Jane Perry", credential: "one", now: time) {
            number.withLock { number in
                number += 1
                return "\(word)-\(number == 1 ? "secret" : "form")"
            }
        }
    }

    @Test func `a session is its secret's, with a token for forms`() async throws {
        let secret = try await begin("a", at: start)
        #expect(secret == "a-secret")
        let session = try #require(try await store.session(secret, now: start))
        #expect(session.user == "central:5")
        #expect(session.name == "Jane Perry")
        #expect(session.formToken == "a-form")
        #expect(session.permittedAt == nil)
        for other in ["", "a-form", "A-secret", session.digest, secret + "\0", "' OR 1=1 --"] {
            #expect(try await store.session(other, now: start) == nil)
        }
        let long = String(repeating: "x", count: 1_000_000)
        #expect(try await store.session(long, now: start) == nil)
    }

    @Test func `a restart signs nobody out`() async throws {
        let secret = try await begin("a", at: start)
        try store.close()
        let later = try SessionStore(path: path)
        #expect(try await later.session(secret, now: start + .seconds(60))?.user == "central:5")
        try later.close()
    }

    @Test func `the file holds nothing that signs in`() async throws {
        let secret = try await begin("some-words-that-stand-nowhere-else", at: start)
        try store.close()
        var isNameThere = false
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.url.path) {
            let bytes = try Data(contentsOf: folder.url.appending(path: file))
            #expect(bytes.range(of: Data(secret.utf8)) == nil)
            if bytes.range(of: Data("Jane Perry".utf8)) != nil { isNameThere = true }
        }
        #expect(isNameThere)
    }

    @Test func `a session ends two hours after it was used last`() async throws {
        let used = try await begin("a", at: start)
        let idle = try await begin("b", at: start)
        let almost = start + .seconds(7_199)
        #expect(try await store.session(used, now: almost) != nil)
        #expect(try await store.session(idle, now: start + .seconds(7_200)) == nil)
        #expect(try await store.session(used, now: almost + .seconds(7_199)) != nil)
        #expect(try await store.session(used, now: almost + .seconds(3 * 7_200)) == nil)
    }

    @Test func `a session ends twelve hours after it began, however much it is used`() async throws
    {
        let secret = try await begin("a", at: start)
        for minutes in stride(from: 0, to: 12 * 60, by: 30) {
            #expect(try await store.session(secret, now: start + .seconds(minutes * 60)) != nil)
        }
        let end = start + SessionStore.lifetime
        #expect(try await store.session(secret, now: end + .seconds(-1)) != nil)
        #expect(try await store.session(secret, now: end) == nil)
    }

    @Test func `a user has at most twenty, and the oldest give way`() async throws {
        let other = try await begin("other", of: "local:support", at: start)
        var secrets: [String] = []
        for number in 0..<25 {
            secrets.append(try await begin("s\(number)", at: start + .seconds(number)))
        }
        let now = start + .seconds(60)
        for (number, secret) in secrets.enumerated() {
            #expect((try await store.session(secret, now: now) != nil) == (number >= 5))
        }
        #expect(try await store.session(other, now: now) != nil)
    }

    @Test func `a new one is there although the clock was put back`() async throws {
        for number in 0..<20 { _ = try await begin("s\(number)", at: start) }
        let before = start + .seconds(-3_600)
        let secret = try await begin("new", at: before)
        #expect(try await store.session(secret, now: before) != nil)
        let same = try await begin("same", at: before)
        #expect(try await store.session(same, now: before) != nil)
    }

    @Test func `signing out ends one session and no other`() async throws {
        let one = try await begin("a", at: start)
        let other = try await begin("b", at: start)
        let session = try #require(try await store.session(one, now: start))
        try await store.end(session)
        #expect(try await store.session(one, now: start) == nil)
        #expect(try await store.session(other, now: start) != nil)
    }

    // MARK: The permission

    private func noted(_ secret: String, at time: Timestamp) async throws -> Timestamp? {
        try await store.session(secret, now: time)?.permittedAt
    }

    @Test func `when the permission was seen is remembered to the minute`() async throws {
        let secret = try await begin("a", at: start)
        func note(_ permitted: Timestamp?, name: String = "Jane Perry") async throws {
            let session = try #require(try await store.session(secret, now: start))
            await store.note(session, name: name, permittedAt: permitted)
        }
        try await note(start)
        #expect(try await noted(secret, at: start) == start)
        try await note(start + .seconds(59))
        #expect(try await noted(secret, at: start) == start)
        try await note(start + .seconds(60))
        #expect(try await noted(secret, at: start) == start + .seconds(60))
        // What is taken away counts at once, and so does what comes back.
        try await note(nil)
        #expect(try await noted(secret, at: start) == nil)
        try await note(start + .seconds(61))
        #expect(try await noted(secret, at: start) == start + .seconds(61))
        try await note(start + .seconds(62), name: "Jane Smith")
        #expect(try await store.session(secret, now: start)?.name == "Jane Smith")
    }

    @Test func `a clock that was put back is followed`() async throws {
        let secret = try await begin("a", at: start)
        for time in [start + .seconds(3_600), start] {
            let session = try #require(try await store.session(secret, now: start))
            await store.note(session, name: "Jane Perry", permittedAt: time)
        }
        #expect(try await noted(secret, at: start) == start)
    }

    @Test func `a file that is none is an error in words`() throws {
        let bad = folder.path(of: "bad.db")
        try Data(repeating: 7, count: 4_096).write(to: URL(filePath: bad))
        let error = #expect(throws: SyncError.self) { try SessionStore(path: bad) }
        #expect(error?.message.contains("the sessions' file") == true)
    }
}
