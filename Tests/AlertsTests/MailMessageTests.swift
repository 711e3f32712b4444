import Foundation
import SyncModel
import Testing

@testable import Alerts

struct MailMessageTests {
    private func message(
        subject: String = "SyncWorker: a test", text: String = "Hello.",
        name: String = "SyncWorker", to: [String] = ["office@example.com"]
    ) -> MailMessage {
        MailMessage(
            from: MailAddress("sync@example.com")!, name: name,
            to: to.compactMap { MailAddress($0) },
            subject: subject, text: text, id: "failing-began-1-7-OFFICE 1", date: .morning)
    }

    private func headers(_ message: MailMessage) -> [String] {
        let head = message.content.components(separatedBy: "\r\n\r\n")[0]
        return head.replacing("\r\n ", with: " ").components(separatedBy: "\r\n")
    }

    @Test func `a message has the headers that it needs`() {
        #expect(
            message().content == """
                Date: 25 Nov 2026 08:30 +0000\r
                From: SyncWorker\r
                 <sync@example.com>\r
                To: office@example.com\r
                Subject: SyncWorker: a test\r
                Message-ID: <failing-began-1-7-OFFICE-1@example.com>\r
                Auto-Submitted: auto-generated\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: quoted-printable\r
                \r
                Hello.\r

                """)
    }

    @Test(arguments: ["\r\nBcc: x@example.com", "\nBcc: x", "\rBcc: x", "\u{0}", "\u{85}Bcc: x"])
    func `a line break in a header ends no header`(evil: String) {
        let headers = headers(message(subject: "a" + evil, name: "b" + evil))
        #expect(headers.count == 9)
        #expect(!headers.contains { $0.hasPrefix("Bcc") })
        #expect(MailAddress("office@example.com" + evil) == nil)
        #expect(MailAddress("office" + evil + "@example.com") == nil)
    }

    @Test func `words that are not plain are encoded, some to a line`() {
        let subject = "Büro Müller: " + String(repeating: "Straße 🚀 ", count: 20)
        let content = message(subject: subject).content
        #expect(content.utf8.allSatisfy { $0 < 0x80 })
        #expect(content.components(separatedBy: "\r\n").allSatisfy { $0.count <= 76 })
        #expect(content.contains("Subject: =?utf-8?Q?B=C3=BCro_M=C3=BCller"))
    }

    @Test func `what looks like an encoded word is encoded itself`() {
        #expect(!message(subject: "=?utf-8?Q?x?=").content.contains("Subject: =?utf-8?Q?x?="))
    }

    @Test func `the body is quoted, and its lines are short`() {
        let text = "1 = 1 \nümlaut\r\n.\n" + String(repeating: "long ", count: 40)
        let body = MailMessage.quotedPrintable(text)
        let lines = body.components(separatedBy: "\r\n")
        #expect(lines.prefix(3) == ["1 =3D 1=20", "=C3=BCmlaut", "."])
        #expect(lines.allSatisfy { $0.count <= 76 })
        #expect(body.hasSuffix("=20\r\n"))
        #expect(!body.replacing("\r\n", with: "").contains { $0.isNewline })
    }

    @Test(arguments: [
        "a@b", "first.last+tag@mail.example.co.uk", "x_y@10.0.0.1", "O'Neil@example.com",
    ])
    func `an address is taken`(text: String) {
        #expect(MailAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", "office", "@example.com", "a@", "a b@example.com", "a@b@c", "a@b..c", ".a@b",
        "<a@b>", "Office <a@b>", "a@b,c@d", "müller@example.com", "a@bücher.example", "a@b>",
        "\"a b\"@c", String(repeating: "a", count: 65) + "@b",
        "a@" + String(repeating: "b.", count: 130) + "c",
    ])
    func `what is no plain address is refused`(text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test(arguments: [
        ("smtp://mail.example.com", "smtp://mail.example.com:587", MailServer.Security.startTLS),
        ("smtps://mail.example.com/", "smtps://mail.example.com:465", .tls),
        ("smtp://mail.example.com:2525", "smtp://mail.example.com:2525", .startTLS),
        ("smtp-unencrypted://relay", "smtp-unencrypted://relay:25", .none),
        ("smtp://localhost", "smtp://localhost:25", .none),
        ("smtp://[::1]:25", "smtp://[::1]:25", .none),
        ("smtps://[2001:db8::1]", "smtps://[2001:db8::1]:465", .tls),
    ])
    func `a mail server is named by its address`(
        url: String, shown: String, security: MailServer.Security
    ) {
        let server = MailServer(url: url)
        #expect(server?.url == shown)
        #expect(server?.security == security)
    }

    @Test(arguments: [
        "", "mail.example.com:587", "http://mail.example.com", "smtp://", "smtp://u:p@mail",
        "smtp://mail/x", "smtp://mail:0", "smtp://mail:99999", "smtp://mail?x",
    ])
    func `what names no mail server is refused`(url: String) {
        #expect(MailServer(url: url) == nil)
    }
}
