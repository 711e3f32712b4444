import Foundation

enum Documents {
    static let links = Rule(
        "links lead somewhere", remedy: "Correct the path, or take the link out.",
        for: { $0.path.hasSuffix(".md") },
        find: { deadLinks(in: $0, exists: Tree.here.exists) })

    /// Relative links to files that there are not.
    static func deadLinks(in file: SourceText, exists: (String) -> Bool) -> [Rule.Breach] {
        let folder = URL(filePath: "/" + file.path).deletingLastPathComponent()
        let link = Rule.regex(#"\]\(([^)\s#]+)[^)]*\)"#)
        return file.lines.indices.flatMap { index in
            file.lines[index].matches(of: link).compactMap { match in
                let target = String(match[1].substring ?? "")
                guard !target.contains("://"), !target.hasPrefix("mailto:") else { return nil }
                let path = folder.appending(path: target).standardizedFileURL.path.dropFirst()
                return exists(String(path))
                    ? nil : Rule.Breach(line: index + 1, what: "no file \(target)")
            }
        }
    }

    static let machinePaths = Rule(
        "no paths of a machine", remedy: "Write it relative to the repository, or as a parameter.",
        for: { _ in true }
    ) { file in
        let path = Rule.regex(#"(^|[^\w.~}/-])/(?:work|home|root)/"#)
        return file.lines.indices.filter { file.lines[$0].contains(path) }.map {
            Rule.Breach(line: $0 + 1, what: "an absolute path")
        }
    }

    /// Folders of modules that open without a README.
    static func modulesWithoutREADME(_ paths: [String]) -> [String] {
        let modules = paths.filter { $0.hasPrefix("Sources/") && $0.hasSuffix(".swift") }
            .compactMap { $0.split(separator: "/").dropFirst().first.map(String.init) }
        return Set(modules).filter { !paths.contains("Sources/\($0)/README.md") }.sorted()
    }
}
