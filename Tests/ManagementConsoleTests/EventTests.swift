import Foundation
import ServiceLifecycleTestKit
import SyncEngine
import SyncModel
import Testing
import WebSupport

@testable import ManagementConsole

/// An event as a browser gets it.
struct Event: Sendable {
    var name: String
    var parts: [String: String]
    var version: String

    private struct Message: Decodable {
        var version: String
        var parts: [String: String]
    }

    static func read(_ text: String) throws -> [Event] {
        try text.components(separatedBy: "\n\n").dropLast().map { event in
            let lines = event.components(separatedBy: "\n")
            guard lines[0].hasPrefix("event: ") else {
                let json = Data(event.dropFirst("data: ".count).utf8)
                let message = try JSONDecoder().decode(Message.self, from: json)
                return Event(name: "message", parts: message.parts, version: message.version)
            }
            #expect(lines.count == 2 && lines[1].hasPrefix("data: "))
            return Event(name: String(lines[0].dropFirst("event: ".count)), parts: [:], version: "")
        }
    }
}

@Suite(.serialized, .timeLimit(.minutes(30)))
struct EventTests {
    let office: TestConsole

    init() throws { office = try TestConsole() }

    private func events(_ browser: TestConsole.Browser) async throws -> [Event] {
        let answer = try await office.get("/console/events", as: browser)
        #expect(answer.headers[.contentType] == "text/event-stream")
        #expect(answer.headers[.cacheControl] == "no-store")
        return try Event.read(answer.text)
    }

    @Test func `the first message has every part of the page, as the page has it`() async throws {
        let jane = try await office.jane()
        await office.oneclickHas([.example(.refused)], waiting: [.clients: Counts(errors: 1)])
        let page = try await office.get("/console", as: jane).text
        office.rounds.will([{ [office] in try await office.signOut(jane) }])
        let events = try await events(jane)
        #expect(events.map(\.name) == ["message", "over"])
        #expect(events[0].version == WebFiles.version)
        let ids = ["status", "notices", "actions", "data-sets", "recent", "errors-now"]
        #expect(Set(events[0].parts.keys) == Set(ids))
        for (id, part) in events[0].parts {
            #expect(page.contains("id=\"\(id)\""))
            let text = part.trimmingCharacters(in: .newlines)
            #expect(text.isEmpty ? id == "notices" : page.contains(text), "\(id)")
        }
    }

    @Test func `while nothing changes it says so now and then, and nothing else`() async throws {
        let jane = try await office.jane()
        office.rounds.will(Array(repeating: {}, count: 12))
        office.rounds.will([{ [office] in try await office.signOut(jane) }])
        let events = try await events(jane)
        #expect(events.map(\.name) == ["message", "still", "still", "over"])
    }

    @Test func `a synchronisation shows while it is in progress, and when it has ended`()
        async throws
    {
        let jane = try await office.jane()
        try await office.withPortal {
            office.rounds.will([
                {},
                { [office] in
                    var begun = office.runs.begun.makeAsyncIterator()
                    _ = await office.portal.request(RunRequest(kind: .change, trigger: .manual))
                    _ = await begun.next()
                },
                {},
                { [office] in
                    office.runs.end()
                    await office.waitUntil(isRunning: false)
                },
                {},
                { [office] in try await office.signOut(jane) },
            ])
            let events = try await events(jane)
            #expect(events.map(\.name) == ["message", "message", "message", "over"])
            let (before, during, after) = (events[0].parts, events[1].parts, events[2].parts)
            #expect(before["status"]?.contains("Next scheduled sync") == true)
            #expect(during["status"]?.contains("Synchronisation is currently in progress") == true)
            #expect(during["actions"]?.contains(#"<button id="stop">"#) == true)
            #expect(during["data-sets"]?.contains("This synchronisation: change based") == true)
            #expect(during["recent"] == nil && during["errors-now"] == nil)
            #expect(after["status"]?.contains("Next scheduled sync") == true)
            #expect(after["data-sets"]?.contains("Last synchronisation: change based") == true)
            #expect(after["recent"]?.contains("/console/history/run-1") == true)
        }
    }

    @Test func `what OneClick says shows when it says it`() async throws {
        let jane = try await office.jane()
        office.rounds.will([
            { [office] in
                office.time.pass(.seconds(1))
                await office.oneclickHas(
                    [.example(.refused)], waiting: [.clients: Counts(errors: 1)])
            },
            { [office] in try await office.signOut(jane) },
        ])
        let events = try await events(jane)
        #expect(events[1].parts["errors-now"]?.contains("Ann &amp; Co") == true)
        #expect(events[1].parts["status"]?.contains("Answers") == true)
    }

    @Test func `an open stream ends when the permission is taken away`() async throws {
        let browser = try await office.browser(of: TestCentral.revoked)
        office.rounds.will([{}, { [office] in try office.central.revokeAll() }])
        #expect(try await events(browser).map(\.name) == ["message", "over"])
    }

    @Test func `an open stream ends a quarter of an hour after Central went away`() async throws {
        let jane = try await office.jane()
        office.rounds.will([
            { [office] in try office.central.moveAway() },
            { [office] in office.time.pass(.seconds(899)) },
            { [office] in office.time.pass(.seconds(1)) },
        ])
        let events = try await events(jane)
        #expect(events.first?.name == "message" && events.last?.name == "over")
        #expect(office.rounds.isOver)
    }

    @Test func `an open stream ends with the session, however long it is watched`() async throws {
        let jane = try await office.jane()
        let hour: Rounds.Round = { [office] in office.time.pass(.seconds(3_599)) }
        office.rounds.will(Array(repeating: hour, count: 13))
        let events = try await events(jane)
        #expect(events.last?.name == "over")
        #expect(office.rounds.isOver)
    }

    @Test func `a service that shuts down ends the stream`() async throws {
        let jane = try await office.jane()
        let events = try await testGracefulShutdown { trigger in
            office.rounds.will([{ trigger.triggerGracefulShutdown() }])
            return try await self.events(jane)
        }
        #expect(events.map(\.name) == ["message"])
    }
}
