import ArgumentParser
import Foundation
import SyncModel

/// The cloud side: OneClick's database and API.
@main
struct OneClick: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oneclick",
        abstract: "OneClick: the cloud side that a practice's SyncWorker keeps up to date.",
        discussion: """
            To begin, make a database, add a practice, and serve:

              oneclick migrate --database sqlite:oneclick.db
              oneclick practice add "Example & Co" --database sqlite:oneclick.db
              oneclick serve --database sqlite:oneclick.db

            `practice add` prints a one-time code: type it into the practice's SyncWorker \
            (`syncworker init`) to connect the two.

            Exit codes: 0 done, 1 failed, 2 the command was not understood.
            """,
        subcommands: [
            Migrate.self, Practice.self, Installation.self, ShowAudit.self, Compact.self,
            Serve.self, VaultCommand.self,
        ])

    /// As ArgumentParser's own, with this program's exit codes.
    static func main() async {
        // The database holds the practices' clients: nobody else on this machine reads it.
        umask(0o077)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as SyncError {
            leave(saying: error.description, code: 1)
        } catch {
            // ArgumentParser says 64 (EX_USAGE) for a command that it does not understand.
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            leave(saying: fullMessage(for: error), code: 2)
        }
    }

    private static func leave(saying message: String, code: Int32) -> Never {
        try? FileHandle.standardError.write(contentsOf: Data((message + "\n").utf8))
        Foundation.exit(code)
    }
}
