import ArgumentParser
import Catalogue
import OneClickStore
import SyncProtocol
import Vault

/// Makes the database, or leaves one of this release as it is.
struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make OneClick's database, or make an existing one ready for this release.",
        discussion: "Doing it again changes nothing.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var database: String
        var vaultKey: String
    }

    func run() throws {
        let path = common.database
        try OneClickStore.migrate(path: path, shapes: try Catalogue.standard().shapes)
        let vault = VaultFile(besides: path)
        try vault.makeIfMissing()
        let key = try vault.read().publicKey
        try OneClickStore.setVaultKey(
            key, path: path, by: SystemUser.name(), now: SystemClock.now())
        try common.answer(
            Answer(database: path, vaultKey: key.id),
            """
            The database \(path) is ready.
            Back up \(vault.path) too, apart from it: it opens the practices' sealed values.
            Next: oneclick practice add NAME --database sqlite:\(path)
            """)
    }
}
