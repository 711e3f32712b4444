import Foundation

/// The mutation gate: puts one mistake after the other into a copy of the product and runs
/// simulated worlds until one of them finds it.
///
/// A simulation that finds nothing proves something only if it finds what is there. The mistakes
/// are patches (`Tests/Mutants`), so that the product has no switch for any of them.
struct Mutants {
    /// The repository's folder.
    let root: URL
    let seedsMax: UInt64
    /// For the worlds of one mutant.
    let secondsMax: Int
    /// Numbers of patches, such as `07`; none means all.
    let only: [String]
    let json: Bool

    /// Kept between runs, so that later ones build little.
    let copy = FileManager.default.temporaryDirectory.appending(path: "syncworker-mutants")

    /// One mistake, as its patch describes it.
    struct Mutant {
        var number: String
        var bug: String
        /// What should catch it.
        var invariant: String
        var patch: URL
    }

    /// - Returns: whether every mutant was caught, and nothing in the product as it is.
    func run() throws -> Bool {
        let all = try mutants()
        let mutants = all.filter { only.isEmpty || only.contains($0.number) }
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        say("building the product as it is in \(copy.path)")
        let control = try judged(Mutant(number: "00", bug: "nothing", invariant: "-", patch: root))
        guard control.verdict == .survived else {
            report([control])
            return false
        }
        var results: [Result] = []
        for mutant in mutants {
            results.append(try judged(mutant))
            try note(results[results.count - 1], of: all.count)
        }
        try refresh()
        report(results)
        return results.allSatisfy(\.verdict.isCaught)
    }

    private func mutants() throws -> [Mutant] {
        let folder = root.appending(path: "Tests/Mutants")
        let patches = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "patch" }
        return try patches.map(mutant).sorted { $0.number < $1.number }
    }

    /// The first lines of a patch are for people: the bug, and what should catch it.
    private func mutant(_ patch: URL) throws -> Mutant {
        let lines = try String(contentsOf: patch, encoding: .utf8).split(separator: "\n")
            .prefix { $0.hasPrefix("#") }.map { $0.drop { "# ".contains($0) } }
        let mark = "Invariant: "
        guard let bug = lines.first, let invariant = lines.first(where: { $0.hasPrefix(mark) })
        else { throw Failure("\(patch.lastPathComponent) does not say its bug and its invariant.") }
        return Mutant(
            number: String(patch.lastPathComponent.prefix { $0 != "-" }), bug: String(bug),
            invariant: String(invariant.dropFirst(mark.count)), patch: patch)
    }

    // MARK: One mutant

    private func judged(_ mutant: Mutant) throws -> Result {
        let start = ContinuousClock.now
        let verdict = try verdict(on: mutant)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let result = Result(mutant: mutant, verdict: verdict, seconds: Int(seconds))
        say("\(mutant.number) \(verdict): \(mutant.bug) (\(result.seconds) s)")
        return result
    }

    private func verdict(on mutant: Mutant) throws -> Verdict {
        try refresh()
        if mutant.patch != root {
            let apply = try call(["git", "apply", mutant.patch.path], in: copy)
            guard apply.ending == .exit(0) else { return .doesNotApply(apply.reason) }
        }
        let build = try call(
            ["swift", "build", "-c", "release", "--product", "syncworker-sim"], in: copy)
        guard build.ending == .exit(0) else { return .doesNotBuild(build.reason) }
        return try verdictOfWorlds()
    }

    /// A world that never ends was caught too: this long after the last one was to begin.
    private static let patienceSeconds = 120

    private func verdictOfWorlds() throws -> Verdict {
        let worlds = try call(
            [
                ".build/release/syncworker-sim", "--seeds", "\(seedsMax)", "--seconds",
                "\(secondsMax)", "--stop-at-first", "--json",
            ], in: copy, secondsMax: secondsMax + Self.patienceSeconds)
        switch worlds.ending {
        case .exit(0): return .survived
        case .signal:
            return .caught(seed: worlds.seed, invariant: "crash", what: worlds.reason)
        case .tooLong:
            return .caught(seed: worlds.seed, invariant: "I14", what: "a world did not end")
        case .exit:
            guard let first = try? worlds.decoded(Summary.self).violations.first else {
                throw Failure("The worlds could not be run: \(worlds.reason)")
            }
            return .caught(seed: first.seed, invariant: first.invariant, what: first.what)
        }
    }

    /// What `syncworker-sim --json` prints, as far as it matters here.
    private struct Summary: Decodable {
        struct Found: Decodable {
            var seed: UInt64
            var invariant: String
            var what: String
        }
        var violations: [Found]
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
