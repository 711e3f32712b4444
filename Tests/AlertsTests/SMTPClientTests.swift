import NIOSSL
import SyncModel
import Testing

@testable import Alerts

/// Against a real server on the loopback.
@Suite(.timeLimit(.minutes(30)))
struct SMTPClientTests {
    private static let login = SMTPDialogue.Login(user: "sync", password: "s3cret ✓")
    private let letter = SMTPDialogue.Letter(
        from: MailAddress("sync@example.com")!,
        to: [MailAddress("a@example.com")!, MailAddress("b@example.com")!],
        content: "Subject: x\r\n\r\n.\r\n..two\r\nend\r\n")

    private func client(
        _ port: Int, _ security: MailServer.Security, host: String = "127.0.0.1",
        login: SMTPDialogue.Login? = nil, tls: TLSConfiguration = .makeClientConfiguration()
    ) -> SMTPClient {
        SMTPClient(
            server: MailServer(host: host, port: port, security: security), login: login,
            name: "OFFICE-1", tls: tls)
    }

    private func error(_ body: () async throws -> Void) async -> SyncError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? SyncError
        }
    }

    @Test func `a message arrives as it was sent`() async throws {
        try await TestMailServer.serving { server, port in
            let refusals = try await client(port, .none).send(letter)
            #expect(refusals == [])
            #expect(
                server.received == [
                    .init(
                        from: "sync@example.com", to: ["a@example.com", "b@example.com"],
                        content: letter.content, isEncrypted: false)
                ])
            #expect(server.commands.first == "EHLO OFFICE-1")
        }
    }

    @Test(
        arguments: [MailServer.Security.startTLS, .tls], ["PLAIN", "LOGIN", "XOAUTH2 LOGIN PLAIN"])
    func `a message goes encrypted, after a login`(
        security: MailServer.Security, methods: String
    ) async throws {
        let identity = try TestIdentity(name: "localhost")
        let manner = TestMailServer.Manner(
            security: security == .tls ? .tls : .startTLS, login: "sync\0s3cret ✓",
            methods: methods)
        try await TestMailServer.serving(manner, identity: identity) { server, port in
            let client = client(
                port, security, host: "localhost", login: Self.login, tls: try identity.trust())
            #expect(try await client.send(letter) == [])
            #expect(server.received.map(\.isEncrypted) == [true])
            #expect(server.received.map(\.login) == ["sync\0s3cret ✓"])
            #expect(server.received.map(\.content) == [letter.content])
        }
    }

    @Test(arguments: [MailServer.Security.startTLS, .tls])
    func `a server that does not prove who it is gets no mail and no password`(
        security: MailServer.Security
    ) async throws {
        let other = try TestIdentity(name: "other.example")
        let manner = TestMailServer.Manner(
            security: security == .tls ? .tls : .startTLS, login: "sync\0s3cret ✓")
        for trust in [try other.trust(), .makeClientConfiguration()] {
            try await TestMailServer.serving(manner, identity: other) { server, port in
                let client = client(
                    port, security, host: "localhost", login: Self.login, tls: trust)
                let error = await error { _ = try await client.send(letter) }
                #expect(
                    error?.message.contains("does not prove who it is") == true)
                #expect(!server.commands.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
            }
        }
    }

    @Test(arguments: ["EHLO", "MAIL", "RCPT", "DATA"])
    func `a connection that ends is an error that passes`(word: String) async throws {
        try await TestMailServer.serving(.init(hangsUpAt: word)) { server, port in
            let error = await error { _ = try await client(port, .none).send(letter) }
            #expect(error?.recovery == .retry)
            #expect(
                error?.message
                    == "The mail server 127.0.0.1 ended the connection without an answer.")
        }
    }

    @Test func `a recipient whom the server does not take is told, the others have it`()
        async throws
    {
        let manner = TestMailServer.Manner(answers: ["RCPT TO:<a@": "450 later"])
        try await TestMailServer.serving(manner) { server, port in
            let refusals = try await client(port, .none).send(letter)
            #expect(refusals.map(\.recipient.description) == ["a@example.com"])
            #expect(server.received.map(\.to) == [["b@example.com"]])
        }
    }

    @Test func `a port where nobody listens, and one that speaks something else, are named`()
        async throws
    {
        // A port that was free a moment ago may be another test's by now; nobody runs this one.
        let closed = await error { _ = try await client(1, .none).send(letter) }
        #expect(closed?.message == "The mail server 127.0.0.1 does not take connections.")
        let manner = TestMailServer.Manner(answers: ["greeting": "SSH-2.0-x"])
        try await TestMailServer.serving(manner) { _, port in
            let foreign = await error { _ = try await client(port, .none).send(letter) }
            #expect(foreign?.message.contains("does not speak SMTP") == true)
        }
    }

    @Test func `a server that is not encrypted where it should be is named`() async throws {
        try await TestMailServer.serving { _, port in
            let error = await error { _ = try await client(port, .tls).send(letter) }
            #expect(error?.message.contains("the encrypted connection failed") == true)
        }
    }

    @Test func `sending ends at once when it is cancelled`() async throws {
        // A server that says nothing after the message.
        let manner = TestMailServer.Manner(answers: ["MAIL": "250-wait"])
        try await TestMailServer.serving(manner) { server, port in
            await withTaskGroup(of: Bool.self) { group in
                group.addTask { [letter, client = client(port, .none)] in
                    do {
                        _ = try await client.send(letter)
                        return false
                    } catch {
                        return error is CancellationError
                    }
                }
                while !server.commands.contains(where: { $0.hasPrefix("MAIL") }) {
                    await Task.yield()
                }
                group.cancelAll()
                #expect(await group.next() == true)
            }
        }
    }
}
