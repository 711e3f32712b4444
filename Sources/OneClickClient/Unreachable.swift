import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import SyncModel

extension OneClickLine {
    /// No answer came: what happened, and whether OneClick may have received the request all the
    /// same.
    func explained(_ error: any Error, _ address: OneClickAddress) async -> SyncError {
        var certificate: ShownCertificate?
        if Unreachable.isTLS(error) {
            // The failure does not tell what was shown: it is looked at once more.
            let dialling = Dialling(network: network, address: address)
            certificate = (try? await dialling.shownCertificate()) ?? nil
        }
        return Unreachable(proxy: network.proxy, certificate: certificate, now: now())
            .explained(error, address)
    }
}

/// What a failure to reach OneClick means, in words.
struct Unreachable {
    var proxy: HTTPProxy?
    /// What was shown, where the encrypted connection failed.
    var certificate: ShownCertificate?
    /// By this machine's clock.
    var now: Timestamp

    func explained(_ error: any Error, _ address: OneClickAddress) -> SyncError {
        let (what, hint) = words(error, address)
        return SyncError(
            .unreachable, "OneClick at \(address.url) \(what).", hint: hint, recovery: .retry,
            isOutcomeUnknown: !Self.isBeforeSending(error))
    }

    // MARK: Which failures

    /// Errors of the time before the connection stood: nothing was sent.
    private static let beforeSending: [HTTPClientError] = [
        .connectTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout, .socksHandshakeTimeout,
        .getConnectionFromPoolTimeout, .proxyAuthenticationRequired, .invalidProxyResponse,
        .invalidURL, .emptyHost, .alreadyShutdown,
    ]

    private static func isBeforeSending(_ error: any Error) -> Bool {
        if error is NIOConnectionError || isRefused(error) || isUnknownName(error) { return true }
        if error is Dialling.ProxyRefusal || isTLS(error) || isTimeout(error) { return true }
        guard let error = error as? HTTPClientError else { return false }
        return beforeSending.contains(error)
    }

    /// What connecting to an address (rather than a name) fails with.
    private static func isRefused(_ error: any Error) -> Bool {
        guard let error = error as? IOError else { return false }
        return [ECONNREFUSED, ENETUNREACH, EHOSTUNREACH].contains(error.errnoCode)
    }

    private static func isUnknownName(_ error: any Error) -> Bool {
        if error is SocketAddressError.UnknownHost { return true }
        return (error as? NIOConnectionError)?.connectionErrors.isEmpty == true
    }

    /// A handshake that failed. A connection that ended without its closing words is another thing:
    /// the request may have arrived.
    static func isTLS(_ error: any Error) -> Bool {
        if case .handshakeFailed? = error as? NIOSSLError { return true }
        return error is NIOSSLExtraError
    }

    private static func isTimeout(_ error: any Error) -> Bool {
        if case .connectTimeout? = error as? ChannelError { return true }
        return error as? HTTPClientError == .connectTimeout
    }

    // MARK: Words

    private typealias Words = (what: String, hint: String)

    private static let again = "the next synchronisation tries again by itself."
    private static let network =
        "Check this server's network, firewall and proxy; \(again)"
    private static let naming =
        "Check the name, and this server's name resolution (DNS); \(again)"
    private static let listening =
        "Check the address, whether its server is at work, and whether a firewall lets this server "
        + "connect to it; \(again)"

    private func words(_ error: any Error, _ address: OneClickAddress) -> Words {
        if Self.isTLS(error) { return encryption(error, address) }
        if Self.isUnknownName(error) {
            return connecting("cannot be found by its name", Self.naming)
        }
        if error is NIOConnectionError || Self.isRefused(error) {
            return connecting("does not take connections", Self.listening)
        }
        if Self.isTimeout(error) {
            return connecting("does not answer to connections", Self.listening)
        }
        if let refusal = error as? Dialling.ProxyRefusal { return refused(refusal.status) }
        switch error as? HTTPClientError {
        case .readTimeout?, .deadlineExceeded?, .writeTimeout?:
            return ("did not answer in time", Self.network)
        case .proxyAuthenticationRequired?: return refused(407)
        case .invalidProxyResponse?: return refused(nil)
        case .httpProxyHandshakeTimeout?: return connecting("does not answer in time", Self.network)
        case .tlsHandshakeTimeout?:
            return ("does not answer to the encrypted connection in time", Self.network)
        default: return ("ended the connection without an answer", Self.network)
        }
    }

    /// The one that this machine connects to itself.
    private func connecting(_ what: String, _ hint: String) -> Words {
        guard let proxy else { return (what, hint) }
        return (
            "cannot be reached: the proxy \(proxy.url) \(what)",
            "Check `proxy` in the configuration, and whether the proxy is at work; "
                + Self.again
        )
    }

    /// By the proxy.
    private func refused(_ status: Int?) -> Words {
        let who = "cannot be reached: the proxy \(proxy?.url ?? "")"
        if status == 407 {
            guard let user = proxy?.user else {
                return (
                    "\(who) asks for a user and a password",
                    "Put the user into `proxy` (http://USER@HOST:PORT) and the password into the "
                        + "file that `proxy_password_file` names."
                )
            }
            return (
                "\(who) does not accept the user \(user) with this password",
                "Check the user in `proxy` and the password in the file that `proxy_password_file` "
                    + "names."
            )
        }
        let number = status.map { " (HTTP \($0))" } ?? ""
        return (
            "\(who) does not connect to it\(number)",
            "Have whoever looks after the proxy let this server connect to OneClick's address; "
                + Self.again
        )
    }

    private func encryption(_ error: any Error, _ address: OneClickAddress) -> Words {
        let refused = "is not trusted, and nothing was sent to it: its certificate"
        guard let certificate else {
            return (
                "does not prove who it is: the encrypted connection failed",
                "Check that the address is one that speaks https; where a firewall opens encrypted "
                    + "connections, configure its authority (`certificate_authorities`)."
            )
        }
        let clock = "this server's clock, which shows \(now.inUTC)"
        if certificate.validUntil <= now {
            return (
                "\(refused) expired on \(certificate.validUntil.inUTC)",
                "Check \(clock). If it is right, OneClick's operator has to renew the certificate."
            )
        }
        if certificate.validFrom > now {
            return (
                "\(refused) is valid from \(certificate.validFrom.inUTC) on only",
                "Check \(clock). If it is right, ask OneClick's operator."
            )
        }
        if error is NIOSSLExtraError {
            return (
                "\(refused) is for \(certificate.forWhom), not for \(address.host)",
                "Check `oneclick` in the configuration; if the address is right, ask OneClick's "
                    + "operator, or whoever looks after the firewall."
            )
        }
        return (
            "\(refused) was issued by \(certificate.authority), which this server does not know",
            "If that is an authority of your own or of your firewall, name the file with its "
                + "certificate in `certificate_authorities`. If you do not know it, somebody may "
                + "be reading along: ask your network's administrator."
        )
    }
}
