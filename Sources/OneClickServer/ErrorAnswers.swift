import HTTPTypes
import Hummingbird
import Logging
import Observability
import SyncModel
import SyncProtocol

/// The outermost middleware: every error becomes an `ErrorAnswer` with the right status, and none
/// shows what is inside.
struct ErrorAnswers<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let refusal = refusal(error, context)
            note(error, refusal, request, context)
            return try Response.json(refusal.answer, refusal.status)
        }
    }

    private struct Refusal {
        var answer: ErrorAnswer
        var status: HTTPResponse.Status
        var isOurFault = false
    }

    private func refusal(_ error: any Error, _ context: Context) -> Refusal {
        switch error {
        case let error as SyncError:
            return Refusal(
                answer: ErrorAnswer(error), status: error.status,
                isOurFault: error.status.kind == .serverError)
        case let error as any HTTPResponseError:
            return Refusal(answer: .http(error.status), status: error.status)
        case is CancellationError:
            return Refusal(answer: .shuttingDown, status: .serviceUnavailable)
        default:
            // Not the context's own `id`, which traps where the logger keeps no metadata.
            let id = context.logger[metadataKey: "hb.request.id"].map { "\($0)" }
            return Refusal(
                answer: .internalError(request: id ?? "unknown"), status: .internalServerError,
                isOurFault: true)
        }
    }

    private func note(
        _ error: any Error, _ refusal: Refusal, _ request: Request, _ context: Context
    ) {
        var metadata: [LogKey: Logger.MetadataValue] = [
            .method: "\(request.method)", .path: "\(request.uri.path)",
            .status: "\(refusal.status.code)", .code: "\(refusal.answer.code)",
        ]
        if refusal.isOurFault {
            metadata[.error] = "\(String(reflecting: type(of: error))) \(error)"
        }
        context.logger.log(
            level: refusal.isOurFault ? .error : .info, "A request was refused",
            metadata: .keyed(metadata))
    }
}

extension SyncError {
    /// Which HTTP status says to a proxy what the code says to a SyncWorker.
    private static let statuses: [Code: HTTPResponse.Status] = [
        .malformed: .badRequest, .version: .badRequest,
        "code": .unauthorized, "assertion": .unauthorized, "clock": .unauthorized,
        "token": .unauthorized, "practice": .notFound, "too_large": .contentTooLarge,
        .commitInProgress: .conflict, .fenced: .conflict, .moved: .conflict, "copy": .conflict,
        "place": .conflict, "batches": .conflict,
        "rate": .tooManyRequests, "attempts": .tooManyRequests, "held": .conflict,
        "runs": .conflict,
    ]

    var status: HTTPResponse.Status {
        if let status = Self.statuses[code] { return status }
        return recovery == .person ? .internalServerError : .serviceUnavailable
    }
}

extension ErrorAnswer {
    init(_ error: SyncError) {
        self.init(code: error.code.rawValue, message: error.message, hint: error.hint)
        switch error.recovery {
        case .person: break
        case .retry: retryAfterSeconds = 0
        case .retryAfter(let duration):
            let (seconds, attoseconds) = duration.components
            retryAfterSeconds = Int(clamping: seconds) + (attoseconds > 0 ? 1 : 0)
        }
    }

    /// What the HTTP server itself refuses.
    static func http(_ status: HTTPResponse.Status) -> ErrorAnswer {
        switch status {
        case .notFound:
            ErrorAnswer(
                code: "not_found", message: "OneClick has nothing at this address.",
                hint: "Check the address of OneClick in the configuration, and that both sides run "
                    + "the same release.")
        case .contentTooLarge:
            ErrorAnswer(SyncError.tooLarge)
        default:
            ErrorAnswer(
                code: SyncError.Code.malformed.rawValue,
                message: "OneClick cannot read this request (HTTP \(status.code)).",
                hint: "Check that both sides run a released version and that no proxy changes the "
                    + "requests between them.")
        }
    }

    static let shuttingDown = ErrorAnswer(
        code: "busy", message: "OneClick is shutting down.",
        hint: "The next attempt carries on when it is back.", retryAfterSeconds: 10)

    static func internalError(request: String) -> ErrorAnswer {
        ErrorAnswer(
            code: "internal", message: "OneClick failed to answer because of a fault of its own.",
            hint: "Try again; if it stays, give OneClick's operator the number of the request, "
                + "\(request).", retryAfterSeconds: 0)
    }
}

extension SyncError {
    static let tooLarge = SyncError(
        "too_large", "The request is larger than OneClick takes in.",
        hint: "Check that both sides run a released version; nothing was taken in.")
}
