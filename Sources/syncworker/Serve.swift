import Alerts
import SyncProtocol
import ArgumentParser
import Foundation
import Logging
import ManagementConsole
import Observability
import OneClickClient
import PortalService
import ServiceLifecycle
import SyncEngine
import SyncModel
import UnixSignals
import WebSupport

/// The Portal Service's process.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Synchronise by the schedule, until stopped.",
        discussion: """
            Every 30 minutes unless the configuration, or somebody in the Management Console, says \
            otherwise. The console answers at http://127.0.0.1:8470 unless the configuration says \
            otherwise. On SIGTERM or Ctrl-C a synchronisation in progress ends between two \
            batches; nothing is lost.
            """)

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var socket: String
        /// Nil while synchronisation is paused.
        var nextStart: Timestamp?
        /// Where browsers find the console; nil where it is switched off.
        var console: String?
    }

    func run() async throws {
        let settings = try await common.settings()
        bootstrapLogging(level: settings.logLevel)
        try await settings.withLine { try await serve(settings, $0) }
    }

    private func serve(_ settings: Settings, _ line: OneClickLine) async throws {
        let logger = Logger(label: "syncworker")
        let wiring = Wiring(settings: settings)
        _ = try wiring.catalogue()
        _ = try wiring.cloud(line)
        let (lock, journal) = try await wiring.takeCharge()
        let alerts = wiring.alertService(journal, logger)
        let connections = wiring.connections(line)
        let portal = Portal(
            server: settings.server,
            schedule: Schedule(
                interval: .seconds(settings.intervalMinutes * 60),
                name: "\(settings.practice) \(settings.installation)"),
            timetable: try await journal.timetable(intervalMinutes: settings.intervalMinutes),
            lastStarted: try await journal.lastStarted(),
            lastRun: try await journal.runs(limit: 1).first, time: settings.time,
            now: SystemClock.now, wait: { try await Task.sleep(for: $0) },
            remember: {
                try await journal.remember($0, intervalMinutes: settings.intervalMinutes)
            },
            settle: { (try? await journal.writeLate()) != nil },
            perform: { request, progress, isStopped in
                let record = await wiring.perform(
                    request, journal: journal, line: line, progress: progress,
                    isStopped: isStopped)
                Self.log(record, logger)
                if request.only == nil { await alerts.finished(record) }
                connections.nudge()
                return record
            })
        let console = try wiring.console(
            portal: portal, journal: journal, connections: connections, alerts: alerts,
            line: line)
        let control = ControlSocket(console: console, path: settings.socket)
        var quiet = logger
        quiet.logLevel = .warning
        // Said once both answer: whoever reads it may use the other commands and a browser.
        let ready = Readiness(settings: settings, portal: portal, common: common)
        var services: [any Service] = [
            control.application(logger: quiet) { await ready.isListening() }, connections, alerts,
            portal,
        ]
        if let address = settings.console {
            services.append(
                try ConsoleServer(
                    console: console, address: address,
                    certificate: try settings.consoleCertificate.map {
                        try ServerCertificate($0, now: SystemClock.now, logger: logger)
                    },
                    logger: quiet, onReady: { await ready.isListening(console: $0) }))
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
        control.remove()
        // The last moment for what the journal could not take before.
        try? await journal.writeLate()
        try journal.close()
        withExtendedLifetime(lock) {}
    }

    /// Says once that everything answers.
    private actor Readiness {
        let settings: Settings
        let portal: Portal
        let common: CommonOptions
        private var isSocketThere = false
        private var console: String?

        init(settings: Settings, portal: Portal, common: CommonOptions) {
            self.settings = settings
            self.portal = portal
            self.common = common
        }

        func isListening(console: String? = nil) async {
            if let console { self.console = console } else { isSocketThere = true }
            guard isSocketThere, self.console != nil || settings.console == nil else { return }
            let status = await portal.status()
            var words = "SyncWorker serves \(settings.server). \(status.next(settings.time))"
            if let console = self.console {
                words += "\nThe Management Console answers at \(console)."
            }
            try? common.answer(
                Answer(socket: settings.socket, nextStart: status.nextStart, console: self.console),
                words)
        }
    }

    /// Counts and codes, never a record's values.
    private static func log(_ record: RunRecord, _ logger: Logger) {
        logger.log(
            level: record.outcome == .succeeded ? .info : .warning, "A synchronisation has ended",
            metadata: .keyed([
                .run: "\(record.id)", .status: "\(record.outcome.rawValue)",
                .rows: "\(record.rowsSent)", .bytes: "\(record.bytesSent)",
                .error: "\(record.errors.first?.code ?? "none")",
            ]))
    }
}
