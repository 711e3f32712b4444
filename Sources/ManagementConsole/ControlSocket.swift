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
    let portal: Portal
    let journal: SQLiteJournal
    let socket: String

    public init(portal: Portal, journal: SQLiteJournal, socket: String) {
        self.portal = portal
        self.journal = journal
        self.socket = socket
    }

    /// The service to run beside the portal.
    ///
    /// - Parameter onListening: called once the socket answers.
    public func application(
        logger: Logger, onListening: @escaping @Sendable () async -> Void = {}
    ) -> some ApplicationProtocol {
        removeSocket()
        return Application(
            responder: router().buildResponder(),
            configuration: .init(address: .unixDomainSocket(path: socket)),
            onServerRunning: { [socket] _ in
                chmod(socket, 0o600)
                await onListening()
            }, logger: logger)
    }

    /// What a process left behind that was killed: the lock says that it is dead.
    public func removeSocket() { unlink(socket) }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: ControlErrors())
        router.get("status") { _, _ in try json(await portal.status()) }
        router.get("runs") { request, _ in
            let limit = request.uri.queryParameters.get("limit", as: Int.self) ?? 20
            let isUnderway = await portal.status().isRunning
            return try json(
                await journal.runs(limit: max(1, limit), isUnderway: isUnderway))
        }
        router.post("runs") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            let asked: RunRequest = try WireJSON.decode(from: Array(body.readableBytesView))
            return try json(await portal.request(asked))
        }
        router.get("tickets/:ticket") { _, context in
            let ticket = try context.parameters.require("ticket", as: Int.self)
            guard let standing = await portal.standing(of: ticket) else {
                throw SyncError(
                    "ticket", "The service does not know this request any more.",
                    hint: "`syncworker runs` lists what became of it.")
            }
            return try json(standing)
        }
        router.post("stop") { _, _ in try json(await portal.stop()) }
        return router
    }
}

private func json(_ value: some Encodable, _ status: HTTPResponse.Status = .ok) throws -> Response {
    Response(
        status: status, headers: [.contentType: "application/json"],
        body: .init(byteBuffer: ByteBuffer(bytes: try WireJSON.encode(value))))
}

/// Says in words what could not be done: the person who asked reads it at once.
private struct ControlErrors: RouterMiddleware {
    func handle(
        _ request: Request, context: BasicRequestContext,
        next: (Request, BasicRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as SyncError {
            let answer = ErrorAnswer(
                code: error.code.rawValue, message: error.message, hint: error.hint)
            return try json(answer, .internalServerError)
        }
    }
}
