import Foundation
import HTTPTypes
import Hummingbird
import SyncModel
import SyncProtocol
import WebSupport

/// Signing in and out.
extension Console {
    static let cookie = "syncworker_session"

    /// The model of `sign-in`.
    struct SignInView: Sendable {
        var practice: String
        var files: String
        var version: String
        var next: String
        var login: String
        var message: String?
    }

    func addSignIn(to router: Router<ConsoleContext>) {
        router.get("sign-in") { request, _ in
            let next = Self.local(request.parameters["next"])
            if try await visitor(request) != nil { return Response.redirect(to: next) }
            return try await signInPage(next: next)
        }
        router.post("sign-in") { request, context in
            // No session yet, so no token of one: the browser says whether the form was ours.
            try Self.checkOrigin(of: request)
            return try await signIn(try await Form(request), context)
        }
        router.post("sign-out") { request, _ in
            let form = try await Form(request)
            if let visitor = try await visitor(request) {
                try Self.check(form, request, visitor)
                try await access.sessions.end(visitor.session)
            }
            var response = Response.redirect(to: "/sign-in")
            response.setCookie(cookie("", maxAge: 0))
            return response
        }
    }

    /// Who asks; nil where nobody is signed in.
    func visitor(_ request: Request) async throws -> Visitor? {
        try await access.visitor(request.cookies[Self.cookie]?.value)
    }

    private func signIn(_ form: Form, _ context: ConsoleContext) async throws -> Response {
        let login = String((form["login"] ?? "").prefix(200))
        let password = form.all("password").first ?? ""
        let next = Self.local(form["next"])
        let attempt = SignInAttempts.Attempt(
            name: login, address: context.remoteAddress?.ipAddress ?? "here")
        if let wait = attempts.begin(attempt, now: settings.now()) {
            let minutes = max(1, Int((wait / .seconds(60)).rounded(.up)))
            return try await signInPage(
                next: next, login: login, status: .tooManyRequests,
                message: "Too many wrong passwords. Try again in "
                    + "\(minutes) \(minutes == 1 ? "minute" : "minutes").")
        }
        let user: ConsoleUser?
        do {
            user = try await access.user(login: login)
        } catch let error as SyncError {
            attempts.withdraw(attempt)
            return try await signInPage(
                next: next, login: login, status: .serviceUnavailable,
                message: Self.nobodyKnown(error))
        }
        guard await passwords.matches(password, user?.password), let user else {
            return try await signInPage(
                next: next, login: login, status: .unauthorized,
                message: "This name and password do not belong together. Try again.")
        }
        attempts.succeeded(attempt)
        let secret = try await access.sessions.begin(
            user: user.id, name: user.name, credential: user.credential, now: settings.now(),
            token: settings.token)
        var response = Response.redirect(to: next)
        response.setCookie(cookie(secret, maxAge: nil))
        return response
    }

    /// Whoever reads this has not signed in: no path, and no name of a file.
    private static func nobodyKnown(_ error: SyncError) -> String {
        let what = error.code == .central ? "Central" : "The list of local administrators"
        return "\(what) cannot be read now, so that nobody can be looked up. "
            + (error.code == .central ? "A local administrator can sign in." : "")
    }

    private func signInPage(
        next: String, login: String = "", status: HTTPResponse.Status = .ok,
        message: String? = nil
    ) async throws -> Response {
        let view = SignInView(
            practice: await practice, files: WebFiles.path, version: settings.version, next: next,
            login: login, message: message)
        return Response.html(try templates.render("sign-in", view), status)
    }

    /// Lax, not strict: who follows a link in an e-mail is still signed in. Forms have tokens.
    private func cookie(_ value: String, maxAge: Int?) -> Cookie {
        Cookie(
            name: Self.cookie, value: value, maxAge: maxAge, path: "/",
            secure: settings.isSecure, httpOnly: true, sameSite: .lax)
    }

    /// Only a path of ours: a link to somebody else's page must not come from signing in here. It
    /// is looked at as it is and as somebody might decode it once more, and answered as it is.
    static func local(_ next: String?) -> String {
        guard let next, next.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            let decoded = next.removingPercentEncoding,
            [next, decoded].allSatisfy({ $0.utf8.first == UInt8(ascii: "/") }),
            ![next, decoded].contains(where: { $0.hasPrefix("//") || $0.utf8.contains(0x5c) })
        else { return "/console" }
        return next
    }

    /// What OneClick calls the practice; the service's own name until it said so.
    var practice: String {
        get async { await connections.state.oneclick?.practiceName ?? "Portal Service" }
    }

    // MARK: Forms

    /// A form of somebody else's page must not act for the person who is signed in here.
    static func check(_ form: Form, _ request: Request, _ visitor: Visitor) throws {
        try checkOrigin(of: request)
        guard form["form_token"] == visitor.session.formToken else { throw foreignForm }
    }

    /// Browsers say whose page sent a request; other programs say nothing, and have no cookie of
    /// somebody else to abuse.
    static func checkOrigin(of request: Request) throws {
        if let name = HTTPField.Name("Sec-Fetch-Site"), let site = request.headers[name],
            !["same-origin", "none"].contains(site)
        {
            throw foreignForm
        }
        if let origin = request.headers[.origin], let host = request.head.authority,
            URLComponents(string: origin).map({ Self.authority($0) }) != host
        {
            throw foreignForm
        }
    }

    private static func authority(_ url: URLComponents) -> String {
        let host = url.host ?? ""
        return url.port.map { "\(host):\($0)" } ?? host
    }

    private static let foreignForm = SyncError(
        .form, "This form did not come from a page of the console, or that page is too old.",
        hint: "Open the console again and repeat what you did; nothing was changed.")
}

extension Response {
    static func html(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// After a form: the browser gets the page anew, and going back sends nothing twice.
    static func redirect(to path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path])
    }
}
