import ArgumentParser
import Foundation
import SyncModel

/// The premises' side.
@main
struct SyncWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "syncworker",
        abstract: "Keeps OneClick equal to a practice's database on its own premises.",
        discussion: """
            To begin, take the one-time code that OneClick's administrator gave you:

              syncworker init --central sqlite:FILE --oneclick URL --code CODE
              syncworker serve

            Exit codes: 0 succeeded, 1 failed or stopped, 2 the command was not understood, \
            3 completed with errors, 4 removals or a question wait for an answer.
            """,
        version: Release.version,
        subcommands: [
            Initialise.self, Serve.self, Run.self, Status.self, Runs.self, Held.self, Approve.self,
            Configuration.self, Connect.self, CaptureCommand.self, Administrator.self,
            HashPassword.self,
            AlertTest.self,
        ])

    /// As ArgumentParser's own, with this program's exit codes.
    static func main() async {
        // Keys, journal and socket lie beside the configuration: nobody else may read them.
        umask(0o077)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as SyncError {
            // A list of mistakes ends with a line of its own.
            let isList = error.message.hasSuffix("\n")
            leave(
                saying: isList ? error.message + error.hint : error.description,
                code: error.code == .usage ? 2 : 1)
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            leave(saying: fullMessage(for: error), code: 2)
        }
    }

    private static func leave(saying message: String, code: Int32) -> Never {
        try? FileHandle.standardError.write(contentsOf: Data((message + "\n").utf8))
        Foundation.exit(code)
    }
}

extension SyncError.Code {
    /// The command line or the configuration is not as it should be.
    static let usage: Self = "usage"
}
