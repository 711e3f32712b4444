import Foundation
import SyncModel

/// The client's side of handing one message to a mail server (RFC 5321, with STARTTLS of RFC 3207
/// and AUTH of RFC 4954).
///
/// A machine without I/O: replies in, commands out.
struct SMTPDialogue {
    struct Login: Sendable {
        var user: String
        var password: String
    }

    struct Letter: Sendable {
        var from: MailAddress
        var to: [MailAddress]
        /// Lines that end with CR LF.
        var content: String
    }

    enum Event: Hashable {
        case reply(SMTPReply)
        /// The connection is encrypted, and the server has proved who it is.
        case secured
    }

    enum Action: Hashable {
        case send(String)
        case startTLS
        /// The message was taken, but not for these recipients.
        case finish([Refusal])
        case fail(SyncError)
    }

    /// A recipient whom the server does not take.
    struct Refusal: Hashable, Sendable {
        var recipient: MailAddress
        var reply: SMTPReply
    }

    private enum State: Hashable {
        case securing(isGreeted: Bool)
        case greeting, hello, startTLS
        case plain, login, user, password
        case from
        case recipient(Int)
        case data, content, over
    }

    private let server: MailServer
    private let login: Login?
    private let letter: Letter
    /// How this machine introduces itself.
    private let name: String
    private var state: State
    private var isSecured = false
    private var refusals: [Refusal] = []

    init(server: MailServer, login: Login?, letter: Letter, name: String) {
        self.server = server
        self.login = login
        self.letter = letter
        self.name = Self.helloName(name)
        state = server.security == .tls ? .securing(isGreeted: false) : .greeting
    }

