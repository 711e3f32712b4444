import Catalogue
import SyncEngine
import SyncModel
import SyncTesting

/// A source that does one thing wrong.
struct FaultySource: Source {
    enum Fault: Sendable { case skipsChange, forgetsMark, losesChunk }

    let source: any Source
    let fault: Fault

    func pin(_ request: PinRequest) async throws -> Snapshot { try await source.pin(request) }

    func insert(_ mark: Mark, after predecessor: Mark?) async throws {
        if fault != .forgetsMark { try await source.insert(mark, after: predecessor) }
    }

    func affected(
        _ table: TableName, since checkpoint: Checkpoint, asOf: LocalDate
    ) async throws -> [KeyRange] {
        let ranges = try await source.affected(table, since: checkpoint, asOf: asOf)
        return fault == .skipsChange ? ranges.dropLast() : ranges
    }

    func read(_ request: ReadRequest) async throws -> [Chunk] {
        let chunks = try await source.read(request)
        return fault == .losesChunk ? chunks.dropLast() : chunks
    }

    func unpin() async { await source.unpin() }
}

/// A Central whose source is faulty.
struct FaultyCentral: CentralUnderTest {
    let central: any CentralUnderTest
    let fault: FaultySource.Fault

    static func kind(_ fault: FaultySource.Fault) -> CentralKind {
        let sqlite = CentralKind.sqlite[0]
        return CentralKind(
            "a source that \(fault)", isCaptured: true, literals: sqlite.literals
        ) { clients, seed in
            FaultyCentral(central: try sqlite.office(clients, seed), fault: fault)
        } specimens: {
            FaultyCentral(central: try sqlite.specimens(), fault: fault)
        }
    }

    var catalogue: Catalogue { central.catalogue }
    func open() async throws -> any Source {
        FaultySource(source: try await central.open(), fault: fault)
    }
    func office(_ sql: String) async throws { try await central.office(sql) }
    func work(_ office: inout TestOffice, steps: Int, today: LocalDate) async throws {
        try await central.work(&office, steps: steps, today: today)
    }
    func rows(_ table: TableName, asOf: LocalDate) async throws -> [TypedRow] {
        try await central.rows(table, asOf: asOf)
    }
    func backUp() async throws -> String { try await central.backUp() }
    func restore(_ backup: String) async throws { try await central.restore(backup) }
    func stopCapture() async throws { try await central.stopCapture() }
    func removeCapture() async throws { try await central.removeCapture() }
    func installCapture() async throws { try await central.installCapture() }
}
