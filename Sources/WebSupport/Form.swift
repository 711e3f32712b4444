import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import SyncModel

/// The fields of a form that was sent, in a request's body or in its address.
public struct Form: Sendable {
    private let fields: [String: [String]]

    /// Larger ones are no form of ours.
    static let bytesMax = 256 << 10

    /// Throws `too_large`; what is no form has no fields.
    public init(_ request: Request) async throws {
        let tooLarge = SyncError(
            "too_large", "The form is larger than this page takes.",
            hint: "Send less of it; nothing was changed.")
        if let announced = request.headers[.contentLength].flatMap({ Int($0) }),
            announced > Self.bytesMax
        {
            throw tooLarge
        }
        do {
            let buffer = try await request.body.collect(upTo: Self.bytesMax)
            fields = Self.fields(String(buffer: buffer))
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }

    /// The query of an address, which is written as a form is.
    public init(query: String?) { fields = Self.fields(query ?? "") }

    /// The first value of a field, without outer blanks; nil where it is missing or empty.
    public subscript(name: String) -> String? {
        guard let text = fields[name]?.first else { return nil }
        let trimmed = text.trimmed
        return trimmed.isEmpty ? nil : trimmed
    }

    /// Every value of a field, as sent.
    public func all(_ name: String) -> [String] { fields[name] ?? [] }

    private static func fields(_ text: String) -> [String: [String]] {
        var fields: [String: [String]] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decoded(parts[0]), let value = decoded(parts.dropFirst().first ?? "")
            else { continue }
            fields[name, default: []].append(value)
        }
        return fields
    }

    private static func decoded(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}

extension String {
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
