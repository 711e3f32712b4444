import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import SyncModel
import SyncProtocol

/// Posts messages as JSON.
struct Webhook: Sendable {
    var address: WebhookAddress
    /// Shared with whoever receives: it proves that a message is ours.
    var secret: String?

    /// Named as it is known elsewhere: `sha256=` and the HMAC of the body in hexadecimal.
    static let signatureHeader = "X-SyncWorker-Signature"
    static let timeout = TimeAmount.seconds(30)
    private static let answerBytesMax = 64 << 10

    struct Body: Hashable, Codable {
        var id: String
        var event: Alert.Event
        var condition: AlertCondition?
        var practice: PracticeID
        var server: String
        var at, since: Timestamp
        var title, text: String
        var run: RunID?
        var outcome: Outcome?
        var console: String?
    }

    /// Throws `webhook` for anything but a 2xx.
    func post(_ body: Body) async throws {
        let bytes = try WireJSON.encode(body)
        var request = HTTPClientRequest(url: address.url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "user-agent", value: "SyncWorker")
        if let secret {
            request.headers.add(
                name: Self.signatureHeader, value: Self.signature(of: bytes, secret: secret))
        }
        request.body = .bytes(ByteBuffer(bytes: bytes))
        let status: Int
        do {
            let response = try await Self.http.execute(request, timeout: Self.timeout)
            // Read to its end, so that the connection can be used again; not more than a little.
            _ = try? await response.body.collect(upTo: Self.answerBytesMax)
            status = Int(response.status.code)
        } catch {
            if error is CancellationError || Task.isCancelled { throw CancellationError() }
            throw Unanswered.explained(error, .webhook, "The webhook at \(address.shown)")
        }
        guard !(200...299).contains(status) else { return }
        throw refusal(status)
    }

    static func signature(of body: [UInt8], secret: String) -> String {
        let key = SymmetricKey(data: Data(secret.utf8))
        return "sha256=" + HMAC<SHA256>.authenticationCode(for: body, using: key).hexadecimal
    }

    private func refusal(_ status: Int) -> SyncError {
        let passes = status == 429 || status == 408 || status >= 500
        return SyncError(
            .webhook, "The webhook at \(address.shown) did not take the message (HTTP \(status)).",
            hint: passes
                ? "It is tried again by itself; if this stays, ask whoever runs it."
                : "Check `alert_webhook`, and what whoever runs it expects.",
            recovery: passes ? .retry : .person)
    }

    /// Shared by the process; never shut down.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration(
            // What is posted to is where the message belongs, not where that points to.
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: .seconds(30), write: .seconds(30)))
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }()
}

extension SyncError.Code {
    /// A webhook does not take a message.
    public static let webhook: Self = "webhook"
}
