import PortalService
import SyncEngine
import SyncModel
import SyncProtocol

/// Everything that the console's first page shows of one moment.
struct Overview: Sendable {
    var status: Portal.Status
    var connections: Connections.State
    var past: Past
    var now: Timestamp

    /// What the journal says; it changes only when a synchronisation ends.
    struct Past: Sendable {
        var lastGood: RunSummary?
        /// Of the last 24 hours, oldest first.
        var day: [RunSummary] = []
        /// The latest, newest first.
        var latest: [RunSummary] = []
    }

    /// Rows of the table of the latest synchronisations.
    static let latestMax = 10
    /// Bars of the chart of the last 24 hours.
    static let dayMax = 200
}

extension Console {
    func overview() async throws -> Overview {
        let status = await portal.status()
        return await overview(status, try await past(status))
    }

    func overview(_ status: Portal.Status, _ past: Overview.Past) async -> Overview {
        Overview(
            status: status, connections: await connections.state, past: past, now: settings.now())
    }

    func past(_ status: Portal.Status) async throws -> Overview.Past {
        Overview.Past(
            lastGood: try await journal.lastApplied(),
            day: try await journal.activity(
                since: settings.now() + .seconds(-86_400), limit: Overview.dayMax),
            latest: try await journal.history(
                RunFilter(), before: nil, limit: Overview.latestMax, isUnderway: status.isRunning))
    }
}
