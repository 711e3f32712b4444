import OneClickClient
import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol
import Testing

@testable import OneClickServer

@Suite("OneClick takes no more than it can")
struct LimitTests {
    // MARK: Requests

    @Test("A burst passes, then so many a second; refused are those beyond, with when to come back")
    func rates() throws {
        let rates = RequestRates(.init(perSecond: 50, burst: 200))
        let now = TestOneClick.midday
        for _ in 0..<200 { try rates.take("one", now: now) }
        let error = #expect(throws: SyncError.self) { try rates.take("one", now: now) }
        #expect(error?.recovery == .retryAfter(.milliseconds(20)))
        try rates.take("other", now: now)
        for second in 1...5 {
            let then = now + .seconds(second)
            for _ in 0..<50 { try rates.take("one", now: then) }
            #expect(throws: SyncError.self) { try rates.take("one", now: then) }
        }
        let later = now + .seconds(60)
        for _ in 0..<200 { try rates.take("one", now: later) }
        #expect(throws: SyncError.self) { try rates.take("one", now: later) }
    }

    @Test("A clock that was put back keeps nobody out for long")
    func ratesAndClocks() throws {
        let rates = RequestRates(.init(perSecond: 50, burst: 200))
        for _ in 0..<200 { try rates.take("one", now: TestOneClick.midday + .seconds(86_400)) }
        let error = #expect(throws: SyncError.self) {
            try rates.take("one", now: TestOneClick.midday)
        }
        #expect(error?.recovery == .retryAfter(.milliseconds(20)))
    }

    @Test("Over HTTP it is 429, for requests of a run and others alike, and one's own only")
    func ratesOverHTTP() async throws {
        try await TestOneClick.serving(requestsAtOnceMax: 5) { oneClick in
            let office = try await oneClick.enrolled()
            let other = try await oneClick.enrolled("Other & Co")
            let (_, run) = try await office.open("run-1")
            for _ in 0..<4 { try await office.client.beginLoad(.first, in: run) }
            let answer = try await RawRequest.post(
                oneClick.url + "/sync/v1/runs/run-1/plans", [], bearer: run.token)
            #expect(answer.status == 429)
            #expect(answer.retryAfter == "1")
            let error = await syncError { _ = try await office.client.status() }
            #expect(error?.code == "rate")
            #expect(error?.recovery == .retryAfter(.seconds(1)))
            _ = try await other.client.status()
            oneClick.now = oneClick.now + .seconds(1)
            _ = try await office.client.status()
        }
    }

    // MARK: Codes

    @Test("Wrong codes of one address are limited; a right one from elsewhere is not")
    func codes() throws {
        let codes = RefusedCodes()
        let now = TestOneClick.midday
        let guesser = ClientAddress(text: "198.51.100.7", isKnown: true)
        let other = ClientAddress(text: "203.0.113.5", isKnown: true)
        for _ in 0..<RefusedCodes.refusedMax { try codes.begin(guesser, now: now) }
        let error = #expect(throws: SyncError.self) {
            try codes.begin(guesser, now: now + .seconds(60))
        }
        #expect(error?.recovery == .retryAfter(.seconds(14 * 60)))
        #expect(error?.message.contains("198.51.100.7") == true)
        for _ in 0...RefusedCodes.refusedMax {
            try codes.begin(other, now: now)
            codes.withdraw(other)
        }
        try codes.begin(guesser, now: now + RefusedCodes.window)
    }

    @Test("Behind a proxy that names nobody, more may err")
    func codesBehindProxy() throws {
        let codes = RefusedCodes()
        let proxy = ClientAddress(text: "127.0.0.1", isKnown: false)
        for _ in 0..<RefusedCodes.refusedOfUnknownMax {
            try codes.begin(proxy, now: TestOneClick.midday)
        }
        #expect(throws: SyncError.self) { try codes.begin(proxy, now: TestOneClick.midday) }
    }

    @Test("Over HTTP it is 429, even with the right code, for the address that the proxy names")
    func codesOverHTTP() async throws {
        try await TestOneClick.serving { oneClick in
            let code = try await oneClick.addPractice()
            let address = "198.51.100.7"
            for _ in 0..<RefusedCodes.refusedMax {
                let answer = try await enrol(oneClick, "WRNG-WRNG-WRNG", from: address)
                #expect(answer.status == 401)
            }
            let refused = try await enrol(oneClick, code, from: "203.0.113.1, " + address)
            #expect(refused.status == 429)
            #expect(refused.refusal?.code == "attempts")
            #expect(refused.retryAfter == "900")
            let accepted = try await enrol(oneClick, code, from: address + ", 203.0.113.5")
            #expect(accepted.status == 200)
        }
    }

    private func enrol(
        _ oneClick: TestOneClick, _ code: String, from address: String
    ) async throws -> RawRequest.Answer {
        let request = EnrolmentRequest(
            protocolVersion: protocolVersion, code: code,
            publicKey: InstallationKey().publicKeyPEM, server: "OFFICE-1", place: "p1")
        return try await RawRequest.send(
            .POST, oneClick.url + "/sync/v1/enrolments", try WireJSON.encode(request),
            headers: [("X-Forwarded-For", address)])
    }

    // MARK: Batches

    @Test("A run has so many batches and no more")
    func batches() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (_, run) = try await office.open("run-1")
            let number = OneClickStore.batchesPerRunMax + 1
            let batch = Batch(
                table: .clients, run: run.id, number: number, load: nil, mark: nil, covers: [],
                replaces: [])
            let error = await syncError { try await office.client.ship(batch, in: run) }
            #expect(error?.code == "too_large")
            #expect(error?.message.contains("\(OneClickStore.batchesPerRunMax)") == true)
        }
    }
}
