import OneClickClient
import SyncModel
import SyncProtocol
import Testing

@Suite("One installation writes, from one place")
struct WriterTests {
    private func request(
        _ run: String, fence: Int, place: String = "p1", server: String = "OFFICE-1",
        lastRuns: [RunID] = []
    ) -> OpenRequest {
        OpenRequest(
            run: RunID(rawValue: run), lastFence: fence, lastRuns: lastRuns, kind: .change,
            purpose: .synchronise, server: server, place: place,
            shapes: TestOneClick.shapes.digests)
    }

    private func takeOver(
        _ office: TestInstallation, place: String = "p1", server: String = "OFFICE-1",
        fence: Int = 0, isConfirmed: Bool = true
    ) async throws -> TakeOverAnswer {
        try await office.client.takeOver(
            TakeOverRequest(
                server: server, place: place, lastFence: fence, isConfirmed: isConfirmed))
    }

    @Test("A second installation puts the first out, which is told by whom and since when")
    func secondInstallation() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            _ = try await office.open("run-1")
            oneClick.now = oneClick.now + .seconds(60)
            try await oneClick.store.addCode(
                "SECOND", of: office.answer.practice, expires: oneClick.now + .seconds(60),
                by: "test", now: oneClick.now)
            _ = try await OneClickClient.enrol(
                url: oneClick.url, code: "SECOND", key: InstallationKey(), server: "OFFICE-2",
                place: "p2", line: oneClick.line)
            let error = await syncError { _ = try await office.open("run-2", lastFence: 1) }
            #expect(error?.code == "copy")
            #expect(error?.message.contains("OFFICE-2") == true)
            #expect(error?.message.contains("12:01") == true)
            let taken = await syncError { _ = try await takeOver(office) }
            #expect(taken?.code == "copy")
        }
    }

    @Test("A copy at another place is refused before it writes, and the right one goes on")
    func copyElsewhere() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (answer, _) = try await office.open("run-1")
            for fence in [0, answer.fence] {
                let error = await syncError {
                    _ = try await office.client.open(
                        request("copy-\(fence)", fence: fence, place: "p2", server: "TEST-PC"))
                }
                #expect(error?.code == "place")
                #expect(error?.hint.contains("take-over") == true)
            }
            _ = try await office.open("run-2", lastFence: answer.fence)
        }
    }

    @Test("Two copies that look alike are both refused, until a person decides")
    func copyAtTheSamePlace() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (before, _) = try await office.open("run-1")
            let (copied, run) = try await office.open("run-2", lastFence: before.fence)
            oneClick.now = oneClick.now + .seconds(300)
            let error = await syncError {
                _ = try await office.client.open(
                    request("run-3", fence: before.fence, server: "OFFICE-9"))
            }
            #expect(error?.code == "copy")
            #expect(error?.message.contains("OFFICE-1") == true)
            #expect(error?.message.contains("OFFICE-9") == true)
            // The other one, too: in its run, and with the fence that was the last.
            guard case .aborted = try await office.client.state(of: run.id) else {
                Issue.record("the run of the other copy goes on")
                return
            }
            let other = await syncError {
                _ = try await office.open("run-4", lastFence: copied.fence)
            }
            #expect(other?.code == "copy")
            #expect(other?.message == error?.message)

            let asked = try await takeOver(office, fence: before.fence, isConfirmed: false)
            #expect(asked.fence == nil)
            #expect(asked.server == "OFFICE-1")
            #expect(asked.refusedServer == "OFFICE-9")
            let taken = try await takeOver(office, fence: before.fence)
            let (next, _) = try await office.open("run-5", lastFence: try #require(taken.fence))
            // Decided against, the other one is refused alone, however often it asks.
            for run in ["run-6", "run-7"] {
                let lost = await syncError {
                    _ = try await office.open(run, lastFence: copied.fence)
                }
                #expect(lost?.code == "copy")
                #expect(lost?.message.contains("took the practice over") == true)
            }
            _ = try await office.open("run-8", lastFence: next.fence)
        }
    }

    @Test("An opening that was under way for long is no copy: the right one goes on")
    func lateOpening() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (first, _) = try await office.open("run-1")
            // One that was answered late, and one that arrives only now.
            let next = try await office.client.open(
                request("run-3", fence: first.fence, lastRuns: [RunID(rawValue: "run-2")]))
            for late in ["run-1", "run-2"] {
                let error = await syncError {
                    _ = try await office.client.open(request(late, fence: 0))
                }
                #expect(error?.code == .fenced, "\(late)")
            }
            _ = try await office.open("run-4", lastFence: next.fence)
        }
    }

    @Test("Moved and said so, it goes on from the new place, and the old one stops in its run")
    func moved() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (old, run) = try await office.open("run-1")
            let taken = try await takeOver(office, place: "p2", server: "NEW-SERVER")
            #expect(taken.server == "OFFICE-1")
            let fence = try #require(taken.fence)
            #expect(fence == old.fence + 1)
            let error = await syncError {
                try await office.client.beginLoad(.first, in: run)
            }
            #expect(error?.code == .fenced)
            let refused = await syncError {
                _ = try await office.open("run-2", lastFence: old.fence)
            }
            #expect(refused?.code == "place")
            _ = try await office.client.open(
                request("run-3", fence: fence, place: "p2", server: "NEW-SERVER"))
        }
    }

    /// All that an installation asks or says outside a run's own requests.
    private func refusals(_ office: TestInstallation, place: String) async -> [SyncError.Code?] {
        let answer = AnswerRequest(
            answer: .approve, table: nil, keys: nil, seenAt: nil, person: "A", place: place)
        return [
            await syncError { _ = try await office.client.answer(answer) }?.code,
            await syncError { _ = try await office.client.status() }?.code,
            await syncError { _ = try await office.client.state(of: RunID(rawValue: "r")) }?.code,
            await syncError { _ = try await office.client.setNextKey(InstallationKey()) }?.code,
        ]
    }

    @Test("A replaced installation asks and answers nothing any more")
    func replacedIsMute() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            try await oneClick.store.addCode(
                "SECOND", of: office.answer.practice, expires: oneClick.now + .seconds(60),
                by: "test", now: oneClick.now)
            _ = try await OneClickClient.enrol(
                url: oneClick.url, code: "SECOND", key: InstallationKey(), server: "OFFICE-2",
                place: "p1", line: oneClick.line)
            #expect(await refusals(office, place: "p1") == ["copy", "copy", "copy", "copy"])
        }
    }

    @Test("A copy elsewhere answers nothing, nor does anybody while two look alike")
    func copiesHaveNoSay() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (first, _) = try await office.open("run-1")
            // There is no question to answer: who may answer hears that.
            #expect(await refusals(office, place: "p1").first == "held")
            #expect(await refusals(office, place: "p2").first == "place")
            _ = try await office.open("run-2", lastFence: first.fence)
            _ = await syncError { _ = try await office.open("run-3", lastFence: 0) }
            #expect(await refusals(office, place: "p1").first == "copy")
        }
    }
}
