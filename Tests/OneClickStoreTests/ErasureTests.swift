import Catalogue
import Foundation
import GRDB
import SyncModel
import SyncProtocol
import SyncTesting
import Testing

@testable import OneClickStore

@Suite("A practice is erased from everywhere")
struct ErasureTests {
    private let folder: TestFolder
    private let path: String
    private let store: OneClickStore
    private let erased: PracticeID
    private let other: PracticeID

    private static let word = "Zebrafinch"
    private static let otherWord = "Woodpecker"

    init() async throws {
        folder = try TestFolder()
        path = folder.path(of: "oneclick.db")
        let shapes = try Catalogue.standard().shapes
        try OneClickStore.migrate(path: path, shapes: shapes)
        try OneClickStore.setVaultKey(TestVault.key, path: path, by: "ann", now: .midday)
        store = try OneClickStore(path: path, shapes: shapes)
        erased = try await Self.add(Self.word, store)
        other = try await Self.add(Self.otherWord, store)
    }

    private static func add(_ word: String, _ store: OneClickStore) async throws -> PracticeID {
        let id = try await store.addPractice(
            name: word, timeZone: "Europe/London", code: word,
            codeExpires: .midday + .seconds(600), by: "ann", now: .midday)
        try store.inDatabase { try EveryTable(db: $0).fill(id, word) }
        return id
    }

    private func rows(of practice: PracticeID) throws -> [String: [String]] {
        try store.inDatabase { try EveryTable(db: $0).rows(of: practice) }
    }

    @Test("No table has a row of it any more, and every row of another is still there")
    func erases() async throws {
        let before = try rows(of: other)
        let mine = try rows(of: erased)
        #expect(mine.values.allSatisfy { !$0.isEmpty }, "the test fills every table")
        let report = try await store.erase(
            erased, confirming: Self.word, by: "ann", now: .midday)
        #expect(report.rows == mine.mapValues(\.count))
        #expect(try rows(of: erased).values.allSatisfy(\.isEmpty))
        #expect(try rows(of: other) == before)
    }

    @Test(
        "Nothing goes where the name is not exactly the practice's", arguments: ["zebrafinch", ""])
    func asksForTheName(_ name: String) async throws {
        let before = try rows(of: erased)
        let error = await #expect(throws: SyncError.self) {
            _ = try await store.erase(erased, confirming: name, by: "ann", now: .midday)
        }
        #expect(error?.code == "confirm")
        #expect(error?.message.contains("nothing was erased") == true)
        #expect(try rows(of: erased) == before)
    }

    @Test("An unknown practice is said to be unknown; its number is never given again")
    func isFinal() async throws {
        _ = try await store.erase(erased, confirming: Self.word, by: "ann", now: .midday)
        let error = await #expect(throws: SyncError.self) {
            _ = try await store.erase(erased, confirming: Self.word, by: "ann", now: .midday)
        }
        #expect(error?.message == "OneClick has no practice \(erased).")
        let next = try await Self.add("Third", store)
        #expect(next.rawValue > other.rawValue)
    }

    @Test("The bytes are gone from the file and from its log")
    func takesTheBytes() async throws {
        // Rows that were there once leave their bytes behind, too.
        try store.inDatabase { db in
            try db.execute(
                sql: "UPDATE clients SET name = 'other' WHERE practice_id = ?",
                arguments: [erased.rawValue])
            try db.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)")
        }
        #expect(try occurrences(of: Self.word) > 0)
        _ = try await store.erase(erased, confirming: Self.word, by: "ann", now: .midday)
        try store.compact()
        #expect(try occurrences(of: Self.word) == 0)
        #expect(try occurrences(of: Self.otherWord) > 0)
        try store.close()
        #expect(try occurrences(of: Self.word) == 0)
    }

    private func occurrences(of word: String) throws -> Int {
        try ["", "-wal", "-journal"].reduce(0) { found, suffix in
            guard FileManager.default.fileExists(atPath: path + suffix) else { return found }
            let bytes = try Data(contentsOf: URL(filePath: path + suffix))
            var count = 0
            var rest = bytes[...]
            while let range = rest.range(of: Data(word.utf8)) {
                count += 1
                rest = rest[range.upperBound...]
            }
            return found + count
        }
    }

    @Test("That it was erased stays known, without its name")
    func isAudited() async throws {
        let report = try await store.erase(
            erased, confirming: Self.word, by: "ann", now: .midday)
        let last = try #require(try await store.audit(of: nil).last { $0.practice == nil })
        #expect(last.action == .practiceErased)
        #expect(last.person == "ann")
        #expect(last.subject == "practice \(erased)")
        #expect(last.rows == report.total)
    }

    @Test("A run that was under way is refused")
    func endsRuns() async throws {
        let store = store
        let practice = try await store.addPractice(
            name: "At work", timeZone: "Europe/London", code: "CODE",
            codeExpires: .midday + .seconds(600), by: "ann", now: .midday)
        let request = EnrolmentRequest(
            protocolVersion: protocolVersion, code: "CODE", publicKey: "-", server: "S",
            place: "p")
        let name = InstallationID(rawValue: "mine")
        _ = try await store.enrol(request, installation: name, now: .midday)
        let installation = try #require(try await store.installation(name))
        let open = OpenRequest(
            run: RunID(rawValue: "run"), lastFence: 0, lastRuns: [], kind: .change,
            purpose: .synchronise, server: "S", place: "p", shapes: store.shapes.digests)
        let opened = try await store.open(
            open, installation: installation, token: "token", asOf: Practice.today, now: .midday)
        let access = try await store.access(token: opened.token, run: open.run, now: .midday)
        _ = try await store.erase(practice, confirming: "At work", by: "ann", now: .midday)
        let commit = CommitRequest(version: 0, batches: 0, tables: [:], mark: nil)
        let refused: [() async throws -> Void] = [
            { _ = try await store.access(token: "token", run: open.run, now: .midday) },
            { _ = try await store.plan(Plan(table: "clients", entries: []), access) },
            { _ = try await store.commit(commit, access, now: .midday) },
            { _ = try await store.state(of: open.run, practice: access.practice, now: .midday) },
            { try await store.abandon(access, reason: "-", now: .midday) },
        ]
        for body in refused {
            let error = await #expect(throws: SyncError.self) { try await body() }
            #expect(error?.code == "practice" || error?.code == "token")
        }
        #expect(try await store.installation(name) == nil)
        #expect(try rows(of: practice).values.allSatisfy(\.isEmpty))
    }
}
