import ArgumentParser
import OneClickClient
import SyncModel
import SyncProtocol

/// The key pair by which OneClick knows this installation.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Show the fingerprint of this installation's key, or replace the key.",
        discussion: """
            The private key lies beside the configuration and never leaves this machine. OneClick \
            shows the same fingerprint in `oneclick installation list`: compare the two after an \
            enrolment.
            """,
        subcommands: [Show.self, Rotate.self])

    private struct Answer: Encodable { var fingerprint: String }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the fingerprint of the public key.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let key = try InstallationKey(file: try await common.settings().keyFile)
            try common.answer(Answer(fingerprint: key.fingerprint), key.fingerprint)
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace the key by a new one.",
            discussion: """
                OneClick accepts the new key at once, and the old one for another hour: a \
                synchronisation in progress is not disturbed. Stopped half-way, run it again. If \
                somebody may have read the old key, have the installation revoked in OneClick and \
                enrol anew instead.
                """)

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let settings = try await common.settings()
            // The order keeps one usable key at every step: saved, known to OneClick, in place.
            let next = try InstallationKey.next(besides: settings.keyFile)
            let answer = try await settings.withLine { line in
                try await Wiring(settings: settings).cloud(line).setNextKey(next)
            }
            guard answer.fingerprint == next.fingerprint else {
                throw SyncError(
                    "key",
                    "OneClick understood another key (\(answer.fingerprint)) than was sent "
                        + "(\(next.fingerprint)).",
                    hint: "Something between this machine and OneClick changes what is sent: "
                        + "`syncworker connect check` shows the way. The key before stays in use.")
            }
            try InstallationKey.useNext(besides: settings.keyFile)
            // From its first use on nobody can announce another by the key before.
            _ = try? await settings.withLine {
                try await Wiring(settings: settings).cloud($0).status()
            }
            await note(
                "key", "Replaced the installation's key; its fingerprint is \(next.fingerprint).",
                settings)
            try common.answer(
                Answer(fingerprint: next.fingerprint),
                "The new key is in use. Its fingerprint: \(next.fingerprint)")
        }
    }
}
