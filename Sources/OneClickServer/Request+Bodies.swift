import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import SyncModel
import SyncProtocol

/// How large a body may be.
enum BodyLimit {
    static let jsonBytesMax = 8 << 20
    /// Of a commit, which names every refused row.
    static let commitBytesMax = 64 << 20
    /// Of a frame as it was sent.
    static let frameBytesMax = 16 << 20
    /// Of what a frame unfolds to.
    static let contentBytesMax = 64 << 20
}

extension Request {
    /// The whole body; refused by its announced length before a byte of it is kept.
    func bytes(upTo bytesMax: Int) async throws -> [UInt8] {
        if let announced = headers[.contentLength].flatMap({ Int($0) }), announced > bytesMax {
            throw SyncError.tooLarge
        }
        do {
            let buffer = try await body.collect(upTo: bytesMax)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw SyncError.tooLarge
        }
    }

    func message<Message: Decodable>(
        _ type: Message.Type = Message.self, upTo bytesMax: Int = BodyLimit.jsonBytesMax
    ) async throws -> Message {
        try WireJSON.decode(type, from: try await bytes(upTo: bytesMax))
    }

    /// The credential of `Authorization: Bearer ...`.
    func bearer() throws -> String {
        let words = (headers[.authorization] ?? "").split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw SyncError(
                "assertion", "The request does not say who sends it.",
                hint: "Check that no proxy between SyncWorker and OneClick removes the header "
                    + "Authorization.")
        }
        return String(words[1])
    }
}

extension Response {
    static func json(
        _ message: some Encodable, _ status: HTTPResponse.Status = .ok
    ) throws -> Response {
        var response = Response.ours("application/json", try WireJSON.encode(message), status)
        if let refusal = message as? ErrorAnswer, let seconds = refusal.retryAfterSeconds,
            status == .serviceUnavailable || status == .tooManyRequests || seconds > 0
        {
            response.headers[.retryAfter] = String(seconds)
        }
        return response
    }

    static func frame(_ bytes: [UInt8]) -> Response {
        ours("application/octet-stream", bytes, .ok)
    }

    /// Nothing of this API may be kept by anything between the two sides.
    private static func ours(
        _ type: String, _ bytes: [UInt8], _ status: HTTPResponse.Status
    ) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
