import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PortalService
import SyncEngine
import SyncModel
import SyncProtocol

/// Talks to a service that runs on this machine.
public struct ControlClient: Sendable {
    private let path: String

    /// Nil where no service listens at the socket.
    public init?(socket: String) async {
        path = socket
        guard (try? await status()) != nil else { return nil }
    }

    /// Whether a process answers at the socket: a killed service leaves its file behind.
    private static func isListening(_ path: String) -> Bool {
        guard let address = try? SocketAddress(unixDomainSocketPath: path) else { return false }
        let descriptor = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return address.withSockAddr { connect(descriptor, $0, socklen_t($1)) } == 0
    }

    public func status() async throws -> Portal.Status {
        let answer: StatusAnswer = try await get("/api/v1/status")
        return answer.service
    }

    private struct StatusAnswer: Decodable {
        var service: Portal.Status
    }

    public func runs(limit: Int) async throws -> [RunRecord] {
        try await get("/api/v1/records?limit=\(limit)")
    }

    public func request(_ request: RunRequest) async throws -> Portal.Ticket {
        try await call(.POST, "/api/v1/runs", body: try WireJSON.encode(request))
    }

    public func standing(of ticket: Int) async throws -> Portal.Standing {
        try await get("/api/v1/tickets/\(ticket)")
    }

    public func stop() async throws -> Bool { try await call(.POST, "/api/v1/stop", body: []) }

    private func get<T: Decodable>(_ path: String) async throws -> T {
        try await call(.GET, path, body: nil)
    }

    private func call<T: Decodable>(
        _ method: NIOHTTP1.HTTPMethod, _ path: String, body: [UInt8]?
    ) async throws -> T {
        // Looked at first: the HTTP client would try for seconds.
        guard Self.isListening(self.path),
            let url = URL(httpURLWithSocketPath: self.path, uri: path)
        else { throw Self.gone }
        var request = HTTPClientRequest(url: url.absoluteString)
        request.method = method
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            let answer = try await response.body.collect(upTo: 64 << 20)
            guard response.status == .ok else {
                throw Self.refusal(Array(answer.readableBytesView))
            }
            return try WireJSON.decode(from: Array(answer.readableBytesView))
        } catch let error as SyncError {
            throw error
        } catch {
            throw Self.gone
        }
    }

    private static func refusal(_ body: [UInt8]) -> SyncError {
        guard let answer = try? WireJSON.decode(ErrorAnswer.self, from: body) else { return gone }
        return SyncError(.init(rawValue: answer.code), answer.message, hint: answer.hint)
    }

    private static let gone = SyncError(
        .service, "The SyncWorker service on this machine does not answer.",
        hint: "Look at its log; `syncworker serve` starts it.")
}

extension SyncError.Code {
    /// The service of this machine does not answer.
    public static let service: Self = "service"
}
