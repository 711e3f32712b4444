import Foundation
import SyncModel
import Testing

@testable import Alerts

/// The whole conversation without a network: replies in, commands out.
struct SMTPDialogueTests {
    private static let password = "s3cret ✓"

    private func dialogue(
        _ security: MailServer.Security, host: String = "mail.example.com", hasLogin: Bool = false,
        to: [String] = ["a@example.com"], content: String = "Subject: x\r\n\r\nHello.\r\n"
    ) -> SMTPDialogue {
        SMTPDialogue(
            server: MailServer(host: host, port: 25, security: security),
            login: hasLogin ? .init(user: "sync", password: Self.password) : nil,
            letter: .init(
                from: MailAddress("sync@example.com")!, to: to.compactMap { MailAddress($0) },
                content: content),
            name: "OFFICE-1")
    }

    /// What is said in answer to a line, or to the end of a handshake (`TLS`).
    private func say(_ dialogue: inout SMTPDialogue, _ lines: String...) -> [SMTPDialogue.Action] {
        lines.map { line in
            if line == "TLS" { return dialogue.handle(.secured) }
            var reader = SMTPReplyReader()
            let replies = try? reader.take(Array((line + "\r\n").utf8))
            return (replies ?? []).flatMap { dialogue.handle(.reply($0)) }
        }.last ?? []
    }

