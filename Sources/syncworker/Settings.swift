import PortalService
import Alerts
import Configuration
import Foundation
import Logging
import ManagementConsole
import OneClickClient
import SyncModel
import SystemPackage
import WebSupport
import Yams

/// The effective configuration: environment (`SYNCWORKER_...`) before file before defaults.
struct Settings: Sendable {
    var file: String
    var central: String
    var oneclick: String
    /// The way there.
    var network = OneClickNetwork()
    var proxyPasswordFile: String?
    var practice: PracticeID
    var installation: InstallationID
    var catalogue: String?
    /// Until somebody sets another one in the Management Console.
    var intervalMinutes: Int
    /// How long synchronisations are remembered.
    var historyDays: Int
    var server: String
    var centralWaitSeconds: Int
    /// Times are shown to people as the practice's clocks show them.
    var time: PracticeTime
    var logLevel: Logger.Level
    /// Where the console answers browsers; nil for nowhere.
    var console: ListenAddress?
    var consoleCertificate: CertificateFiles?
    /// Where people find it, for messages.
    var consoleLink: String?
    /// Where messages about failures go.
    var alerts = AlertSettings()
    var alertSecrets = AlertSecrets()
    /// Where they are, by key.
    var alertSecretFiles: [String: String] = [:]
    /// Keys, journal, lock and socket lie in the configuration's own folder.
    var folder: String { (file as NSString).deletingLastPathComponent }

    var keyFile: String { folder + "/syncworker.key" }
    var fingerprintKeyFile: String { folder + "/syncworker.fingerprint" }
    var journalFile: String { folder + "/syncworker-journal.db" }
    var sessionsFile: String { folder + "/syncworker-sessions.db" }
    var administratorsFile: String { folder + "/syncworker-administrators" }
    var lockFile: String { folder + "/syncworker.lock" }
    var socket: String { Self.socket(in: folder) }

