import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// An HTTP proxy on this machine's loopback: takes CONNECT alone.
final class TestProxy: Sendable {
    enum Manner: Sendable {
        case open
        /// Lets in who gives both.
        case asking(user: String, password: String)
        /// Lets nobody in, with this status line.
        case refusing(String)
    }

    private let manner: Manner
    /// How many connections it has let through.
    private let passed = Mutex(0)

    private init(_ manner: Manner) { self.manner = manner }

    var connections: Int { passed.withLock { $0 } }

    /// Serves while `body` runs.
    static func serving<T: Sendable>(
        _ manner: Manner, _ body: (_ proxy: TestProxy, _ port: Int) async throws -> T
    ) async throws -> T {
        let proxy = TestProxy(manner)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Door(proxy), name: "door")
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        defer { channel.close(promise: nil) }
        return try await body(proxy, channel.localAddress?.port ?? 0)
    }

    /// What is wrong with the request, as a status line; nil where it may pass.
    private func refusal(of head: String) -> String? {
        guard head.hasPrefix("CONNECT ") else { return "405 Method Not Allowed" }
        switch manner {
        case .open: return nil
        case .refusing(let line): return line
        case .asking(let user, let password):
            let proof = Data("\(user):\(password)".utf8).base64EncodedString()
            let lines = head.split(separator: "\r\n").map { $0.lowercased() }
            let wanted = "proxy-authorization: basic \(proof)".lowercased()
            return lines.contains(wanted) ? nil : "407 Proxy Authentication Required"
        }
    }

    /// Reads the request, then opens or closes.
    private final class Door: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let proxy: TestProxy
        private var head = ""

        init(_ proxy: TestProxy) { self.proxy = proxy }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            head += String(buffer: unwrapInboundIn(data))
            guard head.hasSuffix("\r\n\r\n") else { return }
            if let refusal = proxy.refusal(of: head) {
                let answer = "HTTP/1.1 \(refusal)\r\ncontent-length: 0\r\n\r\n"
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
                return context.close(promise: nil)
            }
            open(context.channel)
        }

        private func open(_ near: any Channel) {
            let target = head.split(separator: " ")[1].split(separator: ":")
            proxy.passed.withLock { $0 += 1 }
            ClientBootstrap(group: near.eventLoop)
                .connect(host: String(target[0]), port: Int(target[1]) ?? 0)
                .flatMapThrowing { far in
                    try near.pipeline.syncOperations.addHandler(Pipe(far))
                    try far.pipeline.syncOperations.addHandler(Pipe(near))
                }
                .flatMap { near.pipeline.removeHandler(name: "door") }
                .whenComplete { result in
                    guard case .success = result else { return near.close(promise: nil) }
                    let answer = ByteBuffer(string: "HTTP/1.1 200 Connected\r\n\r\n")
                    near.writeAndFlush(answer, promise: nil)
                }
        }
    }

    /// Passes everything on to the other side; both end together.
    private final class Pipe: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let other: any Channel

        init(_ other: any Channel) { self.other = other }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
    }
}
