import Foundation
import SyncTesting

/// The independent checker, run as the program that it is.
enum Checker {
    /// What it answers: its exit status, 0 for equal, and what it printed.
    struct Verdict {
        var status: Int32
        var text: String
    }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "scripts/check")

    /// Compares the two files, every row and every field.
    static func compare(central: String, oneClick: String) async throws -> Verdict {
        let folder = try TestFolder()
        // A file takes any amount of text; a pipe that nobody empties would stop the checker.
        let output = folder.path(of: "output")
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let process = Process()
        process.executableURL = script
        process.arguments = [central, oneClick]
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = process.standardOutput
        try await withCheckedThrowingContinuation { (end: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in end.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                end.resume(throwing: error)
            }
        }
        let text = FileManager.default.contents(atPath: output) ?? Data()
        return Verdict(
            status: process.terminationStatus, text: String(decoding: text, as: UTF8.self))
    }
}
