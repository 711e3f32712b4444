import Catalogue
import Logging
import ArgumentParser
import Central
import Foundation
import ManagementConsole
import PortalService
import SyncModel
import WebSupport

/// What the configuration comes to.
struct Configuration: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the configuration.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the effective values; check Central and the catalogue.")

        @OptionGroup var common: CommonOptions

        private struct Answer: Encodable {
            var values: [String: String]
            var capture: Capture.Status
            var warnings: [CatalogueWarning]
        }

        func run() async throws {
            let settings = try await common.settings()
            let wiring = Wiring(settings: settings)
            let catalogue = try wiring.catalogue()
            try await wiring.central().close()
            _ = try await settings.withLine { try wiring.cloud($0) }
            let capture = try Capture.status(path: settings.central, catalogue: catalogue)
            var values = [
                "config": settings.file, "central": Settings.sqlite + settings.central,
                "oneclick": settings.oneclick,
                "practice": settings.practice.description,
                "installation": settings.installation.rawValue,
                "catalogue": settings.catalogue ?? "(built-in)",
                "interval_minutes": String(settings.intervalMinutes),
                "history_days": String(settings.historyDays), "server": settings.server,
                "central_wait_seconds": String(settings.centralWaitSeconds),
                "time_zone": settings.time.zone.identifier,
                "log_level": settings.logLevel.rawValue, "key": "(in \(settings.keyFile))",
                "console_listen": settings.console?.url(
                    isSecure: settings.consoleCertificate != nil) ?? "none",
                "console_address": settings.consoleLink ?? "(none)",
                "console_certificate": settings.consoleCertificate?.chain ?? "(none)",
            ]
            values.merge(settings.network.shown) { $1 }
            values["proxy_password_file"] = settings.proxyPasswordFile.map { "(in \($0))" }
            values.merge(settings.alerts.shown) { $1 }
            values.merge(settings.alertSecretFiles.mapValues { "(in \($0))" }) { $1 }
            let lines = values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            try common.answer(
                Answer(values: values, capture: capture, warnings: capture.warnings),
                (lines + ["", "Central and the catalogue fit together.", capture.text])
                    .joined(separator: "\n"))
        }
    }
}

/// Change capture in Central.
struct CaptureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture", abstract: "Install, check or remove change capture in Central.",
        discussion: """
            Change capture notes which records of Central change, so that a synchronisation need \
            not compare everything. It consists of triggers and tables of our own in Central, \
            named syncworker_...; the practice's own tables are never written. `syncworker init` \
            installs it.
            """,
        subcommands: [Install.self, State.self, Remove.self])

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make, or mend, our own tables and triggers in Central.",
            discussion: """
                Doing it again changes nothing. After an upgrade of Central it brings capture in \
                line with the new schema.
                """)
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let settings = try await common.settings()
            let status = try Capture.install(
                path: settings.central, catalogue: try Wiring(settings: settings).catalogue())
            try common.answer(status, status.text)
        }
    }

    struct State: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status", abstract: "Say whether change capture works.")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let settings = try await common.settings()
            let status = try Capture.status(
                path: settings.central, catalogue: try Wiring(settings: settings).catalogue())
            try common.answer(status, status.text)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take our triggers and change rows out of Central.",
            discussion: "From then on every synchronisation compares everything.")

        @Flag(help: "Take out the marks too, by which OneClick recognises this Central.")
        var everything = false

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let settings = try await common.settings()
            let status = try Capture.remove(
                path: settings.central, catalogue: try Wiring(settings: settings).catalogue(),
                everything: everything)
            try common.answer(status, status.text)
        }
    }
}

extension Capture.Status {
    /// For a person: what stands in Central, and what should be known of it.
    var text: String {
        ([description] + notes.map { "Note: \($0)" } + warnings.map { "Warning: \($0)" })
            .joined(separator: "\n")
    }
}
