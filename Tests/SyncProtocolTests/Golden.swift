import Foundation
import SyncModel
import SyncProtocol
import Testing

/// The bytes that the protocol's specification fixes, read from `Golden/NAME.hex`: hexadecimal
/// digits, blanks and lines of no meaning, and remarks from `#` to the end of a line.
enum Golden {
    static func bytes(_ name: String) throws -> [UInt8] { try lines(name).flatMap { $0 } }

    /// The same, line by line, without lines that only hold a remark.
    static func lines(_ name: String) throws -> [[UInt8]] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Golden/\(name).hex")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        return try lines.map { $0.prefix { $0 != "#" }.filter { $0 != " " } }
            .filter { !$0.isEmpty }
            .map { try #require([UInt8](hexadecimal: String($0)), "\(name): \($0)") }
    }
}

/// The tables and values of the golden files.
enum Examples {
    static let contentBytesMax = 1 << 20

    static let clients = TableShape(
        name: TableName(rawValue: "clients"),
        columns: [
            Column(name: "id", type: .integer, isNullable: false),
            Column(name: "code", type: .text(characters: 10), isNullable: false),
            Column(name: "is_active", type: .boolean, isNullable: false),
        ], keyCount: 1)

    /// A table with a column of every type.
    static let everyType = TableShape(
        name: TableName(rawValue: "every_type"),
        columns: [
            Column(name: "id", type: .integer, isNullable: false),
            Column(name: "code", type: .text(characters: 10), isNullable: false),
            Column(name: "count", type: .integer, isNullable: false),
            Column(name: "amount", type: .decimal(precision: 18, scale: 2), isNullable: false),
            Column(name: "is_active", type: .boolean, isNullable: false),
            Column(name: "name", type: .text(characters: 20), isNullable: false),
            Column(name: "day", type: .date, isNullable: false),
            Column(name: "at", type: .timestamp, isNullable: false),
            Column(name: "opens", type: .localTime, isNullable: false),
            Column(name: "hash", type: .bytes(count: 8), isNullable: false),
            Column(name: "token", type: .sealed(characters: 100), isNullable: false),
            Column(name: "note", type: .text(characters: 5), isNullable: true),
        ], keyCount: 2)

    static func rowOfEveryType() throws -> [Value] {
        let day = try #require(LocalDate("2026-11-24"))
        let moment = try #require(Timestamp("2026-11-23 08:30:00.123456"))
        let opens = try #require(Timestamp.microsecondsOfDay(Array("09:15:00".utf8)[...]))
        return [
            .integer(-2), .text("é"), .integer(-1), .integer(1_234_567), .boolean(true),
            .text("Ann"), .integer(day.daysSince1970), .integer(moment.microsecondsSince1970),
            .integer(opens), .bytes([0x00, 0xFF]),
            .sealed(
                SealedValue(
                    vaultKey: "v1", fingerprint: Array(0..<32), cipher: [0xA0, 0xA1, 0xA2, 0xA3])),
            .null,
        ]
    }

    static func client(_ id: Int64, _ code: String, isActive: Bool) -> [Value] {
        [.integer(id), .text(code), .boolean(isActive)]
    }

    static func batch() throws -> Batch {
        let client = Rows.encode([client(5, "A1", isActive: true)], clients)
        return Batch(
            table: clients.name, run: RunID(rawValue: "r7"), number: 3, load: nil,
            mark: Mark(rawValue: "m2"), covers: [],
            replaces: [
                Replace(
                    range: KeyRange(after: Key(4), upTo: Key(5)), except: [], rows: client.bytes,
                    rowCount: 1),
                Replace(
                    range: KeyRange(after: Key(8), upTo: Key(9)), except: [], rows: [],
                    rowCount: 0),
            ])
    }

    /// Large enough to be compressed.
    static func loadBatch() -> Batch {
        let rows = (1...40).map { client($0, "A\($0)", isActive: $0 % 2 == 1) }
        return Batch(
            table: clients.name, run: RunID(rawValue: "r7"), number: 1,
            load: LoadID(rawValue: "l1"), mark: Mark(rawValue: "m2"), covers: [.everything],
            replaces: [
                Replace(
                    range: .everything, except: [Key(41)],
                    rows: Rows.encode(rows, clients).bytes, rowCount: 40)
            ])
    }

    static func plan() -> Plan {
        let block = Rows.encode(
            [client(5, "A1", isActive: true), client(6, "B2", isActive: false)], clients)
        return Plan(
            table: clients.name,
            entries: [
                Plan.Entry(
                    range: KeyRange(after: KeyRange.minusInfinity, upTo: Key(5)), except: [Key(3)],
                    content: .probe(
                        count: 1, digest: RowDigest.of(Array(block.bytes[..<block.rows[0].end])))),
                Plan.Entry(
                    range: KeyRange(after: Key(5), upTo: KeyRange.plusInfinity), except: [],
                    content: .detail([
                        Plan.RowName(key: Key(6), digest: block.digest(of: block.rows[1]))
                    ])),
            ])
    }

    static let planAnswer = PlanAnswer(verdicts: [
        .equal, .differs,
        .detail(.init(rows: [.equal, .changed, .added], removed: [Key(9)], unlisted: 2, held: 1)),
    ])
}
