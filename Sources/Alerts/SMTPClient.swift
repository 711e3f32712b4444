import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import SyncModel

/// Hands messages to a mail server, one connection each.
struct SMTPClient: Sendable {
    var server: MailServer
    var login: SMTPDialogue.Login?
    /// How this machine introduces itself.
    var name: String
    /// Whom to believe that the server is who it says.
    var tls = TLSConfiguration.makeClientConfiguration()

    static let connectTimeout = TimeAmount.seconds(10)
    /// For the whole of it.
    static let timeout = TimeAmount.seconds(60)

    /// Answers with the recipients that the server does not take, if it takes the message for
    /// others. Throws `mail` where it takes it for none.
    func send(_ letter: SMTPDialogue.Letter) async throws -> [SMTPDialogue.Refusal] {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let end = eventLoop.makePromise(of: [SMTPDialogue.Refusal].self)
        let dialogue = SMTPDialogue(server: server, login: login, letter: letter, name: name)
        let channel: any Channel
        do {
            let encryption = Encryption(
                context: try NIOSSLContext(configuration: tls), host: server.host)
            channel = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(Self.connectTimeout)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = SMTPHandler(dialogue, encryption, end, server.host)
                        let pipeline = channel.pipeline.syncOperations
                        if server.security == .tls { try pipeline.addHandler(encryption.handler()) }
                        try pipeline.addHandler(handler)
                    }
                }
                .connect(host: server.host, port: server.port).get()
        } catch {
            let explained = Unanswered.explained(error, .mail, "The mail server \(server.host)")
            end.fail(explained)
            throw explained
        }
        return try await result(of: end, channel, on: eventLoop)
    }

    private func result(
        of end: EventLoopPromise<[SMTPDialogue.Refusal]>, _ channel: any Channel,
        on eventLoop: any EventLoop
    ) async throws -> [SMTPDialogue.Refusal] {
        let timer = eventLoop.scheduleTask(in: Self.timeout) {
            end.fail(Unanswered.late(.mail, "The mail server \(server.host)"))
            channel.close(promise: nil)
        }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await end.futureResult.get()
        } onCancel: {
            end.fail(CancellationError())
            channel.close(promise: nil)
        }
    }
}

/// How a connection is encrypted.
private struct Encryption: Sendable {
    let context: NIOSSLContext
    let host: String

    func handler() throws -> NIOSSLClientHandler {
        // The name that the certificate must carry; an address is compared as the address it is.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }
}

/// Carries out what the dialogue says.
private final class SMTPHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var dialogue: SMTPDialogue
    private var reader = SMTPReplyReader()
    private let encryption: Encryption
    private let end: EventLoopPromise<[SMTPDialogue.Refusal]>
    private let host: String

    init(
        _ dialogue: SMTPDialogue, _ encryption: Encryption,
        _ end: EventLoopPromise<[SMTPDialogue.Refusal]>, _ host: String
    ) {
        self.dialogue = dialogue
        self.encryption = encryption
        self.end = end
        self.host = host
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            for reply in try reader.take(Array(unwrapInboundIn(data).readableBytesView)) {
                try act(dialogue.handle(.reply(reply)), context)
            }
        } catch {
            fail(error, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        do {
            if case .handshakeCompleted? = event as? TLSUserEvent {
                try act(dialogue.handle(.secured), context)
            }
        } catch {
            fail(error, context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func act(_ actions: [SMTPDialogue.Action], _ context: ChannelHandlerContext) throws {
        for action in actions {
            switch action {
            case .send(let text):
                let buffer = context.channel.allocator.buffer(string: text)
                context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            case .startTLS:
                // Whatever came in clear before the encryption could be somebody else's.
                guard !reader.isUnderway else { throw SMTPReplyReader.Malformed() }
                try context.pipeline.syncOperations.addHandler(
                    encryption.handler(), position: .first)
            case .finish(let refusals):
                end.succeed(refusals)
                context.close(promise: nil)
            case .fail(let error):
                end.fail(error)
                context.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { fail(error, context) }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.eof, context)
        context.fireChannelInactive()
    }

    /// Whoever ended first is right: a promise is kept once.
    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        end.fail(Unanswered.explained(error, .mail, "The mail server \(host)"))
        context.close(promise: nil)
    }
}
