import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A mail server on this machine's loopback, with real TLS. It keeps what it is given.
final class TestMailServer: Sendable {
    struct Mail: Hashable, Sendable {
        var from: String
        var to: [String]
        /// As it came, with the dots taken out again.
        var content: String
        var isEncrypted: Bool
        var login: String?
    }

    /// How it behaves.
    struct Manner: Sendable {
        var security = Security.none
        /// User, zero byte, password; nil where it takes mail from everybody.
        var login: String?
        var methods = "PLAIN LOGIN"
        /// Answers to commands, by how these begin, instead of its own.
        var answers: [String: String] = [:]
        /// The connection ends instead of an answer to this.
        var hangsUpAt: String?
    }

    enum Security { case none, startTLS, tls }

    let manner: Manner
    private let mails = Mutex<[Mail]>([])
    private let heard = Mutex<[String]>([])

    private init(_ manner: Manner) { self.manner = manner }

    var received: [Mail] { mails.withLock(\.self) }
    /// Every line that was not content.
    var commands: [String] { heard.withLock(\.self) }

    func take(_ mail: Mail) { mails.withLock { $0.append(mail) } }
    func hear(_ command: String) { heard.withLock { $0.append(command) } }

    /// Serves while `body` runs, which is given the port.
    static func serving<T: Sendable>(
        _ manner: Manner = Manner(), identity: TestIdentity? = nil,
        _ body: (TestMailServer, _ port: Int) async throws -> T
    ) async throws -> T {
        let server = TestMailServer(manner)
        let tls = try identity.map { try $0.context() }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if manner.security == .tls, let tls {
                        try pipeline.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try pipeline.addHandler(TestMailSession(server, tls))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let result: Result<T, any Error>
        do {
            result = .success(try await body(server, channel.localAddress?.port ?? 0))
        } catch {
            result = .failure(error)
        }
        try await channel.close()
        return try result.get()
    }
}

/// One connection.
private final class TestMailSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: TestMailServer
    private let tls: NIOSSLContext?
    private var rest = ""
    private var mail = TestMailServer.Mail(from: "", to: [], content: "", isEncrypted: false)
    private var content: [String]?
    /// What the next line is: the rest of a login.
    private var loginParts: [String]?

    init(_ server: TestMailServer, _ tls: NIOSSLContext?) {
        self.server = server
        self.tls = tls
        mail.isEncrypted = server.manner.security == .tls
    }

    func channelActive(context: ChannelHandlerContext) {
        reply(server.manner.answers["greeting"] ?? "220 test ESMTP", context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        rest += String(buffer: unwrapInboundIn(data))
        while let end = rest.range(of: "\r\n") {
            let line = String(rest[..<end.lowerBound])
            rest.removeSubrange(..<end.upperBound)
            take(line, context)
        }
    }

    private func take(_ line: String, _ context: ChannelHandlerContext) {
        if content != nil { return takeContent(line, context) }
        server.hear(line)
        let manner = server.manner
        if let word = manner.hangsUpAt, line.hasPrefix(word) {
            return context.close(promise: nil)
        }
        if let answer = manner.answers.first(where: { line.hasPrefix($0.key) })?.value {
            return reply(answer, context)
        }
        if loginParts != nil { return takeLogin(line, context) }
        switch line.split(separator: " ").first?.uppercased() {
        case "EHLO": hello(context)
        case "STARTTLS": startTLS(context)
        case "AUTH": authenticate(line, context)
        case "MAIL":
            mail.from = Self.address(line)
            mail.to = []
            let isKnown = manner.login == nil || mail.login != nil
            reply(isKnown ? "250 ok" : "530 log in first", context)
        case "RCPT":
            mail.to.append(Self.address(line))
            reply("250 ok", context)
        case "DATA":
            content = []
            reply("354 go on", context)
        case "QUIT":
            reply("221 bye", context)
            context.close(promise: nil)
        default: reply("500 what?", context)
        }
    }

    private func hello(_ context: ChannelHandlerContext) {
        var abilities = ["test", "8BITMIME"]
        if server.manner.security == .startTLS, !mail.isEncrypted { abilities.append("STARTTLS") }
        if server.manner.login != nil { abilities.append("AUTH \(server.manner.methods)") }
        let lines = abilities.dropLast().map { "250-\($0)" } + ["250 \(abilities.last ?? "")"]
        reply(lines.joined(separator: "\r\n"), context)
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        reply("220 go", context)
        mail.isEncrypted = true
        guard let tls else { return }
        try? context.pipeline.syncOperations.addHandler(
            NIOSSLServerHandler(context: tls), position: .first)
    }

    private func authenticate(_ line: String, _ context: ChannelHandlerContext) {
        let words = line.split(separator: " ").map(String.init)
        if words[1] == "LOGIN" {
            loginParts = []
            return reply("334 VXNlcm5hbWU6", context)
        }
        check(String(Self.text(words[2]).dropFirst()), context)
    }

    private func takeLogin(_ line: String, _ context: ChannelHandlerContext) {
        let parts = (loginParts ?? []) + [Self.text(line)]
        loginParts = parts.count < 2 ? parts : nil
        if parts.count < 2 { return reply("334 UGFzc3dvcmQ6", context) }
        check(parts.joined(separator: "\0"), context)
    }

    private func check(_ login: String, _ context: ChannelHandlerContext) {
        guard login == server.manner.login else { return reply("535 no", context) }
        mail.login = login
        reply("235 welcome", context)
    }

    private func takeContent(_ line: String, _ context: ChannelHandlerContext) {
        guard line == "." else {
            content?.append(line.hasPrefix(".") ? String(line.dropFirst()) : line)
            return
        }
        mail.content = (content ?? []).map { $0 + "\r\n" }.joined()
        content = nil
        if let answer = server.manner.answers["."] { return reply(answer, context) }
        server.take(mail)
        reply("250 queued", context)
    }

    private func reply(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(
            wrapOutboundOut(context.channel.allocator.buffer(string: text + "\r\n")), promise: nil)
    }

    private static func address(_ line: String) -> String {
        String(line.split(separator: "<").last?.split(separator: ">").first ?? "")
    }

    private static func text(_ base64: String) -> String {
        String(decoding: Data(base64Encoded: base64) ?? Data(), as: UTF8.self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
