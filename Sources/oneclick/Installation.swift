import ArgumentParser
import OneClickStore
import SyncModel

/// The enrolled SyncWorkers.
struct Installation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the enrolled SyncWorkers, or refuse one from now on.",
        subcommands: [InstallationList.self, InstallationRevoke.self])
}

struct InstallationList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the installations, and which of them is current.",
        discussion: """
            The fingerprint is that of the installation's public key: the first 80 bits of \
            SHA-256. The SyncWorker shows it too, so that two people can compare it by telephone.
            """)

    @Option(help: "Only those of the practice with this number.")
    var practice: Int64?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let store = try common.store()
        let installations = try await store.installations(
            of: practice.map(PracticeID.init(rawValue:)))
        try store.close()
        try common.answer(installations, words(installations))
    }

    private func words(_ installations: [InstallationSummary]) -> String {
        if installations.isEmpty { return "There is no installation yet." }
        return installations.map { one in
            """
            \(one.id)  \(one.practiceName) (\(one.practice)), on \(one.server): \(one.words)
              enrolled \(one.enrolledAt.inUTC), key \(one.fingerprint ?? "unreadable")
            """ + (one.nextFingerprint.map { "; \($0) is to follow" } ?? "")
        }.joined(separator: "\n")
    }
}

struct InstallationRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Refuse an installation from its next request on.",
        discussion: """
            What it has under way ends, and nothing of it is applied. It cannot be taken back: to \
            synchronise again, the practice enrols its SyncWorker with a new code.
            """)

    @Argument(help: "The installation, as `oneclick installation list` shows it.")
    var installation: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let store = try common.store()
        let revoked = try await store.revoke(
            InstallationID(rawValue: installation), by: SystemUser.name(), now: SystemClock.now())
        try store.close()
        try common.answer(
            revoked,
            """
            Installation \(revoked.id) of \(revoked.practiceName), on \(revoked.server), was \
            revoked.
            For another: oneclick practice code \(revoked.practice) \
            --database sqlite:\(common.database)
            """)
    }
}

extension InstallationSummary {
    fileprivate var words: String {
        let since = since.map { " since \($0.inUTC)" } ?? ""
        return switch state {
        case .current: "current"
        case .replaced: "replaced" + since
        case .revoked: "revoked" + since + (revokedBy.map { " by \($0)" } ?? "")
        }
    }
}
