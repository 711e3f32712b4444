import ArgumentParser
import Foundation
import ManagementConsole
import SyncModel
import WebSupport

/// People who may use the console although Central does not know them.
struct Administrator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let somebody use the Management Console whom Central does not know.",
        discussion: """
            The console is for Central's own users with the task permission OneClick. A local \
            administrator can sign in even while Central cannot be read. The password is read from \
            standard input, and asked for where that is a terminal; only its hash is kept, in \
            syncworker-administrators beside the configuration.
            """)

    @Argument(help: ArgumentHelp("Whom; up to 40 letters and digits.", valueName: "name"))
    var name: String

    @Flag(help: "Take the right away instead.")
    var remove = false

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var name: String
        var isAdministrator: Bool
    }

    func run() async throws {
        let settings = try await common.settings()
        let administrators = LocalAdministrators(path: settings.administratorsFile)
        if remove {
            guard try administrators.remove(name) else {
                throw SyncError(
                    .usage, "There is no local administrator \(name).",
                    hint: "Their names are in \(settings.administratorsFile).")
            }
            await note("administrator", "\(name) is no local administrator any more.", settings)
            return try common.answer(
                Answer(name: name, isAdministrator: false),
                "\(name) cannot sign in any more, and is signed out at the next request.")
        }
        try administrators.set(name, try Password.hash(try Password.read()))
        await note("administrator", "\(name) is a local administrator.", settings)
        try common.answer(
            Answer(name: name, isAdministrator: true),
            "\(name) can sign in to the Management Console.")
    }
}

/// Makes the text that stands in a user's password_hash.
struct HashPassword: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash-password",
        abstract: "Print the scrypt hash of a password, as Central's users have it.",
        discussion: "The password is read from standard input.")

    func run() throws { say(try Password.hash(try Password.read()).text) }
}

/// A password that somebody types in, or a program hands over.
private enum Password {
    static let lengthMin = 10

    static func read() throws -> String {
        if isatty(STDIN_FILENO) == 1 {
            guard let typed = getpass("Password: ") else { throw unreadable }
            return try checked(String(cString: typed))
        }
        guard let line = readLine(strippingNewline: true) else { throw unreadable }
        return try checked(line)
    }

    static func hash(_ password: String) throws -> PasswordHash {
        guard let salt = [UInt8](hexadecimal: Naming.token()) else { throw unreadable }
        return try PasswordHash(of: password, salt: salt)
    }

    private static func checked(_ password: String) throws -> String {
        guard password.count >= lengthMin else {
            throw SyncError(
                .usage, "The password is shorter than \(lengthMin) characters.",
                hint: "Take a longer one, such as four words.")
        }
        return password
    }

    private static let unreadable = SyncError(
        .usage, "No password was given.", hint: "Write it to standard input, in one line.")
}
