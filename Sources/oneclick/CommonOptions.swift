import ArgumentParser
import Catalogue
import Foundation
import OneClickStore
import SyncModel
import SyncProtocol

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "OneClick's database, as sqlite:FILE. Beside it lies FILE.vault with the private key "
                + "that opens sealed values: back both up, and keep them apart.",
            valueName: "sqlite:FILE"),
        transform: Self.path)
    var database: String

    @Flag(help: "Answer in JSON, for programs.")
    var json = false

    private static func path(_ argument: String) throws -> String {
        guard argument.hasPrefix("sqlite:"), argument.count > "sqlite:".count else {
            throw ValidationError(
                "\"\(argument)\" names no database. Write it as sqlite:FILE, such as "
                    + "sqlite:oneclick.db.")
        }
        return String(argument.dropFirst("sqlite:".count))
    }

    /// The migrated database.
    func store() throws -> OneClickStore {
        let shapes = try Catalogue.standard().shapes
        return try OneClickStore(path: database, shapes: shapes)
    }

    /// Answers on standard output: as one line of JSON, or in words.
    func answer(_ value: some Encodable, _ words: @autoclosure () -> String) throws {
        let line = json ? String(decoding: try WireJSON.encode(value), as: UTF8.self) : words()
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }
}
