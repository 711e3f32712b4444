import Catalogue
import Crypto
import Foundation
import SyncEngine
import SyncModel
import SyncProtocol

extension SourceConformance {
    static let readingLaws: [Law<CentralKind>] = [
        Law("rows come in the order of their keys, encoded as an independent reading is") {
            try await readsEverything(try await OpenCentral($0.office(12, 1)))
        },
        Law("a limited read goes on exactly where it ended") {
            try await resumes(try await OpenCentral($0.office(12, 2)))
        },
        Law("chunks begin where asked and end at their last row or at the end of the range") {
            try await readsRanges(try await OpenCentral($0.office(12, 3)))
        },
        Law("sealed columns open with the vault's key in their own place, and nowhere else") {
            try await seals(try await OpenCentral($0.office(12, 4)))
        },
    ]

    private static func readsEverything(_ it: OpenCentral) async throws {
        try await it.pin()
        for table in it.tables {
            for asOf in [Practice.today, LocalDate("2027-11-24")!] {
                let chunks = try await it.read(table.name, asOf: asOf)
                try requireEqual(chunks.map(\.range), [.everything], "ranges of \(table.name)")
                let keys = chunks[0].rowKeys
                try require(
                    zip(keys, keys.dropFirst()).allSatisfy(<),
                    "keys of \(table.name) are not in strictly ascending order: \(keys)")
                let shape = table.shape
                var expected: [Key: [UInt8]] = [:]
                for row in try await it.central.rows(table.name, asOf: asOf) {
                    expected[row.key(shape)] = row.fingerprinted(shape).canonical(shape)
                }
                for exception in chunks[0].refused {
                    let row = expected.removeValue(forKey: exception.key)
                    try require(row != nil, "\(table.name) \(exception.key) was made up")
                }
                try requireEqual(
                    Dictionary(uniqueKeysWithValues: zip(keys, chunks[0].canonicalRows)), expected,
                    "rows of \(table.name)")
            }
        }
    }

    private static func resumes(_ it: OpenCentral) async throws {
        try await it.pin()
        for table in it.tables.map(\.name) {
            let whole = try await it.read(table)[0]
            for (rowsMax, bytesMax) in [(1, Int.max), (7, .max), (.max, 1), (.max, 300), (5, 250)] {
                let limits = "\(table) by \(rowsMax) rows, \(bytesMax) bytes"
                var pieces: [Chunk] = []
                var rest = KeyRange.everything
                while !rest.isEmpty {
                    let chunks = try await it.read(
                        table, [rest], rowsMax: rowsMax, bytesMax: bytesMax)
                    try requireEqual(chunks.count, 1, "chunks of one range of \(limits)")
                    try requireEqual(chunks[0].range.after, rest.after, "beginning of \(limits)")
                    try require(rest.after < chunks[0].range.upTo, "\(limits) does not get on")
                    try require(
                        chunks[0].rows.count + chunks[0].refused.count <= rowsMax,
                        "\(limits) delivers more than that")
                    pieces += chunks
                    rest.after = chunks[0].range.upTo
                }
                try requireEqual(
                    pieces.flatMap(\.canonicalRows), whole.canonicalRows, "rows of \(limits)")
                try requireEqual(pieces.flatMap(\.refused), whole.refused, "refused of \(limits)")
            }
        }
    }

    private static func readsRanges(_ it: OpenCentral) async throws {
        try await it.pin()
        let world = World(seed: 5, today: Practice.today)
        for table in it.tables.map(\.name) {
            let whole = try await it.contents(table)
            for _ in 0..<20 {
                let ranges = world.ranges(around: Array(whole.keys).sorted(), cutsMax: 12)
                let chunks = try await readAll(
                    it, table, ranges, rowsMax: world.pick([1, 2, 9, .max]))
                let found = chunks.reduce(into: [Key: Content]()) { $0.merge($1.contents) { $1 } }
                let expected = whole.filter { key, _ in ranges.contains { $0.contains(key) } }
                try requireEqual(found, expected, "\(table) in \(ranges)")
            }
        }
    }

