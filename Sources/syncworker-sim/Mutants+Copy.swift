import Foundation

/// The copy of the tree that is broken and built: this one is never touched.
extension Mutants {
    /// Not tracked, but it says which versions of the packages the tree was built with.
    private static let resolved = "Package.resolved"

    /// Makes the copy equal to the tracked files, which also takes the last patch back. Files that
    /// are the same stay as they are: the next build looks at when they were written.
    func refresh() throws {
        let listed = try call(["git", "ls-files", "-z"], in: root)
        guard listed.ending == .exit(0) else { throw Failure(listed.reason) }
        let tracked = listed.output.split(separator: "\0").map(String.init)
        var kept: Set = [Self.resolved]
        for path in tracked + [Self.resolved] {
            guard let content = try? Data(contentsOf: root.appending(path: path)) else { continue }
            kept.insert(path)
            let file = copy.appending(path: path)
            if (try? Data(contentsOf: file)) == content { continue }
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try content.write(to: file)
        }
        try removeFiles(besides: kept)
    }

    /// What is hidden was not copied: the build, and what the last call said.
    private func removeFiles(besides kept: Set<String>) throws {
        let files = FileManager.default.enumerator(atPath: copy.path)
        while let path = files?.nextObject() as? String {
            if path.hasPrefix(".") {
                files?.skipDescendants()
            } else if files?.fileAttributes?[.type] as? FileAttributeType == .typeRegular,
                !kept.contains(path)
            {
                try FileManager.default.removeItem(at: copy.appending(path: path))
            }
        }
    }

    // MARK: Other programs

    /// One call of another program, and what it said.
    struct Call {
        enum Ending: Equatable { case exit(Int32), signal, tooLong }
        var ending: Ending
        var output: String
        var errors: String

        /// The line that says most about a failure.
        var reason: String {
            let lines = (errors + "\n" + output).split(separator: "\n")
            let line = lines.first { $0.contains("error:") || $0.contains("Fatal error") }
            return String((line ?? lines.last ?? "it said nothing").prefix(200))
        }

        /// The last seed that was named, if any was.
        var seed: UInt64? {
            (output + errors).matches(of: /seed:? (\d+)/).last.flatMap { UInt64($0.1) }
        }

        func decoded<Message: Decodable>(_ type: Message.Type) throws -> Message {
            try JSONDecoder().decode(type, from: Data(output.utf8))
        }
    }

    /// - Parameter secondsMax: after so many it is ended; nil where it ends by itself.
    func call(_ arguments: [String], in folder: URL, secondsMax: Int? = nil) throws -> Call {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        // The copy may lie below some other repository, which is none of git's business.
        let above = copy.deletingLastPathComponent().path
        process.environment = ProcessInfo.processInfo.environment
            .merging(["GIT_CEILING_DIRECTORIES": above]) { _, ours in ours }
        // Files, not pipes: nobody has to read while the other writes.
        let files = [".output", ".errors"].map { copy.appending(path: $0) }
        for file in files { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        let ending = try ending(of: process, secondsMax)
        let said = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Call(ending: ending, output: said[0], errors: said[1])
    }

    private func ending(of process: Process, _ secondsMax: Int?) throws -> Call.Ending {
        let start = ContinuousClock.now
        try process.run()
        let id = process.processIdentifier
        let end = DispatchWorkItem { kill(id, SIGKILL) }
        if let secondsMax {
            DispatchQueue(label: "syncworker.mutants")
                .asyncAfter(deadline: .now() + .seconds(secondsMax), execute: end)
        }
        process.waitUntilExit()
        end.cancel()
        guard process.terminationReason == .uncaughtSignal else {
            return .exit(process.terminationStatus)
        }
        let isLate = secondsMax.map { ContinuousClock.now - start >= .seconds($0) } ?? false
        return isLate ? .tooLong : .signal
    }
}