    /// A socket's path may have 100 bytes or so: a long one gives way to a name in a folder of the
    /// user's own.
    static func socket(in folder: String) -> String {
        let beside = folder + "/syncworker.sock"
        guard beside.utf8.count > 100 else { return beside }
        let own = NSTemporaryDirectory() + "/syncworker-\(getuid())"
        try? FileManager.default.createDirectory(
            atPath: own, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        return own + "/" + Naming.digest(folder) + ".sock"
    }

    static let sqlite = "sqlite:"
    static let keys =
        [
            "central", "oneclick", "practice", "installation", "catalogue", "interval_minutes",
            "history_days", "server", "central_wait_seconds", "time_zone", "log_level",
        ] + NetworkReading.keys + ConsoleReading.keys + AlertReading.keys

    static func path(ofCentral value: String) -> String? {
        guard value.hasPrefix(sqlite), value.count > sqlite.count else { return nil }
        return absolute(String(value.dropFirst(sqlite.count)))
    }

    static func absolute(_ path: String, in folder: String? = nil) -> String {
        if path.hasPrefix("/") { return path }
        let folder = folder ?? FileManager.default.currentDirectoryPath
        return (folder as NSString).appendingPathComponent(path)
    }

    /// Reads everything, and reports every mistake at once.
    static func read(
        _ file: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws -> Settings {
        let file = absolute(file)
        guard FileManager.default.fileExists(atPath: file) else {
            throw SyncError(
                .usage, "There is no configuration \(file).",
                hint: "Name it with --config, or make it with `syncworker init`.")
        }
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: file, isDirectory: &isFolder)
        guard !isFolder.boolValue, FileManager.default.isReadableFile(atPath: file) else {
            throw SyncError(
                .usage,
                isFolder.boolValue
                    ? "\(file) is a folder, not a configuration."
                    : "The configuration \(file) may not be read by this user.",
                hint: "Name a file that this user may read with --config.")
        }
        let yaml: FileProvider<YAMLSnapshot>
        do {
            yaml = try await FileProvider<YAMLSnapshot>(filePath: FilePath(file))
        } catch {
            throw SyncError(
                .usage, "The configuration \(file) is no YAML file: \(error).",
                hint: "Correct it, or make a new one with `syncworker init --force`.")
        }
        let variables = EnvironmentVariablesProvider(environmentVariables: environment)
            .prefixKeys(with: "syncworker")
        var reading = Reading(ConfigReader(providers: [variables, yaml]))
        reading.checkKeys(of: file)
        let settings = reading.settings(file)
        guard reading.mistakes.isEmpty else {
            throw SyncError(
                .usage,
                "The configuration \(file) has mistakes:\n"
                    + reading.mistakes.map { "  " + $0 }.joined(separator: "\n") + "\n",
                hint: "Correct them; `syncworker config check` looks again.")
        }
        return settings
    }

    /// Collects mistakes instead of stopping at the first.
    private struct Reading {
        let config: ConfigReader
        var mistakes: [String] = []

        init(_ config: ConfigReader) { self.config = config }

        /// A key that is written wrong would leave its default in force without a word.
        mutating func checkKeys(of file: String) {
            let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            let entries = (try? Yams.load(yaml: text)) as? [AnyHashable: Any] ?? [:]
            let unknown = entries.keys.map { "\($0)" }.filter { !Settings.keys.contains($0) }
            for key in unknown.sorted() {
                mistakes.append(
                    "\(key) is no key; there are \(Settings.keys.joined(separator: ", ")).")
            }
        }

        mutating func settings(_ file: String) -> Settings {
            let folder = (file as NSString).deletingLastPathComponent
            var network = NetworkReading(folder: folder, value: optional)
            network.read()
            var console = ConsoleReading(folder: folder, value: optional)
            console.read()
            var alerts = AlertReading(folder: folder, value: optional)
            alerts.read()
            mistakes += network.mistakes + console.mistakes + alerts.mistakes
            return Settings(
                file: file, central: central(folder), oneclick: text("oneclick"),
                network: network.network, proxyPasswordFile: network.passwordFile,
                practice: PracticeID(rawValue: Int64(number("practice", nil, 1...Int.max))),
                installation: InstallationID(rawValue: text("installation")),
                catalogue: optional("catalogue").map { Settings.absolute($0, in: folder) },
                intervalMinutes: number("interval_minutes", 30, 1...1440),
                historyDays: number(
                    "history_days", SQLiteJournal.keptDaysDefault, 1...3650),
                server: optional("server") ?? ProcessInfo.processInfo.hostName,
                centralWaitSeconds: number("central_wait_seconds", 10, 0...600), time: time(),
                logLevel: level(), console: console.address,
                consoleCertificate: console.certificate, consoleLink: console.link,
                alerts: alerts.settings, alertSecrets: alerts.secrets,
                alertSecretFiles: alerts.secretFiles)
        }

        /// An empty value, such as a key with nothing behind it, is none.
        private func optional(_ key: String) -> String? {
            config.string(forKey: ConfigKey(key)).flatMap { $0.isEmpty ? nil : $0 }
        }

        private mutating func text(_ key: String) -> String {
            guard let value = optional(key) else {
                mistakes.append("\(key) is missing.")
                return ""
            }
            return value
        }

        private mutating func central(_ folder: String) -> String {
            let value = text("central")
            guard !value.isEmpty else { return "" }
            guard value.hasPrefix(Settings.sqlite), value.count > Settings.sqlite.count else {
                mistakes.append("central is \"\(value)\"; write it as sqlite:FILE.")
                return ""
            }
            return Settings.absolute(String(value.dropFirst(Settings.sqlite.count)), in: folder)
        }

        private mutating func number(
            _ key: String, _ fallback: Int?, _ range: ClosedRange<Int>
        ) -> Int {
            // As text, so that a value that is no number is a mistake and not the default.
            guard let value = optional(key) else {
                if fallback == nil { mistakes.append("\(key) is missing.") }
                return fallback ?? 0
            }
            guard let number = Int(value), range.contains(number) else {
                mistakes.append(
                    "\(key) is \"\(value)\"; expected a number from \(range.lowerBound)"
                        + (range.upperBound == .max ? "." : " to \(range.upperBound)."))
                return range.lowerBound
            }
            return number
        }

        private mutating func time() -> PracticeTime {
            guard let value = optional("time_zone") else { return .london }
            guard let time = PracticeTime(value) else {
                mistakes.append(
                    "time_zone is \"\(value)\"; expected a place, such as Europe/London.")
                return .london
            }
            return time
        }

        private mutating func level() -> Logger.Level {
            let value = optional("log_level") ?? "info"
            guard let level = Logger.Level(rawValue: value) else {
                let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                mistakes.append("log_level is \"\(value)\"; expected one of \(names).")
                return .info
            }
            return level
        }
    }
}