    /// A domain as RFC 5321 wants it.
    private static func helloName(_ name: String) -> String {
        let isName =
            !name.isEmpty && name.utf8.count <= 253
            && name.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || "0123456789.-".unicodeScalars.contains($0))
            }
        return isName ? name : "localhost"
    }

    /// Takes what came, and says what to do next.
    mutating func handle(_ event: Event) -> [Action] {
        switch (state, event) {
        case (.over, _): return []
        case (.securing(let isGreeted), .secured):
            isSecured = true
            return isGreeted ? go(.hello, "EHLO \(name)") : go(.greeting)
        case (.securing, .reply):
            // It came in clear, and could be anybody's.
            return fail(
                "said something more where the encryption was to begin",
                hint: "Check what stands between this server and the mail server.")
        case (_, .reply(let reply)): return answer(reply)
        case (_, .secured): return go(.over)
        }
    }

    private mutating func answer(_ reply: SMTPReply) -> [Action] {
        guard reply.code != 421 else { return refused(reply, "ended the connection") }
        switch state {
        case .greeting:
            guard reply.isPositive else { return refused(reply, "takes no mail from here") }
            return go(.hello, "EHLO \(name)")
        case .hello:
            guard reply.isPositive else { return refused(reply, "does not speak ESMTP") }
            return introduced(SMTPAbilities(reply))
        case .startTLS:
            guard reply.code == 220 else { return refused(reply, "did not begin to encrypt") }
            state = .securing(isGreeted: true)
            return [.startTLS]
        case .plain, .login, .user, .password: return authenticating(reply)
        default: return mailing(reply)
        }
    }

    // MARK: Encryption and login

    private mutating func introduced(_ abilities: SMTPAbilities) -> [Action] {
        if server.security == .startTLS, !isSecured {
            guard abilities.startsTLS else {
                return fail(
                    "does not offer to encrypt (STARTTLS)",
                    hint: "Name a server that does, or one that encrypts from the first byte "
                        + "(smtps://...).")
            }
            return go(.startTLS, "STARTTLS")
        }
        guard let login else { return go(.from, "MAIL FROM:<\(letter.from)>") }
        guard isSecured || server.isLoopback else {
            return fail(
                "was not sent the password, since the connection is not encrypted",
                hint: "Use smtps:// or smtp://, or leave out `alert_smtp_user`.")
        }
        let methods = abilities.logins
        if methods.contains("PLAIN") {
            let words = Self.base64("\0\(login.user)\0\(login.password)")
            return go(.plain, "AUTH PLAIN \(words)")
        }
        if methods.contains("LOGIN") { return go(.login, "AUTH LOGIN") }
        return fail(
            "offers no way to log in that SyncWorker knows (PLAIN or LOGIN)",
            hint: "Leave out `alert_smtp_user` if it takes mail without, or name another server.")
    }

    private mutating func authenticating(_ reply: SMTPReply) -> [Action] {
        guard let login else { return [] }
        switch (state, reply.code) {
        case (_, 235): return go(.from, "MAIL FROM:<\(letter.from)>")
        case (.login, 334): return go(.user, Self.base64(login.user))
        case (.user, 334): return go(.password, Self.base64(login.password))
        default:
            return refused(
                reply, "does not accept the user \(login.user) with this password",
                hint: "Check `alert_smtp_user` and the file of `alert_smtp_password_file`; some "
                    + "providers want a password of its own for programs.")
        }
    }

    private static func base64(_ text: String) -> String {
        Data(text.utf8).base64EncodedString()
    }

    // MARK: Mail

    private mutating func mailing(_ reply: SMTPReply) -> [Action] {
        switch state {
        case .from:
            guard reply.isPositive else {
                return refused(
                    reply, "does not take mail from \(letter.from)",
                    hint: "Check `alert_email_from`, and whether the server wants a user and a "
                        + "password.")
            }
            return recipient(0)
        case .recipient(let index):
            if !reply.isPositive {
                refusals.append(Refusal(recipient: letter.to[index], reply: reply))
            }
            return index + 1 < letter.to.count ? recipient(index + 1) : recipientsNamed()
        case .data:
            guard reply.code == 354 else { return refused(reply, "does not take the message") }
            return go(.content, Self.stuffed(letter.content) + ".")
        case .content:
            guard reply.isPositive else { return refused(reply, "does not take the message") }
            return go(.over, "QUIT") + [.finish(refusals)]
        default: return []
        }
    }

    private mutating func recipient(_ index: Int) -> [Action] {
        go(.recipient(index), "RCPT TO:<\(letter.to[index])>")
    }

    private mutating func recipientsNamed() -> [Action] {
        guard let first = refusals.first, refusals.count == letter.to.count else {
            return go(.data, "DATA")
        }
        // Where one may be taken later, all are asked again.
        let telling = refusals.first { $0.reply.isTransient } ?? first
        return refused(
            telling.reply, "does not take mail for \(telling.recipient)",
            hint: "Check `alert_email_to`.")
    }

    /// A line that begins with a dot gets another one: a dot alone ends the message.
    private static func stuffed(_ content: String) -> String {
        let lines = content.components(separatedBy: "\r\n")
        return lines.map { $0.hasPrefix(".") ? "." + $0 : $0 }.joined(separator: "\r\n")
    }

    // MARK: Ways on, and ends

    private mutating func go(_ next: State, _ command: String? = nil) -> [Action] {
        state = next
        return command.map { [.send($0 + "\r\n")] } ?? []
    }

    private mutating func refused(
        _ reply: SMTPReply, _ what: String, hint: String = "Ask whoever runs the mail server."
    ) -> [Action] {
        let again = "It is tried again by itself; if this stays, ask whoever runs the mail server."
        return fail(
            "\(what): \(reply.words)", hint: reply.isTransient ? again : hint,
            passes: reply.isTransient)
    }

    private mutating func fail(_ what: String, hint: String, passes: Bool = false) -> [Action] {
        let error = SyncError(
            .mail, "The mail server \(server.host) \(what).", hint: hint,
            recovery: passes ? .retry : .person)
        return go(.over, "QUIT") + [.fail(error)]
    }
}

/// What a server says that it can.
struct SMTPAbilities {
    private let words: [[String]]

    /// From the reply to EHLO; its first line is the server's name.
    init(_ reply: SMTPReply) {
        words = reply.lines.dropFirst().map { line in
            // Old servers write AUTH=LOGIN.
            line.uppercased().split { $0 == " " || $0 == "=" }.map(String.init)
        }
    }

    var startsTLS: Bool { words.contains { $0.first == "STARTTLS" } }
    var logins: [String] { words.filter { $0.first == "AUTH" }.flatMap { $0.dropFirst() } }
}

extension SyncError.Code {
    /// A mail server does not take a message.
    public static let mail: Self = "mail"
}
