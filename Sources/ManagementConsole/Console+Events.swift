import HTTPTypes
import Hummingbird
import NIOCore
import PortalService
import ServiceLifecycle
import SyncEngine
import SyncModel
import SyncProtocol
import WebSupport

/// Server-sent events: the parts of the first page, rendered anew whenever they change.
extension Console {
    /// Parts of the page by the ids of their elements.
    private struct Parts: Encodable {
        /// Another release has other parts: the page is then loaded anew.
        var version: String
        var parts: [String: String]
    }

    /// What is new is sent within this time.
    static let eventEvery = Duration.seconds(1)
    /// Something is sent at least every so many rounds: a page notices a service that hangs.
    static let roundsSilentMax = 5

    func addEvents(to router: Router<ConsoleContext>) {
        router.get("console/events") { request, _ in
            let visitor = try await signedIn(request)
            try visitor.mayLook()
            return Response(
                status: .ok,
                headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
                body: ResponseBody { writer in
                    try await stream(request, to: &writer)
                    try await writer.finish(nil)
                })
        }
    }

    private func stream(_ request: Request, to writer: inout any ResponseBodyWriter) async throws {
        var sent: [String: String] = [:]
        var memory = Memory()
        var silent = 0
        while let visitor = try await visitor(request), visitor.isPermitted {
            // A service that shuts down does not wait for pages that somebody left open.
            if Task.isShuttingDownGracefully { return }
            let parts = try await parts(visitor, &memory)
            let new = parts.filter { sent[$0.key] != $0.value }
            sent = parts
            silent = new.isEmpty ? silent + 1 : 0
            if !new.isEmpty {
                let json = try WireJSON.encode(Parts(version: WebFiles.version, parts: new))
                try await writer.write(
                    ByteBuffer(string: "data: \(String(decoding: json, as: UTF8.self))\n\n"))
            } else if silent >= Self.roundsSilentMax {
                try await writer.write(ByteBuffer(string: "event: still\ndata: here\n\n"))
                silent = 0
            }
            try await settings.wait(Self.eventEvery)
        }
        try await writer.write(ByteBuffer(string: "event: over\ndata: sign in\n\n"))
    }

    /// What was read for an earlier round, as long as it holds.
    private struct Memory {
        var past = Overview.Past()
        var run: RunID?
        var isRunning = false
        var readAt: Timestamp?
        var oneclickAnsweredAt: Timestamp?
        var errors: ErrorsView?
    }

    private func parts(
        _ visitor: Visitor, _ memory: inout Memory
    ) async throws -> [String: String] {
        let status = await portal.status()
        let isSame = memory.run == status.lastRun?.id && memory.isRunning == status.isRunning
        let isFresh = memory.readAt.map {
            (.zero..<Duration.seconds(60)).contains(settings.now() - $0)
        }
        if !isSame || isFresh != true {
            memory = Memory(
                past: try await past(status), run: status.lastRun?.id, isRunning: status.isRunning,
                readAt: settings.now())
        }
        let overview = await overview(status, memory.past)
        let errors = try await errors(overview.connections.oneclickAnsweredAt, &memory)
        let view = ConsoleView(overview, errors, settings, formToken: visitor.session.formToken)
        return [
            "status": try templates.render("status", view.status),
            "notices": try templates.render("notices", view.notices),
            "actions": try templates.render("actions", view.actions),
            "data-sets": try templates.render("data-sets", view.dataSets),
            "recent": try templates.render("recent", view.recent),
            "errors-now": try templates.render("errors-now", view.errors),
        ]
    }

    /// New ones come with OneClick's answers only.
    private func errors(
        _ answeredAt: Timestamp?, _ memory: inout Memory
    ) async throws -> ErrorsView {
        if let errors = memory.errors, memory.oneclickAnsweredAt == answeredAt { return errors }
        let errors = try await errorsNow()
        memory.errors = errors
        memory.oneclickAnsweredAt = answeredAt
        return errors
    }
}
