import Crypto
import SyncModel
import SyncProtocol

/// OneClick's typed tables, kept as naively as one can.
struct StoreModel: Equatable, Sendable {
    private(set) var tables: [TableName: [Key: TypedRow]]

    init(_ tables: [TableName: [Key: TypedRow]] = [:]) { self.tables = tables }

    /// Random rows of some of the keys that there are.
    init(_ world: World) {
        tables = [:]
        for shape in StoreConformance.shapes.tables {
            for key in StoreConformance.keys(shape) where !world.chance(oneIn: 3) {
                self[shape.name, key] = world.row(shape, key)
            }
        }
    }

    subscript(table: TableName) -> [Key: TypedRow] {
        get { tables[table] ?? [:] }
        set { tables[table] = newValue }
    }

    subscript(table: TableName, key: Key) -> TypedRow? {
        get { tables[table]?[key] }
        set { tables[table, default: [:]][key] = newValue }
    }

    func rows(_ table: TableName) -> [TypedRow] {
        self[table].sorted { $0.key < $1.key }.map(\.value)
    }

    /// Within the range these are now all the rows; the excepted keys stay as they are.
    ///
    /// - Parameter untouched: ranges that are left alone.
    @discardableResult
    mutating func apply(
        _ replace: TypedReplace, to shape: TableShape, untouched: [KeyRange] = []
    ) -> Counts {
        var counts = Counts()
        func concerns(_ key: Key) -> Bool {
            replace.range.contains(key) && !replace.except.contains(key)
                && !untouched.contains { $0.contains(key) }
        }
        var now: [Key: TypedRow] = [:]
        for row in replace.rows { now[row.key(shape)] = row }
        for key in Set(self[shape.name].keys).union(now.keys) where concerns(key) {
            switch (self[shape.name, key], now[key]) {
            case (let old?, let new?) where old == new: counts.unchanged += 1
            case (_?, _?): counts.changed += 1
            case (nil, _?): counts.added += 1
            default: counts.removed += 1
            }
            self[shape.name, key] = now[key]
        }
        return counts
    }

    /// What the two hold differently, as table and key.
    func differences(from other: StoreModel) -> [String] {
        StoreConformance.shapes.tables.map(\.name).flatMap { table in
            Set(self[table].keys).union(other[table].keys).sorted()
                .filter { self[table, $0] != other[table, $0] }.map { "\(table) \($0)" }
        }
    }

    static func == (a: StoreModel, b: StoreModel) -> Bool { a.differences(from: b).isEmpty }
}

/// A Replace before its rows are encoded.
struct TypedReplace: Sendable {
    var range: KeyRange
    var rows: [TypedRow]
    var except: [Key] = []

    func encoded(_ shape: TableShape) -> Replace { Replace(range, rows, shape, except: except) }
}

extension StoreConformance {
    /// Tables with every type, keys of each form, and children by either column of their parent.
    static let shapes = Shapes(
        dataSets: [
            DataSet(name: "Employee List", tables: ["employees"]),
            DataSet(name: "Client List", tables: ["clients", "client_team"]),
            DataSet(name: "AP Nominals", tables: ["ap_charts"]),
            DataSet(name: "AP Transactions", tables: ["ap_periods", "ap_transactions"]),
        ],
        tables: [
            TableShape(
                name: "employees",
                columns: [
                    column("code", .text(characters: 20)), column("left_on", .date, true),
                    column("starts_at", .localTime, true),
                ], keyCount: 1, isInCommitGroup: true),
            TableShape(
                name: "clients",
                columns: [
                    column("id", .integer), column("name", .text(characters: 50), true),
                    column("balance", .decimal(precision: 12, scale: 2)),
                    column("secret", .sealed(characters: 50), true),
                ], keyCount: 1),
            TableShape(
                name: "client_team",
                columns: [
                    column("client_id", .integer), column("code", .text(characters: 20)),
                    column("allowed", .boolean),
                ], keyCount: 2,
                parent: ParentLink(table: "clients", column: "client_id", parentColumn: "id"),
                isInCommitGroup: true),
            TableShape(
                name: "ap_periods",
                columns: [
                    column("client_id", .integer), column("id", .integer),
                    column("chart_id", .integer, true), column("finalised_at", .timestamp, true),
                    column("stamp", .bytes(count: 8), true),
                ], keyCount: 2,
                parent: ParentLink(table: "clients", column: "client_id", parentColumn: "id")),
            TableShape(
                name: "ap_charts", columns: [column("id", .integer)], keyCount: 1,
                neededBy: ParentLink(table: "ap_periods", column: "id", parentColumn: "chart_id")),
            TableShape(
                name: "ap_transactions",
                columns: [
                    column("period_id", .integer), column("id", .integer),
                    column("amount_pence", .integer),
                ], keyCount: 2,
                parent: ParentLink(table: "ap_periods", column: "period_id", parentColumn: "id")),
        ])

    private static func column(
        _ name: String, _ type: ColumnType, _ isNullable: Bool = false
    ) -> Column {
        Column(name: name, type: type, isNullable: isNullable)
    }

    static func shape(_ table: TableName) -> TableShape { shapes[table]! }

    /// Twelve clients, each with two periods of three lines and two members of its team; and the
    /// charts of the periods.
    static func keys(_ shape: TableShape) -> [Key] {
        let clients = 1...12 as ClosedRange<Int64>
        return switch shape.name {
        case "employees": ["", "E", "E1", "E10", "É", "e1"].map { Key([.text($0)]) }
        case "clients": clients.map { Key($0) }
        case "ap_charts": (1...5 as ClosedRange<Int64>).map { Key($0) }
        case "client_team":
            clients.flatMap { client in
                ["E1", "E10"].map { Key([.integer(client), .text($0)]) }
            }
        case "ap_periods": clients.flatMap { [Key($0, $0 * 10), Key($0, $0 * 10 + 1)] }
        default:
            clients.flatMap { client in
                [client * 10, client * 10 + 1].flatMap { period in
                    (1...3).map { Key(period, $0) }
                }
            }
        }
    }
}

extension World {
    /// A row of few values, so that two are often equal.
    func row(_ shape: TableShape, _ key: Key) -> TypedRow {
        let keyValues = (key.values ?? []).map { value -> Value in
            switch value {
            case .integer(let number): .integer(number)
            case .text(let text): .text(text)
            }
        }
        return TypedRow(
            keyValues
                + shape.values.map { column in
                    column.isNullable && chance(oneIn: 4) ? .null : value(column.type)
                })
    }

    private func value(_ type: ColumnType) -> Value {
        switch type {
        case .integer: .integer(pick([0, -1, .max, .min]))
        case .decimal: .integer(pick([0, -5, 999_999_999_999]))
        case .boolean: .boolean(chance(oneIn: 2))
        case .text: .text(pick(["", " ", "O'Neill", "株式会社"]))
        case .date: .integer(pick([-719_162, 0, 2_932_896]))
        case .timestamp: .integer(pick([-1, 0, 1_775_390_400_123_456]))
        case .localTime: .integer(pick([0, 86_399_999_999]))
        case .bytes: .bytes(pick([[], [0], [0xFF, 0x00]]))
        case .sealed: .sealed(.made(of: pick(["a", "b"])))
        }
    }
}

extension SealedValue {
    /// Cipher text and fingerprint of a made-up secret; the store can read neither.
    static func made(of secret: String) -> SealedValue {
        SealedValue(
            vaultKey: "vault", fingerprint: Array(SHA256.hash(data: Array(secret.utf8))),
            cipher: Array("cipher of \(secret)".utf8))
    }
}
