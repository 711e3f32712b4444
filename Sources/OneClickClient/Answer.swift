import NIOHTTP1
import SyncModel
import SyncProtocol

/// What came back, whoever sent it.
struct Answer {
    var status: Int
    var headers: HTTPHeaders
    var bytes: [UInt8]

    private static let retryAfterSecondsMax = 3600
    private static let retryAfterSeconds = 5

    /// The body if it is OneClick's and says yes; else throws what it says.
    func content(type: String, from address: OneClickAddress) throws -> [UInt8] {
        if (200...202).contains(status), has(type: type) { return bytes }
        guard has(type: "application/json"), status >= 400,
            let refusal = try? WireJSON.decode(ErrorAnswer.self, from: bytes)
        else { throw foreign(address) }
        throw error(refusal)
    }

    private func has(type: String) -> Bool {
        let named = headers.first(name: "content-type") ?? ""
        return named.split(separator: ";").first?.lowercased() == type
    }

    private func error(_ refusal: ErrorAnswer) -> SyncError {
        SyncError(
            SyncError.Code(rawValue: String(refusal.code.prefix(100))),
            String(refusal.message.prefix(2000)), hint: String(refusal.hint.prefix(2000)),
            recovery: recovery(refusal), isOutcomeUnknown: [500, 502, 504].contains(status))
    }

    private func recovery(_ refusal: ErrorAnswer) -> SyncError.Recovery {
        let named =
            refusal.retryAfterSeconds ?? headers.first(name: "retry-after").flatMap { Int($0) }
        if let named { return Self.after(seconds: named) }
        return switch status {
        case 429, 503: Self.after(seconds: Self.retryAfterSeconds)
        case 409 where refusal.code == SyncError.Code.commitInProgress.rawValue:
            Self.after(seconds: Self.retryAfterSeconds)
        case 500, 502, 504: .retry
        default: .person
        }
    }

    private static func after(seconds: Int) -> SyncError.Recovery {
        seconds <= 0 ? .retry : .retryAfter(.seconds(min(seconds, retryAfterSecondsMax)))
    }

    /// Something else than OneClick answers. Where it is a gateway's trouble it passes by itself.
    func foreign(_ address: OneClickAddress) -> SyncError {
        let type = headers.first(name: "content-type").map { ", " + String($0.prefix(60)) } ?? ""
        return SyncError(
            "not_oneclick",
            "Something else than OneClick answers at \(address.url) (HTTP \(status)\(type)).",
            hint: status == 407
                ? "A proxy on the way asks for a password; let this server pass without one."
                : "Check the address, and whether a proxy, a firewall's page or a captive portal "
                    + "stands between this server and OneClick.",
            recovery: status >= 500 ? .retry : .person,
            // A proxy may have passed the request on and spoiled only the answer.
            isOutcomeUnknown: true)
    }
}
