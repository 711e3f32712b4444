import HTTPTypes
import Hummingbird

/// Headers of every answer: nothing comes from elsewhere, nothing is kept, and no page of ours
/// stands in a frame of somebody else's.
public struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
    private static var headers: [(HTTPField.Name?, String)] {
        [
            (
                HTTPField.Name("Content-Security-Policy"),
                "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
                    + "object-src 'none'"
            ),
            (.xContentTypeOptions, "nosniff"),
            (HTTPField.Name("X-Frame-Options"), "DENY"),
            (HTTPField.Name("Referrer-Policy"), "same-origin"),
            (HTTPField.Name("Cross-Origin-Opener-Policy"), "same-origin"),
            (HTTPField.Name("Cross-Origin-Resource-Policy"), "same-origin"),
            (
                HTTPField.Name("Permissions-Policy"),
                "camera=(), microphone=(), geolocation=(), payment=()"
            ),
        ]
    }

    /// Whether browsers reach us by HTTPS.
    private let isSecure: Bool

    public init(isSecure: Bool) { self.isSecure = isSecure }

    public func handle(
        _ request: Request, context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        for case (let name?, let value) in Self.headers { response.headers[name] = value }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        if isSecure {
            response.headers[.strictTransportSecurity] = "max-age=31536000"
        }
        return response
    }
}
