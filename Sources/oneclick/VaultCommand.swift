import ArgumentParser
import OneClickStore
import SyncModel
import SyncProtocol
import Vault

/// The keys to which the premises seal secrets, such as HMRC tokens.
struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault",
        abstract: "Look at the keys that open sealed values, make a new one, open every value.",
        discussion: """
            The private keys lie in a file beside the database (FILE.vault), which `oneclick \
            serve` never reads.
            """,
        subcommands: [VaultStatus.self, VaultRotate.self, VaultCheck.self])
}

struct VaultStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "List the keys and how many values each has sealed.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var key: String
        var isCurrent: Bool
        var isInFile: Bool
        var values: Int
    }

    func run() async throws {
        let vault = try VaultFile(besides: common.database).read()
        let store = try common.store()
        let values = try await store.sealedValues()
        let current = try await store.vaultKey().id
        try store.close()
        let counts = values.reduce(into: [String: Int]()) { $0[$1.value.vaultKey, default: 0] += 1 }
        let others = Set(counts.keys).union([current]).subtracting(vault.keyNames)
        let names = vault.keyNames + others.sorted()
        let answers = names.map { name in
            Answer(
                key: name, isCurrent: name == current,
                isInFile: vault.keyNames.contains(name), values: counts[name] ?? 0)
        }
        try common.answer(answers, answers.map(words).joined(separator: "\n"))
    }

    private func words(_ answer: Answer) -> String {
        let role =
            (answer.isCurrent ? "the key that is sealed to" : "another key")
            + (answer.isInFile ? "" : ", NOT IN THE FILE: run `oneclick vault rotate`")
        let values = answer.values == 1 ? "1 value needs it" : "\(answer.values) values need it"
        return "\(answer.key)  \(role), \(values)"
    }
}

struct VaultRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Make a new key, to which everything is sealed anew.",
        discussion: """
            Each practice seals its secrets to the new key with its next synchronisation. The keys \
            before it stay in the file: they open what was sealed before, backups included.
            """)

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable { var vaultKey: String }

    func run() async throws {
        try OneClickStore.checkIsReady(path: common.database)
        let vault = try VaultFile(besides: common.database).rotate { vault in
            try OneClickStore.setVaultKey(
                vault.publicKey, path: common.database, by: SystemUser.name(),
                now: SystemClock.now())
        }
        try common.answer(
            Answer(vaultKey: vault.publicKey.id),
            """
            The vault has a new key, \(vault.publicKey.id). Back up its file.
            Each practice's next synchronisation seals everything to it; `oneclick vault status` \
            shows how far that is.
            """)
    }
}

struct VaultCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Open every sealed value where it stands.",
        discussion: """
            A value opens in its own practice, table, row and column only: one that was moved or \
            damaged is found. Secrets are not shown.
            """)

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var values: Int
        var errors: [String]
    }

    func run() async throws {
        let vault = try VaultFile(besides: common.database).read()
        let store = try common.store()
        let values = try await store.sealedValues()
        try store.close()
        var errors: [SyncError] = []
        for sealed in values {
            do { _ = try vault.open(sealed.value, at: sealed.place) } catch let error as SyncError {
                errors.append(error)
            }
        }
        let answer = Answer(values: values.count, errors: errors.map(\.message))
        let lines = errors.map(\.description)
        let opened = "\(values.count - errors.count) of \(values.count) sealed values open."
        try common.answer(answer, (lines + [opened]).joined(separator: "\n"))
        if !errors.isEmpty { throw ExitCode(1) }
    }
}
