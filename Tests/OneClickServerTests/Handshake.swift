import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// A TLS handshake and nothing else.
enum Handshake {
    /// With any certificate, by this version alone.
    static func succeeds(port: Int, _ version: TLSVersion) async throws -> Bool {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = version
        tls.maximumTLSVersion = version
        tls.certificateVerification = .none
        let context = try NIOSSLContext(configuration: tls)
        let group = MultiThreadedEventLoopGroup.singleton
        let done = group.any().makePromise(of: Bool.self)
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        try NIOSSLClientHandler(context: context, serverHostname: nil),
                        End(done),
                    ])
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        defer { channel.close(promise: nil) }
        return try await done.futureResult.get()
    }

    private final class End: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let done: EventLoopPromise<Bool>
        init(_ done: EventLoopPromise<Bool>) { self.done = done }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .handshakeCompleted? = event as? TLSUserEvent { done.succeed(true) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            done.succeed(false)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { done.succeed(false) }
    }
}