    /// Reads ranges as a run does, and checks where every chunk begins and ends.
    private static func readAll(
        _ it: OpenCentral, _ table: TableName, _ ranges: [KeyRange], rowsMax: Int
    ) async throws -> [Chunk] {
        var rest = ranges
        var all: [Chunk] = []
        while !rest.isEmpty {
            let chunks = try await it.read(table, rest, rowsMax: rowsMax)
            try require(
                (1...rest.count).contains(chunks.count), "\(chunks.count) chunks of \(rest)")
            let delivered = chunks.reduce(0) { $0 + $1.rows.count + $1.refused.count }
            try require(delivered <= rowsMax, "\(delivered) rows of \(table), not \(rowsMax)")
            for (index, chunk) in chunks.enumerated() {
                try requireEqual(chunk.range.after, rest[index].after, "beginning in \(table)")
                let isWhole = chunk.range.upTo == rest[index].upTo
                let isCut = index == chunks.count - 1 && chunk.range.upTo == chunk.lastKey
                try require(isWhole || isCut, "\(table) \(rest[index]) ends at \(chunk.range.upTo)")
                try require(
                    chunk.contents.keys.allSatisfy(chunk.range.contains),
                    "\(table) delivers keys outside \(chunk.range)")
            }
            all += chunks
            let reached = chunks[chunks.count - 1].range.upTo
            rest.removeFirst(chunks.count - 1)
            if rest[0].upTo == reached { rest.removeFirst() } else { rest[0].after = reached }
        }
        return all
    }

    private static func seals(_ it: OpenCentral) async throws {
        try await it.pin()
        let table = try require(
            it.central.catalogue["hmrc_credentials"], "there is no table hmrc_credentials")
        let column = try require(table.shape.index(of: "access_token"), "no sealed column")
        let rows = try await it.central.rows(table.name, asOf: Practice.today)
        let chunk = try await it.read(table.name)[0]
        for (span, key) in zip(chunk.rows.rows, chunk.rowKeys) {
            let wire = Array(chunk.rows.bytes[span.canonicalEnd..<span.end])
            let row = rows.first { $0.key(table.shape) == key }
            guard case .text(let secret)? = row?.values[column] else { continue }
            // The first cipher text behind the row, a length of one or two bytes before it.
            let prefix = wire[0] < 0x80 ? 1 : 2
            let count = Int(wire[0] & 0x7F) + (prefix == 2 ? Int(wire[1]) << 7 : 0)
            let cipher = wire[prefix..<(prefix + count)]
            let place = "\(OpenCentral.practice)|\(table.name)|\(key)|access_token"
            try requireEqual(try TestVault.open(cipher, place), secret, "\(table.name) \(key)")
            try require(
                (try? TestVault.open(cipher, "4|\(table.name)|\(key)|access_token")) == nil,
                "\(table.name) \(key) opens for another practice")
        }
    }
}

extension TestVault {
    /// Opens a sealed value as the vault does, by the letter of RFC 9180 and not by the product's
    /// own code.
    static func open(_ cipher: ArraySlice<UInt8>, _ place: String) throws -> String {
        var recipient = try HPKE.Recipient(
            privateKey: privateKey, ciphersuite: .Curve25519_SHA256_ChachaPoly,
            info: Data("syncworker sealed column v1".utf8),
            encapsulatedKey: Data(cipher.prefix(32)))
        let text = try recipient.open(
            Data(cipher.dropFirst(32)), authenticating: Data(place.utf8))
        return String(decoding: text, as: UTF8.self)
    }
}

extension TypedRow {
    /// With every text of a sealed column as it has to look outside the vault.
    func fingerprinted(_ shape: TableShape) -> TypedRow {
        var row = self
        for (index, column) in shape.columns.enumerated() where column.type.isSealed {
            guard case .text(let text) = values[index] else { continue }
            row.values[index] = .sealed(.fingerprint(of: text))
        }
        return row
    }
}

extension SealedValue {
    static func fingerprint(of text: String) -> SealedValue {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(text.utf8), using: SymmetricKey(data: TestCentral.fingerprintKey))
        return SealedValue(
            vaultKey: TestVault.key.id, fingerprint: Array(code), cipher: [])
    }
}
