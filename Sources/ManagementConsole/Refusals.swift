import HTTPTypes
import Hummingbird
import Logging
import Observability
import PortalService
import SyncModel
import SyncProtocol
import WebSupport

/// Every error becomes an answer in words: a page for a person, JSON for a program. Nothing inside
/// is shown.
struct Refusals: RouterMiddleware {
    let console: Console

    func handle(
        _ request: Request, context: ConsoleContext,
        next: (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let (refusal, status) = Self.explained(error)
            if refusal.code == .signIn, !request.uri.path.hasPrefix("/api/") {
                let target = request.method == .get ? request.uri.description : "/console"
                return Response.redirect(to: "/sign-in?next=" + Self.escaped(target))
            }
            if status.kind == .serverError { note(error, refusal.code, request, context) }
            if request.uri.path.hasPrefix("/api/") {
                return try Response.json(ErrorAnswer(refusal), status)
            }
            return try await page(refusal, status, request)
        }
    }

    private static func explained(_ error: any Error) -> (SyncError, HTTPResponse.Status) {
        switch error {
        case let error as SyncError: (error, error.consoleStatus)
        case let error as any HTTPResponseError where error.status == .notFound:
            (
                SyncError(
                    .notFound, "There is nothing at this address.",
                    hint: "The menu File > Maintenance > SyncWorker leads to the console."),
                .notFound
            )
        case let error as any HTTPResponseError:
            (
                SyncError(
                    .form, "The console cannot read this request (HTTP \(error.status.code)).",
                    hint: "Open the console again and repeat what you did."), error.status
            )
        default:
            (
                SyncError(
                    "internal", "The console failed because of a fault of its own.",
                    hint: "Try again; if it stays, the service's log says more."),
                .internalServerError
            )
        }
    }

    /// Codes and kinds only: what a record is called belongs on a page, not in a log.
    private func note(
        _ cause: any Error, _ code: SyncError.Code, _ request: Request, _ context: ConsoleContext
    ) {
        context.logger.log(
            level: .error, "The console could not answer",
            metadata: .keyed([
                .path: "\(request.uri.path)", .code: "\(code.rawValue)",
                .error: "\(String(reflecting: type(of: cause)))",
            ]))
    }

    private func page(
        _ error: SyncError, _ status: HTTPResponse.Status, _ request: Request
    ) async throws -> Response {
        let visitor = try? await console.visitor(request)
        let view = MessageView(title: "This did not work", message: error.message, hint: error.hint)
        return Response.html(
            try await console.rendered("message", view, title: view.title, for: visitor), status)
    }

    private static func escaped(_ path: String) -> String {
        path.flatMap { character -> String in
            let isPlain = character.isASCII && (character.isLetter || character.isNumber)
            if isPlain || "/-_.~".contains(character) { return String(character) }
            return character.utf8.map { "%" + [$0].hexadecimal.uppercased() }.joined()
        }.reduce(into: "") { $0.append($1) }
    }
}

/// The model of `message`.
struct MessageView: Sendable {
    var title: String
    var message: String
    var hint: String
}

extension SyncError {
    fileprivate var consoleStatus: HTTPResponse.Status {
        switch code {
        case .signIn: .unauthorized
        case .forbidden: .forbidden
        case .notFound, "ticket": .notFound
        case .form, .malformed, "timetable": .badRequest
        // Not held any more, or not yet.
        case "held": .conflict
        case "too_large": .contentTooLarge
        case .tooMany: .tooManyRequests
        case .unreachable, "not_oneclick": .badGateway
        case .journal, .central, .administrators: .serviceUnavailable
        default: .internalServerError
        }
    }
}
