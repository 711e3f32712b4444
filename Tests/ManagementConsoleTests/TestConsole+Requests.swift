import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import ManagementConsole

/// What a browser or a program got.
struct Answer: Sendable {
    var status: Int
    var headers: HTTPFields
    var text: String

    var location: String { headers[.location] ?? "" }

    /// The value of a field of a JSON object.
    func json(_ field: String) throws -> String? {
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return (object as? [String: Any])?[field].map { "\($0)" }
    }

    /// How often something stands in it.
    func count(_ part: String) -> Int { text.components(separatedBy: part).count - 1 }
}

extension TestConsole {
    func send(
        _ method: HTTPRequest.Method, _ uri: String, as browser: Browser? = nil,
        _ headers: HTTPFields = [:], body: [UInt8]? = nil
    ) async throws -> Answer {
        var headers = headers
        if let browser { headers[.cookie] = "theme=dark; \(Console.cookie)=\(browser.secret)" }
        let application = Application(router: console.router(), logger: .silent)
        let response = try await application.test(.router) { [headers] client in
            try await client.execute(
                uri: uri, method: method, headers: headers,
                body: body.map { ByteBuffer(bytes: $0) })
        }
        return Answer(
            status: response.status.code, headers: response.headers,
            text: String(buffer: response.body))
    }

    func get(_ uri: String, as browser: Browser? = nil) async throws -> Answer {
        try await send(.get, uri, as: browser)
    }

    /// Sends a form of the console's own, with the browser's token.
    func post(
        _ uri: String, _ fields: KeyValuePairs<String, String> = [:], as browser: Browser? = nil,
        _ headers: HTTPFields = [:]
    ) async throws -> Answer {
        var pairs = fields.map { ($0.key, $0.value) }
        if let browser { pairs.append(("form_token", browser.formToken)) }
        return try await send(
            .post, uri, as: browser, headers, body: Array(Self.form(pairs).utf8))
    }

    /// Sends JSON with the header that proves it.
    func call(
        _ method: HTTPRequest.Method, _ uri: String, _ json: String = "",
        as browser: Browser? = nil
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        if let browser { headers[.formToken] = browser.formToken }
        return try await send(method, uri, as: browser, headers, body: Array(json.utf8))
    }

    static func form(_ fields: [(String, String)]) -> String {
        fields.map { "\(Escaping.query($0.0))=\(Escaping.query($0.1))" }.joined(separator: "&")
    }
}

extension HTTPField.Name {
    static let formToken = HTTPField.Name("X-Form-Token")!
    static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
}
