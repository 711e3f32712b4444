import HTTPTypes
import Hummingbird
import NIOCore
import SyncModel
import SyncProtocol
import Testing

@testable import OneClickServer

@Suite("A refusal says what to do and shows nothing inside")
struct ErrorAnswerTests {
    struct Inside: Error, CustomStringConvertible {
        var description: String { "password=hunter2 in /srv/oneclick.db" }
    }

    @Test("An unknown error is a 500 without a word of it")
    func unknownError() async throws {
        let answer = try await answer(throwing: Inside())
        #expect(answer.status == 500)
        #expect(answer.refusal?.code == "internal")
        for secret in ["hunter2", "oneclick.db", "Inside", "OneClickServer"] {
            #expect(!answer.text.contains(secret))
        }
    }

    @Test(
        "Codes have their statuses, and waiting its header",
        arguments: [
            (SyncError("code", "M.", hint: "H."), 401, nil),
            (SyncError(.malformed, "M.", hint: "H."), 400, nil),
            (SyncError(.version, "M.", hint: "H."), 400, nil),
            (SyncError(.fenced, "M.", hint: "H."), 409, nil),
            (SyncError(.moved, "M.", hint: "H.", recovery: .retry), 409, nil),
            (SyncError("copy", "M.", hint: "H."), 409, nil),
            (SyncError("place", "M.", hint: "H."), 409, nil),
            (SyncError("too_large", "M.", hint: "H."), 413, nil),
            (
                SyncError(.commitInProgress, "M.", hint: "H.", recovery: .retryAfter(.seconds(5))),
                409, "5"
            ),
            (
                SyncError("x", "M.", hint: "H.", recovery: .retryAfter(.milliseconds(1500))), 503,
                "2"
            ),
            (SyncError("x", "M.", hint: "H."), 500, nil),
        ] as [(SyncError, Int, String?)])
    func statuses(_ error: SyncError, _ status: Int, _ retryAfter: String?) async throws {
        let answer = try await answer(throwing: error)
        #expect(answer.status == status)
        #expect(answer.retryAfter == retryAfter)
        #expect(answer.refusal?.code == error.code.rawValue)
        #expect(answer.refusal?.hint == "H.")
    }

    @Test("An address that is not there answers in the same words")
    func notFound() async throws {
        try await TestOneClick.serving { oneClick in
            let answer = try await RawRequest.get(oneClick.url + "/sync/v1/nothing")
            #expect(answer.status == 404)
            #expect(answer.refusal?.code == "not_found")
        }
    }

    @Test(
        "A body beyond the limit is refused",
        arguments: [
            ("POST", "/sync/v1/enrolments", 9 << 20),
            ("PUT", "/sync/v1/runs/run-1/batches/1", 17 << 20),
        ])
    func tooLarge(_ method: String, _ path: String, _ bytes: Int) async throws {
        try await TestOneClick.serving { oneClick in
            let (_, run) = try await oneClick.enrolled().open("run-1")
            let answer = try await RawRequest.send(
                .init(rawValue: method), oneClick.url + path, Array(repeating: 0, count: bytes),
                bearer: run.token)
            #expect(answer.status == 413)
            #expect(answer.refusal?.code == "too_large")
        }
    }

    private func answer(throwing error: any Error) async throws -> RawRequest.Answer {
        let router = Router()
        router.add(middleware: ErrorAnswers())
        router.get("fails") { _, _ -> Response in throw error }
        let (ready, isReady) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { isReady.yield($0.localAddress?.port ?? 0) }, logger: .silent)
        return try await running(application) {
            let port = await ready.first { _ in true } ?? 0
            return try await RawRequest.get("http://127.0.0.1:\(port)/fails")
        }
    }
}
