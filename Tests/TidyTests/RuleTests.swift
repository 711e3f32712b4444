import Testing

@Suite("Each rule of the tidy tree finds what breaks it")
struct RuleTests {
    struct Sample: Sendable, CustomStringConvertible {
        var rule: String
        var bad: String
        var good: String
        var path = "Sources/SyncEngine/Sample.swift"

        var description: String { rule }
    }

    static let samples: [Sample] = [
        Sample(rule: "no wall clock", bad: "let now = Date()", good: "// Date() is banned"),
        Sample(rule: "no wall clock", bad: "Date.now.formatted()", good: "let a = \"Date.now\""),
        Sample(rule: "no sleeping", bad: "try await Task.sleep(for: pause)", good: "wait(pause)"),
        Sample(rule: "no random names", bad: "let name = UUID()", good: "UUID(text)"),
        Sample(
            rule: "no random names", bad: "let name = \"a \\(UUID().text) b\"",
            good: "let name = \"UUID() \\(text)\""),
        Sample(rule: "no printing", bad: "if isLoud { print(line) }", good: "output.print(line)"),
        Sample(rule: "no forced try", bad: "let a = try! b()", good: "let a = try? b()"),
        Sample(rule: "no fatal errors", bad: "fatalError(\"-\")", good: "/* fatalError() */"),
        Sample(rule: "no unstructured tasks", bad: "Task { await a() }", good: "TaskWork { a() }"),
        Sample(
            rule: "no unstructured tasks", bad: "Task.detached(priority: .low) { a() }",
            good: "try Task.checkCancellation()"),
        Sample(
            rule: "no global queues", bad: "DispatchQueue.global().async {}",
            good: "DispatchQueue(label: name)"),
        Sample(
            rule: "streams are bounded", bad: "AsyncStream<Int>.makeStream(\n of: Int.self)",
            good: "AsyncStream.makeStream(\n of: Int.self,\n bufferingPolicy: .unbounded)"),
        Sample(
            rule: "streams are bounded", bad: "let a = AsyncStream(Int.self) { f($0) }",
            good: "let a: AsyncStream<Int>.Continuation"),
        Sample(
            rule: "unchecked Sendable has a reason",
            bad: "import A\nfinal class B: @unchecked Sendable {}",
            good: "// Its lock guards it.\nfinal class B: @unchecked Sendable {}"),
        Sample(
            rule: "files are short", bad: String(repeating: "\n", count: 401),
            good: String(repeating: "\n", count: 400)),
        Sample(rule: "functions are short", bad: function(lines: 71), good: function(lines: 70)),
        Sample(
            rule: "lines are short", bad: String(repeating: "é", count: 101),
            good: String(repeating: "é", count: 100)),
        Sample(rule: "imports point one way", bad: "import Central", good: "import SyncModel"),
        Sample(
            rule: "imports point one way", bad: "@testable import struct OneClickStore.Commit",
            good: "import GRDB", path: "Sources/Central/Sample.swift"),
        Sample(
            rule: "imports point one way", bad: "import SyncModel", good: "import GRDB",
            path: "Sources/SampleOffice/Sample.swift"),
        Sample(rule: "no input and output inside", bad: "import Foundation", good: "// import A"),
        Sample(
            rule: "types have names that say something", bad: "final class RunManager {}",
            good: "struct Managers {}"),
        Sample(
            rule: "no paths of a machine", bad: "see /" + "home/someone/notes",
            good: "see https://example.com/" + "home/page and ./" + "work/x", path: "README.md"),
    ]

    @Test("and nothing else", arguments: samples)
    func finds(_ sample: Sample) throws {
        let rule = try #require(Rule.all.first { $0.description == sample.rule })
        let bad = rule.findings(in: SourceText(path: sample.path, text: sample.bad))
        let good = rule.findings(in: SourceText(path: sample.path, text: sample.good))
        #expect(bad.count == 1 && bad[0].hasSuffix(rule.remedy), "\(bad)")
        #expect(good == [])
    }

    @Test("every rule is among the samples")
    func everyRuleIsTried() {
        let tried = Set(Self.samples.map(\.rule))
        let elsewhere = [Documents.links.description, "files have names that say something"]
        #expect(Rule.all.map(\.description).filter { !tried.contains($0) } == elsewhere.reversed())
    }

    @Test("a line of a finding is the line of the file")
    func countsLines() {
        let text = "/* one\n two */\nlet a = \"\"\"\n four\n \"\"\"\nlet b = Date()"
        let file = SourceText(path: "Sources/SyncEngine/Sample.swift", text: text)
        #expect(Rule.all[0].find(file) == [Rule.Breach(line: 6, what: "`Date()`")])
    }

    @Test("functions are measured from their first line to their last")
    func measuresFunctions() {
        let code = [
            "protocol A {", "    func a(b: () -> Void)", "    func c() throws -> Int", "}",
            "struct D {", "    init(e: @escaping () -> Void = { }) {", "        e()", "    }",
            "    func f(", "        g: [Int]", "    ) -> Int {", "        g.map { $0 }.count",
            "    }", "    static let x = y.init(z)", "}",
        ]
        let expected = [Rule.Function(line: 6, lineCount: 3), Rule.Function(line: 9, lineCount: 5)]
        #expect(Rule.functions(in: code) == expected)
    }

    @Test("links are followed from the folder of their file")
    func followsLinks() {
        let text = "[a](../README.md#b) [c](https://x.org/d) [e](#f)\n[g](missing.md)"
        let file = SourceText(path: "Documentation/Sample.md", text: text)
        let dead = Documents.deadLinks(in: file) { $0 == "README.md" }
        #expect(dead == [Rule.Breach(line: 2, what: "no file missing.md")])
    }

    @Test("files and folders are known by their names")
    func knowsNames() throws {
        let rule = try #require(
            Rule.all.first { $0.description == "files have names that say something" })
        for (path, count) in [("Sources/A/RunHelper.swift", 1), ("Sources/A/Run+Utils.swift", 1)] {
            #expect(rule.findings(in: SourceText(path: path, text: "")).count == count)
        }
        #expect(rule.findings(in: SourceText(path: "Sources/A/Run.swift", text: "")) == [])
        let paths = ["Sources/A/B.swift", "Sources/C/README.md", "Sources/C/D.swift"]
        #expect(Documents.modulesWithoutREADME(paths) == ["A"])
    }

    private static func function(lines: Int) -> String {
        (["func a() {"] + Array(repeating: "    b { c in }", count: lines - 2) + ["}"])
            .joined(separator: "\n")
    }
}
