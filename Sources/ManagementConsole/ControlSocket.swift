import Foundation
import Hummingbird
import Logging
import SyncModel

/// The API for the command line, over a Unix socket that only its owner may open. Whoever may open
/// it could read the service's keys as well, so that nobody has to sign in.
public struct ControlSocket: Sendable {
    let console: Console
    let path: String

    public init(console: Console, path: String) {
        self.console = console
        self.path = path
    }

    /// The service to run beside the portal.
    ///
    /// - Parameter onListening: called once the socket answers.
    public func application(
        logger: Logger, onListening: @escaping @Sendable () async -> Void = {}
    ) -> some ApplicationProtocol {
        remove()
        return Application(
            responder: router().buildResponder(),
            configuration: .init(address: .unixDomainSocket(path: path)),
            onServerRunning: { [path] _ in
                chmod(path, 0o600)
                await onListening()
            }, logger: logger)
    }

    /// What a process left behind that was killed: the lock says that it is dead.
    public func remove() { unlink(path) }

    private func router() -> Router<ConsoleContext> {
        let router = Router(context: ConsoleContext.self)
        router.add(middleware: AsOwner())
        router.add(middleware: Refusals(console: console))
        console.addAPI(to: router)
        return router
    }
}

/// Everybody at this socket is its owner.
private struct AsOwner: RouterMiddleware {
    func handle(
        _ request: Request, context: ConsoleContext,
        next: (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.localUser = NSUserName()
        return try await next(request, context)
    }
}
