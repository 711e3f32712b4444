import SyncModel
import SyncProtocol

extension TableName {
    static let clients = TestOneClick.clients.name
}

extension Checkpoint {
    static let first = Checkpoint(
        position: Position(rawValue: "1"), asOf: LocalDate("2026-11-23")!,
        mark: Mark(rawValue: "mark-1"), epoch: "epoch", fingerprint: "fingerprint")
}

extension LoadRequest {
    static let first = LoadRequest(
        table: .clients, load: LoadID(rawValue: "load-1"), base: .first)
}

extension RowBlock {
    /// One client.
    static var example: RowBlock {
        var block = RowBlock()
        block.beginRow()
        block.key(5)
        block.endKey()
        Array("Ada".utf8).withUnsafeBytes { block.block($0) }
        block.endRow()
        return block
    }
}

extension Batch {
    static func first(of run: RunID) -> Batch {
        let rows = RowBlock.example
        return Batch(
            table: .clients, run: run, number: 1, load: LoadRequest.first.load,
            mark: Checkpoint.first.mark, covers: [.everything],
            replaces: [
                Replace(range: .everything, except: [], rows: rows.bytes, rowCount: rows.count)
            ])
    }
}

extension CommitRequest {
    static func first(version: Int) -> CommitRequest {
        CommitRequest(
            version: version, batches: 1,
            tables: [
                .clients: TableCommit(
                    checkpoint: .first, load: LoadRequest.first.load, refused: [], unchanged: 0,
                    provedUpTo: nil)
            ], mark: Checkpoint.first.mark)
    }
}