    private func error(_ actions: [SMTPDialogue.Action]) -> SyncError? {
        guard case .fail(let error)? = actions.last else { return nil }
        return error
    }

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    @Test func `a message is handed over, word by word`() {
        var smtp = dialogue(.none, to: ["a@example.com", "b@example.com"])
        #expect(say(&smtp, "220 hello") == [.send("EHLO OFFICE-1\r\n")])
        #expect(
            say(&smtp, "250-mail\r\n250-SIZE 1000\r\n250 HELP")
                == [.send("MAIL FROM:<sync@example.com>\r\n")])
        #expect(say(&smtp, "250 ok") == [.send("RCPT TO:<a@example.com>\r\n")])
        #expect(say(&smtp, "250 ok") == [.send("RCPT TO:<b@example.com>\r\n")])
        #expect(say(&smtp, "251 will forward") == [.send("DATA\r\n")])
        #expect(
            say(&smtp, "354 go on") == [.send("Subject: x\r\n\r\nHello.\r\n.\r\n")])
        #expect(say(&smtp, "250 queued") == [.send("QUIT\r\n"), .finish([])])
        #expect(say(&smtp, "221 bye") == [])
    }

    @Test func `a dot at the beginning of a line ends nothing`() {
        var smtp = dialogue(.none, content: "A: b\r\n\r\n.\r\n..\r\n.x\r\nend\r\n")
        let said = say(&smtp, "220 hi", "250 hi", "250 ok", "250 ok", "354 go")
        #expect(said == [.send("A: b\r\n\r\n..\r\n...\r\n..x\r\nend\r\n.\r\n")])
    }

    @Test func `the connection turns to TLS before anything is said, and greets anew`() {
        var smtp = dialogue(.startTLS, hasLogin: true)
        #expect(
            say(&smtp, "220 hi", "250-mail\r\n250-STARTTLS\r\n250 AUTH PLAIN")
                == [.send("STARTTLS\r\n")])
        #expect(say(&smtp, "220 go") == [.startTLS])
        #expect(say(&smtp, "TLS") == [.send("EHLO OFFICE-1\r\n")])
        #expect(
            say(&smtp, "250-mail\r\n250 AUTH PLAIN LOGIN")
                == [.send("AUTH PLAIN \(Self.base64("\0sync\0\(Self.password)"))\r\n")])
        #expect(say(&smtp, "235 welcome") == [.send("MAIL FROM:<sync@example.com>\r\n")])
    }

    @Test func `encryption from the first byte comes before the greeting`() {
        var smtp = dialogue(.tls)
        #expect(say(&smtp, "TLS") == [])
        #expect(say(&smtp, "220 hi") == [.send("EHLO OFFICE-1\r\n")])
        #expect(say(&smtp, "250 mail") == [.send("MAIL FROM:<sync@example.com>\r\n")])
    }

    @Test func `a server that only knows LOGIN is told user and password one by one`() {
        var smtp = dialogue(.tls, hasLogin: true)
        #expect(
            say(&smtp, "TLS", "220 hi", "250-mail\r\n250 AUTH=LOGIN") == [.send("AUTH LOGIN\r\n")])
        #expect(say(&smtp, "334 VXNlcm5hbWU6") == [.send(Self.base64("sync") + "\r\n")])
        #expect(say(&smtp, "334 UGFzc3dvcmQ6") == [.send(Self.base64(Self.password) + "\r\n")])
        #expect(say(&smtp, "235 ok") == [.send("MAIL FROM:<sync@example.com>\r\n")])
    }

    @Test func `a server that does not encrypt when asked to gets nothing`() {
        var smtp = dialogue(.startTLS)
        let failure = error(say(&smtp, "220 hi", "250-mail\r\n250 AUTH PLAIN"))
        #expect(failure?.message.contains("does not offer to encrypt") == true)
        #expect(failure?.recovery == .person)
    }

    @Test func `what comes in clear while the encryption begins is not believed`() {
        var smtp = dialogue(.startTLS)
        let said = say(&smtp, "220 hi", "250-mail\r\n250 STARTTLS", "220 go", "250 AUTH PLAIN")
        #expect(error(said)?.message.contains("something more") == true)
    }

    @Test func `no password without encryption, but to this machine`() {
        var smtp = dialogue(.none, hasLogin: true)
        let said = say(&smtp, "220 hi", "250-mail\r\n250 AUTH PLAIN LOGIN")
        #expect(error(said)?.message.contains("was not sent the password") == true)
        #expect(!"\(said)".contains(Self.base64(Self.password)))
        var here = dialogue(.none, host: "127.0.0.1", hasLogin: true)
        #expect("\(say(&here, "220 hi", "250-mail\r\n250 AUTH PLAIN"))".contains("AUTH PLAIN"))
    }

    @Test func `a password that is not accepted is for a person, and is not said`() {
        var smtp = dialogue(.tls, hasLogin: true)
        let said = say(&smtp, "TLS", "220 hi", "250-m\r\n250 AUTH PLAIN", "535 5.7.8 no")
        let failure = error(said)
        #expect(failure?.recovery == .person)
        #expect(failure?.message.contains("535 5.7.8 no") == true)
        #expect(failure?.description.contains(Self.password) == false)
    }

    @Test(arguments: [
        (["421 busy"], true), (["554 go away"], false), (["220 hi", "500 what?"], false),
        (["220 hi", "250 m", "451 later"], true), (["220 hi", "250 m", "550 not you"], false),
        (["220 hi", "250 m", "250 ok", "450 greylisted"], true),
        (["220 hi", "250 m", "250 ok", "550 unknown"], false),
        (["220 hi", "250 m", "250 ok", "250 ok", "452 full"], true),
        (["220 hi", "250 m", "250 ok", "250 ok", "354 go", "451 later"], true),
        (["220 hi", "250 m", "250 ok", "250 ok", "354 go", "554 spam"], false),
        (["220 hi", "250 m", "250 ok", "421 shutting down"], true),
        (["220 hi", "250 m", "250 ok", "250 ok", "250 not 354"], false),
    ])
    func `a refusal that may pass is tried again, another is said to a person`(
        replies: [String], passes: Bool
    ) {
        var smtp = dialogue(.none)
        let said = replies.map { say(&smtp, $0) }.last ?? []
        let failure = error(said)
        #expect(failure?.recovery == (passes ? .retry : .person))
        #expect(failure?.message.contains("mail.example.com") == true)
        #expect(said.first == .send("QUIT\r\n"))
        #expect(say(&smtp, "250 ok") == [])
    }

    @Test func `a recipient who is refused keeps the others from nothing`() {
        var smtp = dialogue(.none, to: ["a@example.com", "b@example.com", "c@example.com"])
        let said = say(
            &smtp, "220 hi", "250 m", "250 ok", "550 unknown", "250 ok", "450 later", "354 go",
            "250 queued")
        guard case .finish(let refusals)? = said.last else {
            Issue.record("it was not taken")
            return
        }
        #expect(refusals.map(\.recipient.description) == ["a@example.com", "c@example.com"])
        #expect(refusals.map(\.reply.isTransient) == [false, true])
    }

    @Test func `replies come in pieces, in several lines, and several at once`() throws {
        var reader = SMTPReplyReader()
        #expect(try reader.take(Array("25".utf8)) == [])
        #expect(try reader.take(Array("0-one\r\n250-two\n25".utf8)) == [])
        #expect(reader.isUnderway)
        let replies = try reader.take(Array("0 three\r\n221\r\n".utf8))
        #expect(replies.map(\.code) == [250, 221])
        #expect(replies[0].lines == ["one", "two", "three"])
        #expect(!reader.isUnderway)
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "\r\n", "99 x\r\n", "250x\r\n", "abc\r\n",
        "\u{16}\u{3}\u{1}\n",
        String(repeating: "2", count: 5000), String(repeating: "250-x\r\n", count: 200),
    ])
    func `what is no SMTP is recognised, and never fills the memory`(text: String) {
        var reader = SMTPReplyReader()
        #expect(throws: SMTPReplyReader.Malformed.self) { try reader.take(Array(text.utf8)) }
    }

    @Test func `a server's words are shown without what could make lines of their own`() {
        let reply = SMTPReply(
            code: 550, lines: ["a\u{1B}[2Jb\rc", String(repeating: "x", count: 999)])
        #expect(!reply.words.unicodeScalars.contains { $0.value < 0x20 })
        #expect(reply.words.count == 200)
    }
}
