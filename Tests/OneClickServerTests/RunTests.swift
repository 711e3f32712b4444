import OneClickClient
import SyncEngine
import SyncModel
import SyncProtocol
import Testing

@Suite("A run over HTTP")
struct RunTests {
    @Test("A first load goes from opening to receipt, and can be asked for afterwards")
    func wholeRun() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (answer, run) = try await office.open("run-1")
            #expect(answer.fence == 1)
            #expect(answer.asOf == LocalDate("2026-11-23"))
            #expect(answer.vault == TestOneClick.vault)

            try await office.client.beginLoad(.first, in: run)
            let plan = Plan(
                table: .clients,
                entries: [
                    Plan.Entry(
                        range: .everything, except: [],
                        content: .probe(count: 1, digest: RowBlock.example.digest()))
                ])
            #expect(try await office.client.plan(plan, in: run).verdicts == [.differs])
            try await office.client.ship(.first(of: run.id), in: run)
            try await office.client.ship(.first(of: run.id), in: run)
            let state = try await office.client.commit(.first(version: answer.version), in: run)
            guard case .committed(let receipt) = state else {
                Issue.record("not committed: \(state)")
                return
            }
            #expect(receipt.rows == [.clients: 1])
            #expect(try await office.client.state(of: run.id) == state)
            #expect(try await office.client.commit(.first(version: 0), in: run) == state)
            #expect(try await office.client.status().rows == [.clients: 1])
            let (_, next) = try await office.open("run-2", lastFence: 1)
            #expect(try await office.client.plan(plan, in: next).verdicts == [.equal])
        }
    }

    @Test("The as-of date is the office's, not Greenwich's")
    func asOf() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            oneClick.now = try #require(Timestamp("2026-07-01T23:30:00Z"))
            #expect(try await office.open("run-1").0.asOf == LocalDate("2026-07-02"))
        }
    }

    @Test("Opening twice under one name is one run; the later token counts")
    func openTwice() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (first, early) = try await office.open("run-1")
            let (second, late) = try await office.open("run-1")
            #expect(first.fence == second.fence)
            try await office.client.beginLoad(.first, in: late)
            let error = await syncError { try await office.client.beginLoad(.first, in: early) }
            #expect(error?.code == "token")
        }
    }

    @Test(
        "A name that does not fit an address is refused",
        arguments: ["", "a/b", "../x", "ä", "a b"])
    func names(_ name: String) async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let error = await syncError { _ = try await office.open(name) }
            #expect(error?.code == .malformed)
        }
    }

    @Test("The token of one run opens nothing of another")
    func tokenOfAnotherRun() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (_, run) = try await office.open("run-1")
            let other = OpenRun(id: RunID(rawValue: "run-2"), token: run.token)
            let error = await syncError { try await office.client.beginLoad(.first, in: other) }
            #expect(error?.code == "token")
        }
    }

    @Test("Tokens and names of two practices, swapped, find nothing")
    func practices() async throws {
        try await TestOneClick.serving { oneClick in
            let here = try await oneClick.enrolled("Here")
            let there = try await oneClick.enrolled("There")
            let (_, mine) = try await here.open("mine")
            let (_, theirs) = try await there.open("theirs")
            for swapped in [
                OpenRun(id: mine.id, token: theirs.token),
                OpenRun(id: theirs.id, token: mine.token),
            ] {
                let refusals = [
                    await syncError { try await here.client.beginLoad(.first, in: swapped) },
                    await syncError {
                        try await here.client.ship(.first(of: swapped.id), in: swapped)
                    },
                    await syncError {
                        _ = try await here.client.commit(.first(version: 0), in: swapped)
                    },
                    await syncError { try await here.client.abandon(swapped, reason: "test") },
                ]
                #expect(refusals.map { $0?.code } == Array(repeating: "token", count: 4))
            }
            guard case .aborted = try await there.client.state(of: mine.id) else {
                Issue.record("another practice's run was found")
                return
            }
            #expect(try await here.client.state(of: mine.id) == .open)
        }
    }

    @Test("A batch must be the one that its address names")
    func batchAddress() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (_, run) = try await office.open("run-1")
            try await office.client.beginLoad(.first, in: run)
            for (number, batch) in [
                (2, Batch.first(of: run.id)), (1, Batch.first(of: RunID(rawValue: "run-9"))),
            ] {
                let answer = try await RawRequest.send(
                    .PUT, oneClick.url + "/sync/v1/runs/run-1/batches/\(number)", batch.encoded(),
                    bearer: run.token)
                #expect(answer.status == 400)
            }
        }
    }

    @Test("An abandoned run is aborted, with its reason")
    func abandon() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (_, run) = try await office.open("run-1")
            try await office.client.abandon(run, reason: "a person stopped it")
            #expect(
                try await office.client.state(of: run.id)
                    == .aborted(reason: "a person stopped it"))
        }
    }

    @Test("A long commit is accepted, goes on, and is not begun twice")
    func longCommit() async throws {
        let file = try StoreFile()
        defer { file.remove() }
        try await TestOneClick.serving(store: file.store, waitForReceipt: {}) { oneClick in
            let office = try await oneClick.enrolled()
            let (answer, run) = try await office.open("run-1")
            try await office.client.beginLoad(.first, in: run)
            try await office.client.ship(.first(of: run.id), in: run)
            let lock = try WriteLock(file.path)
            let commit = CommitRequest.first(version: answer.version)
            #expect(try await office.client.commit(commit, in: run) == .committing)
            #expect(try await office.client.commit(commit, in: run) == .committing)
            #expect(try await office.client.state(of: run.id) == .committing)
            let error = await syncError { _ = try await office.open("run-2", lastFence: 1) }
            #expect(error?.code == .commitInProgress)
            #expect(error?.recovery == .retryAfter(.seconds(5)))
            try lock.release()
            var state = RunState.committing
            while state == .committing { state = try await office.client.state(of: run.id) }
            guard case .committed = state else {
                Issue.record("not committed: \(state)")
                return
            }
        }
    }

    @Test("A commit that failed after it was accepted says so, once, to whoever sends it again")
    func failureOfAcceptedCommit() async throws {
        let file = try StoreFile()
        defer { file.remove() }
        try await TestOneClick.serving(store: file.store, waitForReceipt: {}) { oneClick in
            let office = try await oneClick.enrolled()
            let (answer, run) = try await office.open("run-1")
            try await office.client.beginLoad(.first, in: run)
            try await office.client.ship(.first(of: run.id), in: run)
            let early = CommitRequest.first(version: answer.version + 1)
            try await file.whileLocked {
                let state = try await office.client.commit(early, in: run)
                #expect(state == .committing)
            }
            #expect(try await office.settledState(of: run) == .open)
            try await file.whileLocked {
                // Begun anew, each could only be accepted: the database is locked.
                let error = await syncError {
                    _ = try await office.client.commit(early, in: run)
                }
                #expect(error?.code == .moved)
                let right = CommitRequest.first(version: answer.version)
                let state = try await office.client.commit(right, in: run)
                #expect(state == .committing)
            }
            guard case .committed = try await office.settledState(of: run) else {
                Issue.record("not committed")
                return
            }
        }
    }

    @Test("A failure that nobody heard is not told to a later run")
    func failureOfAnEarlierRun() async throws {
        let file = try StoreFile()
        defer { file.remove() }
        try await TestOneClick.serving(store: file.store, waitForReceipt: {}) { oneClick in
            let office = try await oneClick.enrolled()
            let (answer, run) = try await office.open("run-1")
            try await file.whileLocked {
                let early = CommitRequest.first(version: answer.version + 1)
                let state = try await office.client.commit(early, in: run)
                #expect(state == .committing)
            }
            #expect(try await office.settledState(of: run) == .open)
            let (again, next) = try await office.open("run-2", lastFence: 1)
            try await office.client.beginLoad(.first, in: next)
            try await office.client.ship(.first(of: next.id), in: next)
            try await file.whileLocked {
                let commit = CommitRequest.first(version: again.version)
                let state = try await office.client.commit(commit, in: next)
                #expect(state == .committing)
            }
            guard case .committed = try await office.settledState(of: next) else {
                Issue.record("not committed")
                return
            }
        }
    }
}
