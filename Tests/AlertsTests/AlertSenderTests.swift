import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization
import Testing

@testable import Alerts

/// Messages as they arrive, at a real web server and a real mail server.
@Suite(.timeLimit(.minutes(30)))
struct AlertSenderTests {
    struct Post: Sendable {
        var body: [UInt8]
        var signature: String?
        var type: String?
    }

    /// What came, and what is answered.
    private final class Hook: Sendable {
        private let posts = Mutex<[Post]>([])
        private let answer = Mutex(HTTPResponse.Status.ok)

        var received: [Post] { posts.withLock(\.self) }
        var status: HTTPResponse.Status {
            get { answer.withLock(\.self) }
            set { answer.withLock { $0 = newValue } }
        }

        func take(_ post: Post) { posts.withLock { $0.append(post) } }
    }

    private func withHook(
        _ body: @Sendable (Hook, _ url: String) async throws -> Void
    ) async throws {
        let hook = Hook()
        let (ready, isReady) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let router = Router()
        router.post("hook/token") { request, _ in
            let bytes = try await request.body.collect(upTo: 1 << 20)
            let name = HTTPField.Name("X-SyncWorker-Signature")!
            hook.take(
                Post(
                    body: Array(bytes.readableBytesView), signature: request.headers[name],
                    type: request.headers[.contentType]))
            return Response(
                status: hook.status, headers: [.location: "/elsewhere"])
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { isReady.yield($0.localAddress?.port ?? 0) }, logger: .silent)
        let group = ServiceGroup(configuration: .init(services: [application], logger: .silent))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = await ready.first { _ in true } ?? 0
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(hook, "http://127.0.0.1:\(port)/hook/token"))
            } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    private func sender(
        _ settings: AlertSettings, _ secrets: AlertSecrets = AlertSecrets()
    ) -> AlertSender {
        AlertSender(
            settings: settings, secrets: secrets, place: .office, now: { .morning }, time: \.inUTC)
    }

    private func failure() throws -> Alert {
        var state = AlertState()
        return try #require(state.finished(.ended(.failed, .noCentral)).first)
    }

    @Test func `a webhook gets what happened as JSON, signed`() async throws {
        try await withHook { hook, url in
            let sender = sender(
                .init(webhook: WebhookAddress(url)), .init(webhookSecret: "shared ✓"))
            _ = try await sender.send(try failure(), by: .webhook)
            let post = try #require(hook.received.first)
            #expect(post.type == "application/json")
            let fields =
                try JSONSerialization.jsonObject(with: Data(post.body)) as? [String: Any] ?? [:]
            #expect(fields["event"] as? String == "began")
            #expect(fields["condition"] as? String == "failing")
            #expect(fields["practice"] as? Int == 7)
            #expect(fields["server"] as? String == "OFFICE-1")
            #expect(fields["at"] as? String == "2026-11-25T08:30:00.000000Z")
            #expect(fields["since"] as? String == "2026-11-25T08:25:00.000000Z")
            #expect(fields["run"] as? String == "run-1")
            #expect(fields["outcome"] as? String == "failed")
            #expect((fields["text"] as? String)?.contains("Central cannot be opened.") == true)
            let key = SymmetricKey(data: Data("shared ✓".utf8))
            let code = Array(HMAC<SHA256>.authenticationCode(for: post.body, using: key))
            #expect(post.signature == "sha256=" + code.hexadecimal)
        }
    }

    @Test func `without a secret nothing is signed`() async throws {
        try await withHook { hook, url in
            _ = try await sender(.init(webhook: WebhookAddress(url)))
                .send(.test(at: .morning), by: .webhook)
            #expect(hook.received.map(\.signature) == [nil])
        }
    }

    @Test(arguments: [
        (HTTPResponse.Status.internalServerError, true), (.serviceUnavailable, true),
        (.tooManyRequests, true), (.notFound, false), (.unauthorized, false), (.found, false),
    ])
    func `a webhook that does not take it is an error, and tried again where that may help`(
        status: HTTPResponse.Status, passes: Bool
    ) async throws {
        try await withHook { hook, url in
            hook.status = status
            let error = await #expect(throws: SyncError.self) {
                try await sender(.init(webhook: WebhookAddress(url)))
                    .send(.test(at: .morning), by: .webhook)
            }
            #expect(error?.recovery == (passes ? .retry : .person))
            #expect(error?.message.contains("HTTP \(status.code)") == true)
            #expect(error?.description.contains("token") == false)
            #expect(hook.received.count == 1)
        }
    }

    @Test func `a webhook that is not there is an error that passes`() async throws {
        let error = await #expect(throws: SyncError.self) {
            try await sender(.init(webhook: WebhookAddress("http://127.0.0.1:1/x")))
                .send(.test(at: .morning), by: .webhook)
        }
        #expect(error?.recovery == .retry)
        #expect(error?.message == "The webhook at http://127.0.0.1:1 does not take connections.")
    }

    @Test(arguments: [
        "http://hooks.example.com/x", "ftp://127.0.0.1/x", "hooks.example.com", "",
        "https://user:password@hooks.example.com/", "http://127.0.0.1.example.com/",
    ])
    func `messages cross no network in clear`(url: String) { #expect(WebhookAddress(url) == nil) }

    @Test func `only the beginning of a webhook's address is shown`() {
        let address = WebhookAddress("https://hooks.example.com:8443/services/T0/B0/secret?x=y")
        #expect(address?.shown == "https://hooks.example.com:8443")
    }

    // MARK: E-mail

    private func email(_ port: Int, _ to: String...) -> AlertSettings {
        AlertSettings(
            email: .init(
                server: MailServer(host: "127.0.0.1", port: port, security: .none), user: nil,
                from: MailAddress("sync@example.com")!, to: to.compactMap { MailAddress($0) }))
    }

    @Test func `an e-mail says the same as a webhook`() async throws {
        try await TestMailServer.serving { server, port in
            let sent = try await sender(email(port, "a@example.com"))
                .send(try failure(), by: .email)
            #expect(sent == .init())
            let content = try #require(server.received.first?.content)
            #expect(content.contains("Subject: SyncWorker on OFFICE-1: synchronisation fails\r\n"))
            #expect(content.contains("Why: Central cannot be opened.\r\n"))
        }
    }

    @Test func `the same message has the same id each time it is sent`() async throws {
        try await TestMailServer.serving { server, port in
            let sender = sender(email(port, "a@example.com"))
            for _ in 0..<2 { _ = try await sender.send(try failure(), by: .email) }
            let ids = server.received.map { mail in
                mail.content.split(separator: "\r\n").first { $0.hasPrefix("Message-ID: ") }
            }
            #expect(ids.count == 2 && ids[0] == ids[1] && ids[0] != nil)
        }
    }

    @Test func `who may take it later is asked again alone`() async throws {
        let manner = TestMailServer.Manner(answers: [
            "RCPT TO:<b@": "450 later", "RCPT TO:<c@": "550 unknown",
        ])
        try await TestMailServer.serving(manner) { server, port in
            let sender = sender(email(port, "a@example.com", "b@example.com", "c@example.com"))
            let sent = try await sender.send(try failure(), by: .email)
            #expect(sent.left == ["b@example.com"])
            #expect(sent.error?.contains("c@example.com (550 unknown)") == true)
            await #expect(throws: SyncError.self) {
                try await sender.send(try failure(), by: .email, to: sent.left)
            }
            #expect(server.received.map(\.to) == [["a@example.com"]])
        }
    }

    @Test func `secrets are shown by nothing`() {
        let secrets = AlertSecrets(smtpPassword: "s3cret", webhookSecret: "s3cret")
        var dumped = ""
        dump(secrets, to: &dumped)
        for text in ["\(secrets)", String(reflecting: secrets), dumped] {
            #expect(!text.contains("s3cret"))
        }
    }
}
