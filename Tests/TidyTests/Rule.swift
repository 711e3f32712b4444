/// One rule of the house, and the remedy where it is broken.
struct Rule: Sendable, CustomStringConvertible {
    let description: String
    let remedy: String
    /// Which files it is for.
    let concerns: @Sendable (SourceText) -> Bool
    /// Lines where it is broken, counted from 1, each with what stands there.
    let find: @Sendable (SourceText) -> [Breach]

    struct Breach: Equatable {
        var line: Int
        var what: String
    }

    init(
        _ description: String, remedy: String,
        for concerns: @escaping @Sendable (SourceText) -> Bool,
        find: @escaping @Sendable (SourceText) -> [Breach]
    ) {
        self.description = description
        self.remedy = remedy
        self.concerns = concerns
        self.find = find
    }

    static let all: [Rule] =
        bannedCalls + lengths + imports + names + [Documents.links, Documents.machinePaths]

    /// As `file:line: what stands there; what to do`.
    func findings(in file: SourceText) -> [String] {
        guard concerns(file) else { return [] }
        return find(file).map { "\(file.path):\($0.line): \($0.what). \(remedy)" }
    }
}

/// A place that may break a rule, and why.
struct Exemption: Sendable {
    var rule: String
    /// A file, or a folder with everything in it.
    var place: String
    var reason: String

    init(_ rule: String, _ place: String, _ reason: String) {
        self.rule = rule
        self.place = place
        self.reason = reason
    }

    func covers(_ rule: Rule, _ path: String) -> Bool {
        rule.description == self.rule && path.hasPrefix(place)
    }
}
