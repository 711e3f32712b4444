import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization

/// One request, one answer; whatever else happens becomes a `SyncError`.
final class Transport: Sendable {
    struct Body {
        var type: String
        var bytes: [UInt8]

        static func json(_ message: some Encodable) throws -> Body {
            Body(type: "application/json", bytes: try WireJSON.encode(message))
        }

        static func frame(_ bytes: [UInt8]) -> Body {
            Body(type: "application/octet-stream", bytes: bytes)
        }
    }

    struct Request {
        var method: HTTPMethod
        /// Below the protocol's root.
        var path: String
        var body: Body?
        var bearer: String?
        /// For the whole request. Long, since a batch may cross a slow line; a line that moves
        /// nothing is given up after a minute.
        var timeout = TimeAmount.minutes(10)

        static func get(_ path: String, bearer: String) -> Request {
            Request(method: .GET, path: path, bearer: bearer)
        }

        static func post(_ path: String, _ body: Body, bearer: String?) -> Request {
            Request(method: .POST, path: path, body: body, bearer: bearer)
        }

        static func put(_ path: String, _ body: Body, _ bearer: String) -> Request {
            Request(method: .PUT, path: path, body: body, bearer: bearer)
        }
    }

    static let commitTimeout = TimeAmount.seconds(30)
    private static let answerBytesMax = 64 << 20

    private let address: OneClickAddress
    private let line: OneClickLine
    private let counted = Mutex(Traffic())

    init(url: String, line: OneClickLine) throws {
        try line.network.check(url: url)
        address = try OneClickAddress(url)
        self.line = line
    }

    var traffic: Traffic { counted.withLock { $0 } }

    /// An answer in JSON.
    func message<Message: Decodable>(_ request: Request) async throws -> Message {
        let answer = try await send(request)
        let bytes = try answer.content(type: "application/json", from: address)
        do {
            return try WireJSON.decode(Message.self, from: bytes)
        } catch let error as SyncError where error.code == .malformed {
            throw answer.foreign(address)
        }
    }

    /// An answer that is a frame.
    func frame(_ request: Request) async throws -> [UInt8] {
        try await send(request).content(type: "application/octet-stream", from: address)
    }

    private func send(_ request: Request) async throws -> Answer {
        counted.withLock { traffic in
            traffic.requests += 1
            traffic.bytesSent += request.body?.bytes.count ?? 0
        }
        do {
            let response = try await line.http.execute(message(request), timeout: request.timeout)
            let body = try await response.body.collect(upTo: Self.answerBytesMax)
            return Answer(
                status: Int(response.status.code), headers: response.headers,
                bytes: Array(body.readableBytesView))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw await line.explained(error, address)
        }
    }

    private func message(_ request: Request) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: address.url + "/sync/v1/" + request.path)
        message.method = request.method
        if let bearer = request.bearer {
            message.headers.add(name: "authorization", value: "Bearer " + bearer)
        }
        if let body = request.body {
            message.headers.add(name: "content-type", value: body.type)
            message.body = .bytes(ByteBuffer(bytes: body.bytes))
        }
        return message
    }
}
