import Testing
import WebSupport

@testable import ManagementConsole

/// A name that a template misspells would show nothing, and nobody would notice.
@Suite(.serialized)
struct TemplateTests {
    private static func tags() throws -> [String: TemplateTags] {
        try Dictionary(
            uniqueKeysWithValues: Templates.texts.map { name, text in
                (name, try #require(TemplateTags(text), "\(name) does not close its sections"))
            })
    }

    @Test func `every name of every template is one of its model, and hides none further out`()
        async throws
    {
        let models = try await ExampleModels(try TestConsole())
        var check = TemplateCheck(try Self.tags())
        check.check("sign-in", models.signIn)
        check.check("home", models.page(HomeView(name: "Jane")))
        check.check("message", models.page(models.message))
        check.check("console", models.page(models.consoleView()))
        check.check("full", models.page(FullView()))
        check.check("history", models.page(models.history))
        check.check("run", models.page(models.run))
        check.check("errors", models.page(models.errors))
        check.check("held", models.page(models.held))
        check.check("schedule", models.page(models.schedule))
        // The parts of the first page, as events carry them.
        check.check("status", models.status)
        check.check("notices", models.notices)
        check.check("actions", models.actions)
        check.check("data-sets", models.dataSets)
        check.check("recent", models.recent)
        check.check("errors-now", models.errors)
        #expect(check.faults == [])
        #expect(check.seen == Set(Templates.texts.keys))
    }

    @Test func `the check finds what is misspelt, and what shines through`() throws {
        struct Inner { var name: String?; var here = "" }
        struct Outer { var name = "outer"; var inner = Inner(name: "inner"); var list = [Inner]() }
        let templates = [
            "good":
                "{{name}}{{#inner}}{{inner.here}}{{/inner}}{{^empty(list)}}-{{/empty(list)}}",
            "misspelt": "{{nane}}", "inside": "{{#inner}}{{there}}{{/inner}}",
            "deep": "{{inner.there}}", "through": "{{#inner}}{{#name}}{{.}}{{/name}}{{/inner}}",
            "nothing": "{{#list}}{{here}}{{/list}}", "partial": "{{>none}}",
        ]
        for (name, text) in templates {
            var check = TemplateCheck([name: try #require(TemplateTags(text))])
            check.check(name, Outer())
            #expect(check.faults.isEmpty == (name == "good"), "\(name): \(check.faults)")
        }
        #expect(TemplateTags("{{#a}}") == nil)
        #expect(TemplateTags("{{#a}}{{/b}}") == nil)
    }

    @Test func `no template shows anything unescaped, or brings a script or a style of its own`() {
        for (name, text) in Templates.texts {
            #expect(!text.contains("{{{") && !text.contains("{{&"), "\(name)")
            #expect(!text.contains(/\son[a-z]+=/), "\(name)")
            #expect(!text.contains(" style="), "\(name)")
            #expect(!text.contains("<style"), "\(name)")
            #expect(!text.contains(/<script(?![^>]* src=)/), "\(name)")
            #expect(!text.contains(/(src|href|action)="https?:/), "\(name)")
            // An attribute without quotation marks would end at a blank.
            #expect(!text.contains(/=\{\{/), "\(name)")
        }
    }

    @Test func `every form that changes something carries the token`() {
        for (name, text) in Templates.texts where name != "sign-in" {
            for form in text.matches(of: /<form[^>]*method="post"[\s\S]*?<\/form>/) {
                let hasToken = form.output.contains("name=\"form_token\"")
                #expect(hasToken || form.output.contains("{{>removals}}"), "\(name)")
            }
        }
        #expect(Templates.texts["removals"]?.contains("name=\"form_token\"") == true)
    }
}
