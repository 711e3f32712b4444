import ArgumentParser
import Foundation
import OneClickStore
import SyncModel

/// The practices whose data OneClick holds.
struct Practice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add a practice, give it another code, list those that there are, or erase one.",
        subcommands: [
            PracticeAdd.self, PracticeCode.self, PracticeList.self, PracticeErase.self,
        ])
}

struct PracticeAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a practice and print the one-time code for its SyncWorker.",
        discussion: """
            The code connects one SyncWorker to the practice, once, within a day. It is shown \
            only now: OneClick keeps no copy.
            """)

    @Argument(help: "The practice's name, as people know it.")
    var name: String

    @Option(
        help: ArgumentHelp(
            "Where its office is, such as Europe/Dublin: decides which day it is.",
            valueName: "PLACE"))
    var timeZone = "Europe/London"

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var practice: PracticeID
        var name: String
        var code: String
        var expires: Timestamp
    }

    func validate() throws {
        guard !name.allSatisfy(\.isWhitespace), name.count <= 200 else {
            throw ValidationError("A practice's name has 1 to 200 characters.")
        }
        // Abbreviations mean different zones to different people.
        guard timeZone.contains("/"), TimeZone(identifier: timeZone) != nil else {
            throw ValidationError(
                "\"\(timeZone)\" is no time zone. Name a place, such as Europe/London.")
        }
    }

    func run() async throws {
        let store = try common.store()
        let now = SystemClock.now()
        let (code, expires) = EnrolmentCode.make(now: now)
        let id = try await store.addPractice(
            name: name, timeZone: timeZone, code: code, codeExpires: expires,
            by: SystemUser.name(), now: now)
        try store.close()
        try common.answer(
            Answer(practice: id, name: name, code: code, expires: expires),
            """
            Practice \(id), \(name), was added.
            One-time code for its SyncWorker: \(code)
            It works once, until \(expires.inUTC).
            """)
    }
}

struct PracticeCode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "code",
        abstract: "Print another one-time code for a practice's SyncWorker.",
        discussion: """
            For a SyncWorker that was moved, or one that takes another's place: the one before is \
            refused from the moment the code is used. The code works once, within a day.
            """)

    @Argument(help: "The practice's number, as `oneclick practice list` shows it.")
    var practice: Int64

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var practice: PracticeID
        var code: String
        var expires: Timestamp
    }

    func run() async throws {
        let store = try common.store()
        let now = SystemClock.now()
        let (code, expires) = EnrolmentCode.make(now: now)
        let id = PracticeID(rawValue: practice)
        try await store.addCode(
            code, of: id, expires: expires, by: SystemUser.name(), now: now)
        try store.close()
        try common.answer(
            Answer(practice: id, code: code, expires: expires),
            """
            One-time code for the SyncWorker of practice \(id): \(code)
            It works once, until \(expires.inUTC).
            """)
    }
}

struct PracticeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the practices and when each was last synchronised.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let store = try common.store()
        let practices = try await store.practices()
        try store.close()
        try common.answer(practices, words(practices))
    }

    private func words(_ practices: [OneClickStore.PracticeSummary]) -> String {
        if practices.isEmpty { return "There is no practice yet." }
        return practices.map { practice in
            let state =
                practice.lastCommittedAt.map { "last synchronised \($0.inUTC)" }
                ?? (practice.installation == nil ? "not enrolled yet" : "not synchronised yet")
            let rows = practice.rows.values.reduce(0, +)
            let server = practice.server.map { ", from \($0)" } ?? ""
            return "\(practice.id)  \(practice.name): \(rows) rows, \(state)\(server)"
        }.joined(separator: "\n")
    }
}
