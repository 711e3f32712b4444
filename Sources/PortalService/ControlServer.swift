import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import SyncEngine
import SyncModel
import SyncProtocol

/// What the command line asks a running service, over a Unix socket that only its owner may open.
public struct ControlServer: Sendable {
    /// The answer to a request for a synchronisation.
    public struct Ticket: Codable, Sendable, Hashable {
        public var ticket: Int
        /// Whether it waits for one that is in progress.
        public var isQueued: Bool
    }

    let portal: Portal
    let journal: SQLiteJournal
    let socket: String

    public init(portal: Portal, journal: SQLiteJournal, socket: String) {
        self.portal = portal
        self.journal = journal
        self.socket = socket
    }

    /// The service to run beside the portal.
    public func application(logger: Logger) -> some ApplicationProtocol {
        // What a process that was killed left behind; the lock says that it is dead.
        try? FileManager.default.removeItem(atPath: socket)
        return Application(
            responder: router().buildResponder(),
            configuration: .init(address: .unixDomainSocket(path: socket)), logger: logger)
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("status") { _, _ in try json(await portal.status()) }
        router.get("runs") { request, _ in
            let limit = request.uri.queryParameters.get("limit", as: Int.self) ?? 20
            let underway = await portal.status().progress?.run.id
            return try json(await journal.runs(limit: limit, underway: underway))
        }
        router.post("runs") { request, context in
            let body = try await request.body.collect(upTo: 1 << 20)
            let asked: RunRequest = try WireJSON.decode(from: Array(body.readableBytesView))
            let isBusy = await portal.status().progress != nil
            return try json(Ticket(ticket: await portal.request(asked), isQueued: isBusy))
        }
        router.get("tickets/:ticket") { _, context in
            let ticket = try context.parameters.require("ticket", as: Int.self)
            guard let standing = await portal.standing(of: ticket) else {
                throw HTTPError(.notFound)
            }
            return try json(standing)
        }
        router.post("stop") { _, _ in try json(await portal.stop()) }
        return router
    }

    private func json(_ value: some Encodable) throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: try WireJSON.encode(value))))
    }
}
