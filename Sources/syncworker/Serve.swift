import SyncProtocol
import ArgumentParser
import Foundation
import Logging
import Observability
import PortalService
import ServiceLifecycle
import SyncEngine
import SyncModel
import UnixSignals

/// The Portal Service's process.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Synchronise by the schedule, until stopped.",
        discussion: """
            Every 30 minutes unless the configuration, or somebody in the Management Console, says \
            otherwise. On SIGTERM or Ctrl-C a \
            synchronisation in progress ends between two batches; nothing is lost.
            """)

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var socket: String
        /// Nil while synchronisation is paused.
        var nextStart: Timestamp?
    }

    func run() async throws {
        let settings = try await common.settings()
        bootstrapLogging(level: settings.logLevel)
        let logger = Logger(label: "syncworker")
        let wiring = Wiring(settings: settings)
        _ = try wiring.catalogue()
        _ = try wiring.cloud()
        let (lock, journal) = try await wiring.takeCharge()
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
                    request, journal: journal, progress: progress, isStopped: isStopped)
                Self.log(record, logger)
                return record
            })
        let control = ControlServer(portal: portal, journal: journal, socket: settings.socket)
        var quiet = logger
        quiet.logLevel = .warning
        // Said once the socket answers: whoever reads it may use the other commands at once.
        let application = control.application(logger: quiet) {
            let status = await portal.status()
            try? common.answer(
                Answer(socket: settings.socket, nextStart: status.nextStart),
                "SyncWorker serves \(settings.server). \(status.next(settings.time))")
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [application, portal],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
        try await group.run()
        control.removeSocket()
        // The last moment for what the journal could not take before.
        try? await journal.writeLate()
        try journal.close()
        withExtendedLifetime(lock) {}
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
