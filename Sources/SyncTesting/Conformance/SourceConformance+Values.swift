import Catalogue
import SyncEngine
import SyncModel
import SyncProtocol

extension SourceConformance {
    static let valueLaws: [Law<CentralKind>] = [
        Law("a value that fits its column arrives exactly, any other refuses its row by name") {
            try await keepsOrRefuses(try await OpenCentral($0.specimens()), $0.literals)
        },
        Law("a query that multiplies rows stops its table, and no other") {
            try await stops("doubled", words: "'a'", try await OpenCentral($0.specimens()))
        },
        Law("a key that comes twice is noticed where a read is cut between the two") {
            try await noticesAtACut(try await OpenCentral($0.specimens()))
        },
        Law("a key of another type than its column stops its table, and no other") {
            try await stops("unnamed", words: "5", try await OpenCentral($0.specimens()))
        },
    ]

    private static func keepsOrRefuses(_ it: OpenCentral, _ literals: [Specimen]) async throws {
        let shape = try require(it.central.catalogue["specimens"], "no table specimens").shape
        for (index, specimen) in literals.enumerated() {
            let needed = specimen.column == "needed" ? "" : ", needed"
            let one = needed.isEmpty ? "" : ", 1"
            try await it.central.office(
                """
                INSERT INTO specimen (id, \(specimen.column)\(needed))
                VALUES (\(index + 1), \(specimen.literal)\(one))
                """)
        }
        try await it.pin()
        let contents = try await it.contents(shape.name)
        try requireEqual(contents.count, literals.count, "rows of specimens")
        for (index, specimen) in literals.enumerated() {
            let found = contents[Key(Int64(index + 1))]
            let what = "\(specimen.column) \(specimen.literal)"
            switch (specimen.fate, found) {
            case (.value(let value), .row(let canonical)?):
                let row = row(of: shape, index + 1, specimen.column, value)
                try requireEqual(canonical, row.canonical(shape), what)
            case (.secret(let text), .row(let canonical)?):
                let row = row(of: shape, index + 1, specimen.column, .text(text))
                try requireEqual(canonical, row.fingerprinted(shape).canonical(shape), what)
            case (.refused(let code), .refused(let exception)?):
                try requireEqual(
                    [exception.code, exception.column ?? "none", exception.kind.rawValue],
                    [code, specimen.column, "refused"], what)
                try require(!exception.hint.isEmpty, "\(what) is refused without a next step")
            default: throw BrokenLaw(description: "\(what) became \(String(describing: found))")
            }
        }
    }

    /// A row with one value of its own.
    private static func row(
        of shape: TableShape, _ id: Int, _ column: String, _ value: Value
    ) -> TypedRow {
        TypedRow(
            shape.columns.map { other in
                switch other.name {
                case column: value
                case "id": .integer(Int64(id))
                case "needed": .integer(1)
                default: .null
                }
            })
    }

    /// One bad table stops, the next is read.
    private static func stops(
        _ table: TableName, words: String, _ it: OpenCentral
    ) async throws {
        try await it.central.office("INSERT INTO specimen (words, needed) VALUES (\(words), 1)")
        try await it.pin()
        try await requireRefusal(.table, of: "\(table)") { _ = try await it.read(table) }
        try requireEqual(try await it.contents("specimens").count, 1, "rows of the next table")
    }

    private static func noticesAtACut(_ it: OpenCentral) async throws {
        try await it.central.office("INSERT INTO specimen (words, needed) VALUES ('a', 1)")
        try await it.pin()
        try await requireRefusal(.table, of: "a key that comes twice") {
            _ = try await it.read("doubled", rowsMax: 1)
        }
    }
}
