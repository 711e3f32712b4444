import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import SyncModel

/// No answer, or none that can be understood: what happened, in words for a person.
enum Unanswered {
    /// - Parameter who: how the sentence begins, such as "The mail server smtp.example".
    static func explained(_ error: any Error, _ code: SyncError.Code, _ who: String) -> SyncError {
        if let error = error as? SyncError { return error }
        let (what, hint) = words(error)
        return SyncError(code, "\(who) \(what).", hint: hint, recovery: .retry)
    }

    static func late(_ code: SyncError.Code, _ who: String) -> SyncError {
        SyncError(code, "\(who) did not answer in time.", hint: network, recovery: .retry)
    }

    private static let network =
        "Check the name and the port, and this server's network, name resolution and firewall; "
        + "it is tried again by itself."

    private static func words(_ error: any Error) -> (what: String, hint: String) {
        if let error = error as? NIOConnectionError {
            let isUnknownName = error.connectionErrors.isEmpty
            return (
                isUnknownName ? "cannot be found by its name" : "does not take connections", network
            )
        }
        if isTLS(error) {
            return (
                "does not prove who it is: the encrypted connection failed",
                "Check that the name is the one in its certificate, the port, and this server's "
                    + "clock."
            )
        }
        if error is SMTPReplyReader.Malformed {
            return (
                "does not speak SMTP, or not as it was asked",
                "Check the port: 587 begins in clear (smtp://), 465 is encrypted from the first "
                    + "byte (smtps://)."
            )
        }
        if case .connectTimeout? = error as? ChannelError {
            return ("does not answer to connections", network)
        }
        switch error as? HTTPClientError {
        case .connectTimeout?: return ("does not answer to connections", network)
        case .readTimeout?, .deadlineExceeded?, .writeTimeout?:
            return ("did not answer in time", network)
        default: break
        }
        let isRefused = (error as? IOError).map {
            [ECONNREFUSED, ENETUNREACH, EHOSTUNREACH].contains($0.errnoCode)
        }
        return (
            isRefused == true
                ? "does not take connections" : "ended the connection without an answer", network
        )
    }

    /// Also a certificate that does not fit, and an answer in clear where encryption begins.
    private static func isTLS(_ error: any Error) -> Bool {
        if case .handshakeFailed? = error as? NIOSSLError { return true }
        if case .unableToValidateCertificate? = error as? NIOSSLError { return true }
        return error is NIOSSLExtraError || error is BoringSSLError
    }
}
