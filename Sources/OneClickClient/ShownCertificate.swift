import NIOSSL
import SyncModel
import SwiftASN1
import X509

/// Who a server says it is, as far as a person wants to know.
struct ShownCertificate: Sendable, Hashable {
    /// The names and addresses that it is for.
    var names: [String]
    /// Who says so.
    var authority: String
    var validFrom: Timestamp
    var validUntil: Timestamp

    /// Nil where it cannot be read.
    init?(_ certificate: NIOSSLCertificate) {
        guard let bytes = try? certificate.toDERBytes(),
            let read = try? Certificate(derEncoded: bytes)
        else { return nil }
        let alternatives = (try? read.extensions.subjectAlternativeNames) ?? nil
        names = (alternatives ?? SubjectAlternativeNames()).compactMap(Self.name)
        if names.isEmpty { names = [Self.name(read.subject)] }
        authority = read.issuer == read.subject ? "itself" : Self.name(read.issuer)
        validFrom = Self.time(certificate.notValidBefore)
        validUntil = Self.time(certificate.notValidAfter)
    }

    /// `a.example`, or `a.example, b.example and 3 more`.
    var forWhom: String {
        let shown = 5
        let more = names.count > shown ? " and \(names.count - shown) more" : ""
        return names.prefix(shown).joined(separator: ", ") + more
    }

    private static func time(_ seconds: Int) -> Timestamp {
        Timestamp(microsecondsSince1970: Int64(seconds) * 1_000_000)
    }

    private static func name(_ name: GeneralName) -> String? {
        switch name {
        case .dnsName(let name): name
        case .ipAddress(let bytes) where bytes.bytes.count == 4:
            bytes.bytes.map { String($0) }.joined(separator: ".")
        case .ipAddress(let bytes) where bytes.bytes.count == 16:
            stride(from: 0, to: 16, by: 2).map { index in
                let part = Array(bytes.bytes)[index..<index + 2]
                return String(part.reduce(0) { $0 << 8 | Int($1) }, radix: 16)
            }.joined(separator: ":")
        default: nil
        }
    }

    /// The organisation and the name, as far as they are there.
    private static func name(_ name: DistinguishedName) -> String {
        let wanted: [ASN1ObjectIdentifier] = [
            .RDNAttributeType.organizationName, .RDNAttributeType.commonName,
        ]
        let attributes = name.flatMap { Array($0) }
        let parts = wanted.compactMap { type in
            attributes.first { $0.type == type }.flatMap { String($0.value) }
        }
        return parts.isEmpty ? name.description : parts.joined(separator: ", ")
    }
}
