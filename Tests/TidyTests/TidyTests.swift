import Testing

@Suite("The tree is tidy")
struct TidyTests {
    /// Places that may break a rule. Few, each with its reason; one that is not needed any more is
    /// an error too.
    static let exemptions: [Exemption] = [
        Exemption("no wall clock", "Sources/central-sample/Output.swift", "the executable's clock"),
        Exemption(
            "no wall clock", "Sources/syncworker/SystemClock.swift", "the executable's clock"),
        Exemption("no sleeping", "Sources/syncworker/", "the executable wires time"),
        Exemption("no random names", "Sources/SyncTesting/", "folders and copies of one test"),
        Exemption(
            "lines are short", "Sources/OneClickStore/RangeApplier.swift",
            "an error said in one line"),
    ]

    static let files = Tree.here.paths.compactMap(Tree.here.text)

    @Test("every rule holds", arguments: Rule.all)
    func holds(_ rule: Rule) {
        let exemptions = Self.exemptions.filter { $0.rule == rule.description }
        let findings = Self.files.filter { file in
            !exemptions.contains { $0.covers(rule, file.path) }
        }.flatMap(rule.findings)
        #expect(findings.isEmpty, "\n\(findings.joined(separator: "\n"))")
    }

    @Test("every exemption is needed")
    func exemptionsAreNeeded() {
        for exemption in Self.exemptions {
            let isNeeded = Rule.all.contains { rule in
                Self.files.contains { file in
                    exemption.covers(rule, file.path) && !rule.findings(in: file).isEmpty
                }
            }
            #expect(isNeeded, "\(exemption.place) keeps \"\(exemption.rule)\": take it out")
        }
    }

    @Test("every module opens with a README.md: purpose, guarantee, way of the data")
    func modulesHaveREADME() {
        #expect(Documents.modulesWithoutREADME(Tree.here.paths) == [])
    }
}
