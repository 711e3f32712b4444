import Catalogue
import SyncModel
import SyncProtocol

/// The tables of the fuzzer's OneClick: those of the catalogue, and one with every type of column.
enum FuzzShapes {
    static func all() throws -> Shapes {
        let standard = try Catalogue.standard().shapes
        return Shapes(
            dataSets: standard.dataSets + [DataSet(name: "Every Type", tables: [everyType.name])],
            tables: standard.tables + [everyType])
    }

    static let everyType = TableShape(
        name: "every_type",
        columns: [
            Column(name: "id", type: .integer, isNullable: false),
            Column(name: "code", type: .text(characters: 20), isNullable: false),
            Column(name: "whole", type: .integer, isNullable: true),
            Column(name: "amount", type: .decimal(precision: 12, scale: 2), isNullable: false),
            Column(name: "flag", type: .boolean, isNullable: true),
            Column(name: "words", type: .text(characters: 20), isNullable: true),
            Column(name: "day", type: .date, isNullable: true),
            Column(name: "moment", type: .timestamp, isNullable: true),
            Column(name: "clock", type: .localTime, isNullable: true),
            Column(name: "raw", type: .bytes(count: 8), isNullable: true),
            Column(name: "secret", type: .sealed(characters: 50), isNullable: true),
        ], keyCount: 2)

    static let rows: [TypedRow] = [
        row(1, "", [.null, .integer(0), .null, .null, .null, .null, .null, .null, .null]),
        row(
            1, "É",
            [
                .integer(.min), .integer(-5), .boolean(false), .text(""), .integer(-719_162),
                .integer(-1), .integer(0), .bytes([]), .sealed(.made(of: "a")),
            ]),
        row(
            2, "a b",
            [
                .integer(.max), .integer(999_999_999_999), .boolean(true), .text("O'Neill 株式会社"),
                .integer(2_932_896), .integer(1_775_390_400_123_456), .integer(86_399_999_999),
                .bytes([0, 0xFF]), .sealed(.made(of: "b")),
            ]),
    ]

    private static func row(_ id: Int64, _ code: String, _ rest: [Value]) -> TypedRow {
        TypedRow([.integer(id), .text(code)] + rest)
    }

    /// A load of the table, in two Replaces.
    static let batch = Batch(
        table: everyType.name, run: RunID(rawValue: "run"), number: 1,
        load: LoadID(rawValue: "load"), mark: Mark(rawValue: "mark"), covers: [.everything],
        replaces: [
            Replace(
                KeyRange(after: KeyRange.minusInfinity, upTo: KeyRange.prefix(Key(1)).upTo),
                Array(rows[..<2]), everyType),
            Replace(
                KeyRange(after: KeyRange.prefix(Key(1)).upTo, upTo: KeyRange.plusInfinity),
                Array(rows[2...]), everyType, except: [Key([.integer(3), .text("")])]),
        ])

    static let plan = Plan(
        table: everyType.name,
        entries: [
            Plan.Entry(
                range: .prefix(Key(1)), except: [Key([.integer(1), .text("")])],
                content: StoreConformance.detail([rows[1]], everyType)),
            Plan.Entry(
                range: .prefix(Key(2)), except: [],
                content: StoreConformance.probe([rows[2]], everyType)),
        ])
}
