import Catalogue
import SyncProtocol
import Logging
import ArgumentParser
import Central
import Foundation
import OneClickClient
import PortalService
import SyncModel

/// Connects a practice's premises to OneClick.
struct Initialise: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Connect this machine to OneClick with a one-time code.",
        discussion: """
            Checks Central first, makes a key pair that never leaves this machine, trades the code \
            for an installation, installs change capture in Central and writes the configuration.
            """)

    @Option(help: ArgumentHelp("The practice's database.", valueName: "sqlite:FILE"))
    var central: String

    @Option(help: ArgumentHelp("OneClick's address, https://...", valueName: "URL"))
    var oneclick: String

    @Option(
        help: ArgumentHelp(
            "The one-time code from OneClick (`oneclick practice add` prints it).",
            valueName: "CODE"))
    var code: String

    @OptionGroup var network: NetworkOptions

    @Option(help: ArgumentHelp("Another catalogue than the built-in one.", valueName: "FILE"))
    var catalogue: String?

    @Option(
        help: ArgumentHelp(
            "Where the practice is, such as Europe/Dublin, if its clocks do not show "
                + "London's time.",
            valueName: "PLACE"))
    var timeZone: String?

    @Flag(help: "Replace a configuration that is there.")
    var force = false

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var practice: PracticeID
        var practiceName: String
        var installation: InstallationID
        var config: String
        var fingerprint: String
        var capture: String
    }

    func validate() throws {
        guard Settings.path(ofCentral: central) != nil else {
            throw ValidationError(
                "\"\(central)\" names no database. Write it as sqlite:FILE, such as "
                    + "sqlite:central.db.")
        }
        if let timeZone, PracticeTime(timeZone) == nil {
            throw ValidationError(
                "\"\(timeZone)\" is no time zone. Name a place, such as Europe/London.")
        }
        let mistakes = network.reading(oneclick: oneclick).mistakes
        guard mistakes.isEmpty else {
            throw ValidationError(mistakes.joined(separator: "\n"))
        }
    }

    func run() async throws {
        let path = Settings.path(ofCentral: central) ?? ""
        let way = network.reading(oneclick: oneclick)
        let file = Settings.absolute(common.config)
        let isAnew = FileManager.default.fileExists(atPath: file)
        if isAnew, !force {
            throw SyncError(
                .usage, "There is a configuration \(file) already.",
                hint: "Leave it, name another with --config, or replace it with --force.")
        }
        var settings = Settings(
            file: file, central: path, oneclick: oneclick, network: way.network,
            proxyPasswordFile: way.passwordFile, practice: PracticeID(rawValue: 0),
            installation: InstallationID(rawValue: ""),
            catalogue: catalogue.map { Settings.absolute($0) }, intervalMinutes: 30,
            historyDays: SQLiteJournal.keptDaysDefault,
            server: ProcessInfo.processInfo.hostName, centralWaitSeconds: 10,
            time: timeZone.flatMap(PracticeTime.init) ?? .london, logLevel: .info)
        try FileManager.default.createDirectory(
            atPath: settings.folder, withIntermediateDirectories: true)
        // A service that runs here would go on with the installation before.
        let lock = try RunLock(path: settings.lockFile)
        try SecretFile.makeIfMissing(settings.fingerprintKeyFile)
        // Central is checked before the code is used up.
        try await Wiring(settings: settings).central().close()
        // Another enrolment is another installation, with a key of its own.
        let key =
            try isAnew
            ? InstallationKey.anew(besides: settings.keyFile)
            : InstallationKey.readOrMake(file: settings.keyFile)
        let answer = try await enrol(settings, key)
        if isAnew { try InstallationKey.useNext(besides: settings.keyFile) }
        settings.practice = answer.practice
        settings.installation = answer.installation
        let journal = try SQLiteJournal(path: settings.journalFile)
        try await journal.resetFence()
        try journal.close()
        try write(settings)
        let capture = installCapture(settings)
        await note(
            "init", "Connected to OneClick; the key's fingerprint is \(key.fingerprint).", settings)
        withExtendedLifetime(lock) {}
        try common.answer(
            Answer(
                practice: answer.practice, practiceName: answer.practiceName,
                installation: answer.installation, config: file, fingerprint: key.fingerprint,
                capture: capture),
            """
            Connected to OneClick as a SyncWorker of \(answer.practiceName).
            The key's fingerprint is \(key.fingerprint). `oneclick installation list` has to show \
            the same in OneClick; if it shows another, somebody else used the code.
            \(capture)
            The configuration is \(file). Next: `syncworker serve`.
            """)
    }

    private func enrol(
        _ settings: Settings, _ key: InstallationKey
    ) async throws -> EnrolmentAnswer {
        do {
            return try await settings.withLine { line in
                try await OneClickClient.enrol(
                    url: oneclick, code: code, key: key, server: settings.server,
                    place: Naming.place(central: settings.central), line: line)
            }
        } catch var error as SyncError {
            guard error.code == .unreachable else { throw error }
            // The client speaks of the next synchronisation; none follows an enrolment.
            error.hint = error.hint.replacing(
                "the next synchronisation tries again by itself",
                with: "then run `syncworker init` again")
            if error.isOutcomeUnknown {
                error.hint += " If the code was used up by then, ask for a new one."
            }
            throw error
        }
    }

    /// A Central that may only be read is synchronised all the same, with fewer protections.
    private func installCapture(_ settings: Settings) -> String {
        do {
            let catalogue = try Wiring(settings: settings).catalogue()
            return try Capture.install(path: settings.central, catalogue: catalogue).text
        } catch {
            return "Change capture could not be installed: \(error) Every synchronisation will "
                + "compare everything, and a Central that was restored from a backup is recognised "
                + "by its identity and greatest ids alone."
        }
    }

    private func write(_ settings: Settings) throws {
        let catalogue =
            settings.catalogue.map { "catalogue: \(Self.quoted($0))" }
            ?? "# catalogue: catalogue.yaml"
        let text = """
            # SyncWorker: one practice's premises. Each line can be overridden by an environment
            # variable, such as SYNCWORKER_INTERVAL_MINUTES. `syncworker config check` explains.

            # The practice's database, as sqlite:FILE; relative to this file.
            central: \(Self.quoted(Settings.sqlite + settings.central))
            # OneClick's address.
            oneclick: \(Self.quoted(settings.oneclick))
            \(networkLines(settings))
            # From the enrolment; the private key lies beside this file in syncworker.key.
            practice: \(settings.practice)
            installation: \(Self.quoted(settings.installation.rawValue))
            # Another catalogue than the built-in one.
            \(catalogue)
            # Minutes from the start of one synchronisation to the start of the next, 1 to 1440,
            # until somebody sets another interval in the Management Console.
            interval_minutes: \(settings.intervalMinutes)
            # Days that a synchronisation stays in the history, 1 to 3650.
            # history_days: \(settings.historyDays)
            # Where the Management Console answers browsers, or none. An address that others can
            # reach needs a certificate and its key, as PEM files.
            # console_listen: \(ConsoleReading.addressDefault)
            # console_certificate: console.crt
            # console_key: console.key
            # Where people find it, for messages, if that is another address.
            # console_address: https://portal.example.com
            # The server's name, as people know it.
            server: \(Self.quoted(settings.server))
            # How long a locked Central is waited for.
            central_wait_seconds: \(settings.centralWaitSeconds)
            # Where the practice is: times are shown as its clocks show them.
            \(timeZone.map { "time_zone: \($0)" } ?? "# time_zone: Europe/London")
            # Messages about failures, removals that wait, silence, and their end;
            # `syncworker alert-test` sends one. E-mail, several addresses with commas between:
            # alert_email_to: office@example.com
            # alert_email_from: syncworker@example.com
            # The mail server: smtp://HOST:587 (encrypted by STARTTLS) or smtps://HOST:465.
            # alert_smtp: smtp://mail.example.com:587
            # alert_smtp_user: syncworker
            # alert_smtp_password_file: syncworker.smtp
            # The same as JSON by POST; signed where a secret is given.
            # alert_webhook: https://hooks.example.com/syncworker
            # alert_webhook_secret_file: syncworker.webhook
            # trace, debug, info, notice, warning, error or critical
            log_level: \(settings.logLevel)

            """
        try Data(text.utf8).write(to: URL(filePath: settings.file), options: .atomic)
    }

    private func networkLines(_ settings: Settings) -> String {
        func line(_ key: String, _ value: String?, _ example: String) -> String {
            value.map { "\(key): \(Self.quoted($0))" } ?? "# \(key): \(example)"
        }
        return """
            # A proxy on the way there, http://HOST:PORT or http://USER@HOST:PORT; the password in a
            # file that only its owner may read.
            \(line("proxy", settings.network.proxy?.url, "http://proxy.example.com:3128"))
            \(line("proxy_password_file", settings.proxyPasswordFile, "syncworker.proxy"))
            # The authorities that may vouch for OneClick, as a PEM file, in place of the system's.
            \(line("certificate_authorities", settings.network.authorityFile, "authorities.pem"))
            """
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
