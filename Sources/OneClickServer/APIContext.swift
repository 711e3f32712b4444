import HTTPTypes
import Hummingbird
import NIOCore

/// A request's context that knows where it came from.
struct APIContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
    }

    /// Who asks. A proxy on this machine is believed where it says for whom it asks: the last
    /// address of `X-Forwarded-For` is the one that it wrote itself.
    func client(of request: Request) -> ClientAddress {
        let peer = remoteAddress?.ipAddress
        guard let peer, !["127.0.0.1", "::1"].contains(peer) else {
            let forwarded = request.headers[values: Self.forwardedFor].last?
                .split(separator: ",").last.map { $0.trimmingPrefix { $0 == " " } }
            guard let forwarded, (1...64).contains(forwarded.count) else {
                return ClientAddress(text: peer ?? "unknown", isKnown: false)
            }
            return ClientAddress(text: String(forwarded), isKnown: true)
        }
        return ClientAddress(text: peer, isKnown: true)
    }

    private static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
}

/// Where a request came from.
struct ClientAddress: Hashable, Sendable {
    var text: String
    /// False where it is only known that it came by way of this machine.
    var isKnown: Bool
}
