import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SyncProtocol

/// A request as anybody can send it.
enum RawRequest {
    struct Answer: Sendable {
        var status: Int
        var bytes: [UInt8]
        var retryAfter: String?

        var refusal: ErrorAnswer? { try? WireJSON.decode(ErrorAnswer.self, from: bytes) }
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    static func post(_ url: String, _ body: [UInt8], bearer: String? = nil) async throws -> Answer {
        try await send(.POST, url, body, bearer: bearer)
    }

    static func get(_ url: String, bearer: String? = nil) async throws -> Answer {
        try await send(.GET, url, nil, bearer: bearer)
    }

    static func send(
        _ method: HTTPMethod, _ url: String, _ body: [UInt8]?, bearer: String? = nil,
        headers: [(String, String)] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let bearer { request.headers.add(name: "authorization", value: "Bearer " + bearer) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let content = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: Int(response.status.code), bytes: Array(content.readableBytesView),
            retryAfter: response.headers.first(name: "retry-after"))
    }
}
