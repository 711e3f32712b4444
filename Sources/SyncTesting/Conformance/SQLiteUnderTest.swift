import Catalogue
import Central
import GRDB
import SampleOffice
import SyncEngine
import SyncModel

extension CentralKind {
    /// The SQLite Central, with and without change capture.
    public static let sqlite = [
        CentralKind.sqlite("SQLite with capture", isCaptured: true),
        CentralKind.sqlite("SQLite without capture", isCaptured: false),
    ]

    private static func sqlite(_ name: String, isCaptured: Bool) -> CentralKind {
        CentralKind(name, isCaptured: isCaptured, literals: Specimens.sqlite) { clients, seed in
            try TestCentral(catalogue: .standard(), isCaptured: isCaptured) { db in
                _ = try SampleOffice.create(
                    in: db,
                    SampleOffice.Options(
                        clients: clients, seed: seed, transactions: clients * 12,
                        today: Practice.today.description))
            }
        } specimens: {
            try TestCentral(catalogue: Specimens.catalogue(), isCaptured: isCaptured) { db in
                try db.execute(sql: Specimens.sqliteTables)
            }
        }
    }
}

/// The office that works on a Central under test.
public struct TestOffice: Sendable {
    var office: OfficeAtWork

    public init(seed: UInt64) { office = OfficeAtWork(seed: seed) }
}

extension TestCentral: CentralUnderTest {
    public func open() throws -> any Source {
        try open { Timestamp(microsecondsSince1970: 0) }
    }

    public func work(_ office: inout TestOffice, steps: Int, today: LocalDate) throws {
        for _ in 0..<steps {
            try self.office { _ = try office.office.step($0, today: today.description) }
        }
    }

    public func rows(_ table: TableName, asOf: LocalDate) throws -> [TypedRow] {
        guard let table = catalogue[table] else { return [] }
        return try rows(table, asOf: asOf).map { row in
            TypedRow(
                table.shape.columns.map { Value(row[$0.name] as DatabaseValue, $0.type) })
        }
    }

    public func stopCapture() throws {
        try office { db in
            let triggers = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            for name in triggers { try db.execute(sql: "DROP TRIGGER \(name)") }
        }
    }

    public func removeCapture() throws {
        _ = try Capture.remove(path: path, catalogue: catalogue, everything: false)
    }
}

extension Value {
    /// What lies in SQLite, as a value of the column's type if it is one.
    init(_ value: DatabaseValue, _ type: ColumnType) {
        switch (value.storage, type) {
        case (.null, _): self = .null
        case (.int64(let number), .boolean) where 0...1 ~= number: self = .boolean(number == 1)
        case (.int64(let number), _): self = .integer(number)
        case (.double(let number), _): self = .text(String(number))
        case (.blob(let data), _): self = .bytes(Array(data))
        case (.string(let text), .date):
            self = LocalDate(text).map { .integer($0.daysSince1970) } ?? .text(text)
        case (.string(let text), .timestamp):
            self = Timestamp(text).map { .integer($0.microsecondsSince1970) } ?? .text(text)
        case (.string(let text), .localTime):
            let time = Timestamp.microsecondsOfDay(Array(text.utf8)[...])
            self = time.map { .integer($0) } ?? .text(text)
        case (.string(let text), _): self = .text(text)
        }
    }
}
