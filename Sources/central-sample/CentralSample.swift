import ArgumentParser
import Foundation

@main
struct CentralSample: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "central-sample",
        abstract: "Makes a made-up accountancy practice, and plays a busy office in it.",
        discussion: """
            A sample is a SQLite file with the tables of Central: employees, clients, businesses, \
            HMRC credentials (with tokens that are clearly fake) and accounts. Try:

              central-sample create --clients 200 --seed 1 central.sqlite
              central-sample work central.sqlite --rate 2
            """,
        subcommands: [Create.self, Work.self])

    /// As ArgumentParser's own, with the exit code of the other programs for a command that is not
    /// understood.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
            Foundation.exit(2)
        }
    }
}
