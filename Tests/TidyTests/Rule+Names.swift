extension Rule {
    private static let empty = "(Manager|Helper|Helpers|Utils|Utilities|Impl)"
    private static let remedy = "Name it after what it is or does, in a word of the glossary."

    static let names: [Rule] = [
        Rule("types have names that say something", remedy: remedy, for: \.isSwift) { file in
            file.breaches(
                matching: #"\b(class|struct|enum|actor|protocol|typealias)\s+\w*"# + empty + #"\b"#)
        },
        Rule("files have names that say something", remedy: remedy, for: { _ in true }) { file in
            let name = file.path.split(separator: "/").last ?? ""
            let isEmpty = name.contains(regex(empty + #"(\+\w+)?\.\w+$"#))
            return isEmpty ? [Breach(line: 1, what: "`\(name)`")] : []
        },
    ]
}
