import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@testable import WebSupport

struct WebFilesTests {
    private func get(_ uri: String) async throws -> TestResponse {
        let router = Router()
        router.add(middleware: SecurityHeaders(isSecure: true))
        WebFiles.addRoutes(to: router)
        return try await Application(router: router).test(.router) {
            try await $0.execute(uri: uri, method: .get)
        }
    }

    @Test(arguments: [
        ("console.css", "text/css; charset=utf-8"),
        ("console.js", "text/javascript; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ])
    func `a file is served as what it is, for ever`(_ name: String, _ type: String) async throws {
        let response = try await get("\(WebFiles.path)/\(name)")
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == type)
        #expect(response.headers[.cacheControl] == "public, max-age=31536000, immutable")
        #expect(response.headers[.xContentTypeOptions] == "nosniff")
        #expect(Array(response.body.readableBytesView) == WebFiles.all[name])
    }

    @Test(arguments: [
        "/files/0000000000000000/console.css", "/files//console.css", "/files/console.css",
        "\(WebFiles.path)", "\(WebFiles.path)/", "\(WebFiles.path)/nothing.css",
        "\(WebFiles.path)/../console.css", "\(WebFiles.path)/..%2fconsole.css",
        "\(WebFiles.path)/%2e%2e/%2e%2e/etc/passwd", "\(WebFiles.path)/..",
        "\(WebFiles.path)/head.mustache", "\(WebFiles.path)/sign-in.mustache",
        "\(WebFiles.path)/CONSOLE.CSS", "\(WebFiles.path)/console.css%00",
        "\(WebFiles.path)/console.css/", "\(WebFiles.path.uppercased())/console.css",
    ])
    func `nothing else is`(_ uri: String) async throws {
        let isSame = uri.hasSuffix("console.css/")
        let response = try await get(uri)
        #expect(response.status == (isSame ? .ok : .notFound))
    }

    @Test func `every file is there, with something in it`() {
        #expect(WebFiles.all.count >= 20)
        for (name, bytes) in WebFiles.all { #expect(!bytes.isEmpty, "\(name)") }
        #expect(WebFiles.path.wholeMatch(of: /\/files\/[0-9a-f]{16}/) != nil)
        #expect(Templates.texts.keys.contains("console"))
    }
}

struct SecurityHeadersTests {
    private func get(_ uri: String, isSecure: Bool) async throws -> HTTPFields {
        let router = Router()
        router.add(middleware: SecurityHeaders(isSecure: isSecure))
        router.get("page") { _, _ in "page" }
        router.get("kept") { _, _ in
            Response(status: .ok, headers: [.cacheControl: "max-age=1"])
        }
        router.get("refused") { _, _ -> Response in Response(status: .forbidden) }
        return try await Application(router: router).test(.router) {
            try await $0.execute(uri: uri, method: .get).headers
        }
    }

    @Test(arguments: ["/page", "/kept", "/refused"], [true, false])
    func `every answer says what a browser may do with it`(
        _ uri: String, _ isSecure: Bool
    ) async throws {
        let headers = try await get(uri, isSecure: isSecure)
        let policy = try #require(headers[.contentSecurityPolicy])
        for part in [
            "default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'",
            "object-src 'none'",
        ] {
            #expect(policy.contains(part))
        }
        #expect(!policy.contains("unsafe"))
        #expect(headers[.xContentTypeOptions] == "nosniff")
        for (name, value) in [
            ("X-Frame-Options", "DENY"), ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ] {
            #expect(headers[HTTPField.Name(name)!] == value)
        }
        #expect(headers[.cacheControl] == (uri == "/kept" ? "max-age=1" : "no-store"))
        #expect((headers[.strictTransportSecurity] != nil) == isSecure)
    }
}
