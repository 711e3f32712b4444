import AsyncHTTPClient
import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// One connection to OneClick, made step by step, so that the step that fails can be named.
///
/// Requests have connections of their own (`OneClickLine.http`); this one carries none.
struct Dialling: Sendable {
    let network: OneClickNetwork
    let address: OneClickAddress

    /// Each step may take so long.
    private static let stepTimeout = TimeAmount.seconds(10)

    /// Whom this machine connects to itself: the proxy, where there is one.
    var next: (host: String, port: Int) {
        network.proxy.map { ($0.host, $0.port) } ?? (address.host, address.port)
    }

    /// The first of its addresses.
    func resolve() async throws -> SocketAddress {
        let (host, port) = next
        return try await NIOThreadPool.singleton.runIfActive {
            try SocketAddress.makeAddressResolvingHost(host, port: port)
        }
    }

    /// To any of its addresses. The caller closes the channel.
    func connect() async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(Self.stepTimeout).connect(host: next.host, port: next.port).get()
    }

    // MARK: The proxy

    /// What the proxy said instead of letting the connection through.
    struct ProxyRefusal: Error {
        /// Nil where it gave no HTTP answer.
        var status: Int?
    }

    /// Asks the proxy, if there is one, to connect to OneClick.
    func passProxy(_ channel: any Channel) async throws {
        guard let proxy = network.proxy else { return }
        var headers = HTTPHeaders([("host", address.host)])
        if let authorization = proxy.authorization {
            headers.add(name: "proxy-authorization", value: authorization.headerValue)
        }
        let passed = channel.eventLoop.makePromise(of: Void.self)
        let status = StatusNote.Status()
        try await channel.eventLoop.submit { [address, headers] in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(HTTPRequestEncoder(), name: "encoder")
            try pipeline.addHandler(
                ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)),
                name: "decoder")
            try pipeline.addHandler(StatusNote(status), name: "status")
            try pipeline.addHandler(
                NIOHTTP1ProxyConnectHandler(
                    targetHost: address.host, targetPort: address.port, headers: headers,
                    deadline: .now() + Self.stepTimeout, promise: passed))
        }.get()
        do {
            try await passed.futureResult.get()
        } catch {
            throw ProxyRefusal(status: status.code)
        }
        // The other one has removed itself.
        for name in ["status", "decoder", "encoder"] {
            try await channel.pipeline.removeHandler(name: name).get()
        }
    }

    /// Notes the status of the answer that passes.
    private final class StatusNote: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPClientResponsePart

        final class Status: Sendable {
            private let noted = Mutex<Int?>(nil)
            var code: Int? { noted.withLock { $0 } }
            func note(_ code: UInt) { noted.withLock { $0 = Int(code) } }
        }

        private let status: Status

        init(_ status: Status) { self.status = status }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .head(let head) = unwrapInboundIn(data) { status.note(head.status.code) }
            context.fireChannelRead(data)
        }
    }

    // MARK: Encryption

    /// Has the server prove who it is, and answers its certificate.
    func secure(_ channel: any Channel) async throws -> ShownCertificate? {
        let context = try NIOSSLContext(configuration: try network.tls())
        try await handshake(channel) {
            try NIOSSLClientHandler(context: context, serverHostname: address.nameToProve)
        }
        return try await channel.nioSSL_peerCertificate().get().flatMap(ShownCertificate.init)
    }

    /// What the server shows of itself, proved or not, by a connection of its own.
    func shownCertificate() async throws -> ShownCertificate? {
        let channel = try await connect()
        defer { channel.close(promise: nil) }
        try await passProxy(channel)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates([])
        let context = try NIOSSLContext(configuration: tls)
        let shown = channel.eventLoop.makePromise(of: ShownCertificate?.self)
        // Where no certificate comes, the handshake's failure is the answer.
        shown.futureResult.whenComplete { _ in }
        do {
            try await handshake(channel) {
                try NIOSSLClientHandler(
                    context: context, serverHostname: address.nameToProve,
                    customVerificationCallback: { chain, verdict in
                        shown.succeed(chain.first.flatMap(ShownCertificate.init))
                        // Nothing is sent: it is only looked at.
                        verdict.succeed(.certificateVerified)
                    })
            }
        } catch {
            shown.fail(error)
        }
        return try await shown.futureResult.get()
    }

    private func handshake(
        _ channel: any Channel, _ handler: @escaping @Sendable () throws -> NIOSSLClientHandler
    ) async throws {
        let done = channel.eventLoop.makePromise(of: Void.self)
        let timeout = channel.eventLoop.scheduleTask(in: Self.stepTimeout) {
            done.fail(ChannelError.connectTimeout(Self.stepTimeout))
        }
        defer { timeout.cancel() }
        do {
            try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.addHandlers([
                    try handler(), HandshakeEnd(done),
                ])
            }.get()
        } catch {
            done.fail(error)
        }
        try await done.futureResult.get()
    }
}
