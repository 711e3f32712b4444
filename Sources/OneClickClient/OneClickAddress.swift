import Foundation
import NIOCore
import SyncModel

/// OneClick's address, checked: what crosses a network is encrypted.
struct OneClickAddress: Sendable {
    /// Without a closing slash.
    let url: String
    /// Without brackets.
    let host: String
    let port: Int
    let isSecure: Bool

    init(_ text: String) throws {
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty else {
            throw Self.refusal(text, "is not an address")
        }
        switch parts.scheme?.lowercased() {
        case "https": break
        case "http":
            guard Self.isLoopback(host) else {
                throw Self.refusal(
                    text,
                    "is plain http, which would send the practice's data unencrypted over "
                        + "the network")
            }
        default: throw Self.refusal(text, "is neither https nor http")
        }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
        else { throw Self.refusal("The URL", "holds more than scheme, host, port and path") }
        self.host = host.trimmingCharacters(in: ["[", "]"])
        isSecure = parts.scheme?.lowercased() == "https"
        port = parts.port ?? (isSecure ? 443 : 80)
        url = text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// The name that a certificate has to prove; nil where it has to prove the IP address.
    var nameToProve: String? {
        let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
        return isAddress ? nil : host
    }

    private static func isLoopback(_ host: String) -> Bool {
        let name = host.trimmingCharacters(in: ["[", "]"]).lowercased()
        return ["127.0.0.1", "::1", "localhost"].contains(name)
    }

    private static func refusal(_ text: String, _ why: String) -> SyncError {
        SyncError(
            "address", "OneClick's address cannot be used: \(text) \(why).",
            hint: "Give the address that OneClick's operator named, such as "
                + "https://oneclick.example.")
    }

    /// One part of a path.
    static func escaped(_ part: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-_")
        return part.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    }
}
