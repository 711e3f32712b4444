import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import SyncModel

/// No answer: what happened, and whether OneClick may have received the request all the same.
enum Unreachable {
    static func explained(_ error: any Error, _ address: OneClickAddress) -> SyncError {
        let (what, hint) = words(error)
        return SyncError(
            .unreachable, "OneClick at \(address.url) \(what).", hint: hint, recovery: .retry,
            isOutcomeUnknown: !isBeforeSending(error))
    }

    /// Errors of the time before the connection stood: nothing was sent.
    private static let beforeSending: [HTTPClientError] = [
        .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .socksHandshakeTimeout,
        .getConnectionFromPoolTimeout, .proxyAuthenticationRequired, .invalidProxyResponse,
        .invalidURL, .emptyHost, .alreadyShutdown,
    ]

    private static func isBeforeSending(_ error: any Error) -> Bool {
        if error is NIOConnectionError || isRefused(error) { return true }
        if isTLS(error) { return true }
        guard let error = error as? HTTPClientError else { return false }
        return beforeSending.contains(error)
    }

    /// What connecting to an address (rather than a name) fails with.
    private static func isRefused(_ error: any Error) -> Bool {
        guard let error = error as? IOError else { return false }
        return [ECONNREFUSED, ENETUNREACH, EHOSTUNREACH].contains(error.errnoCode)
    }

    /// A handshake that failed. A connection that ended without its closing words is another thing:
    /// the request may have arrived.
    private static func isTLS(_ error: any Error) -> Bool {
        if case .handshakeFailed? = error as? NIOSSLError { return true }
        return error is NIOSSLExtraError
    }

    private static func words(_ error: any Error) -> (what: String, hint: String) {
        let network =
            "Check this server's network, name resolution, firewall and proxy; the next "
            + "synchronisation tries again by itself."
        if let error = error as? NIOConnectionError {
            let isUnknownName = error.connectionErrors.isEmpty
            return (
                isUnknownName ? "cannot be found by its name" : "does not take connections", network
            )
        }
        if isRefused(error) { return ("does not take connections", network) }
        if isTLS(error) {
            return (
                "does not prove who it is: the encrypted connection failed",
                "Check the address and this server's clock; where a firewall opens encrypted "
                    + "connections, configure its certificate authority."
            )
        }
        switch error as? HTTPClientError {
        case .connectTimeout?: return ("does not answer to connections", network)
        case .readTimeout?, .deadlineExceeded?, .writeTimeout?:
            return ("did not answer in time", network)
        case .proxyAuthenticationRequired?, .invalidProxyResponse?, .httpProxyHandshakeTimeout?:
            return ("cannot be reached through the proxy", network)
        default: return ("ended the connection without an answer", network)
        }
    }
}
