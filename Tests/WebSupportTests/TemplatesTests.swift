import SyncModel
import Testing
import WebSupport

struct TemplatesTests {
    private struct Message: Sendable {
        var practice = "Example"
        var files = "/files"
        var version = "1"
        var next = "/console"
        var login: String
        var message: String?
    }

    @Test(arguments: [
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"), ("plain", "plain"), ("é株😀", "é株😀"),
        // To Swift each of these is one character, and not the one that it begins with.
        ("\"\u{301}", "&quot;\u{301}"), ("<\u{338}", "&lt;\u{338}"), ("&\u{200d}", "&amp;\u{200d}"),
        ("'\u{fe0f}", "&#39;\u{fe0f}"), (">\u{20d2}", "&gt;\u{20d2}"),
    ])
    func `text is no markup, in attributes and between them`(
        _ text: String, _ escaped: String
    ) throws {
        let page = try Templates().render("sign-in", Message(login: text, message: text))
        let bytes = Array(page.utf8)
        #expect(bytes.contains(Array("name=\"login\" value=\"\(escaped)\" autocomplete".utf8)))
        #expect(bytes.contains(Array("role=\"alert\">\(escaped)</p>".utf8)))
    }

    @Test func `text in parts and lists is no markup either`() throws {
        struct Notice: Sendable {
            var kind = "error"
            var title: String
            var text: String
            var link: String?
            var linkText: String?
        }
        struct Notices: Sendable { var notices: [Notice] }
        let text = "\"\u{301}<"
        let notice = Notice(title: text, text: text, link: text, linkText: text)
        let part = try Templates().render("notices", Notices(notices: [notice]))
        let escaped = Array("&quot;\u{301}&lt;".utf8)
        let bytes = Array(part.utf8)
        #expect(!bytes.contains(Array(text.utf8)))
        #expect(bytes.contains(Array("href=\"".utf8) + escaped + Array("\"".utf8)))
    }

    @Test func `a template that there is not is an error`() throws {
        #expect(throws: SyncError.self) { try Templates().render("nothing", 1) }
    }
}
