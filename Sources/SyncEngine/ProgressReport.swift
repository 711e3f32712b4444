import SyncModel
import SyncProtocol

/// Turns the steps of a run into progress a person can follow.
struct ProgressReport {
    private var current: RunProgress
    /// The tables of the run that are not done.
    private var pending: Set<TableName> = []
    private let shapes: Shapes
    private var differing: Set<TableName> = []
    private let now: @Sendable () -> Timestamp
    private let send: @Sendable (RunProgress) -> Void

    init(
        _ start: RunStart, _ shapes: Shapes, now: @escaping @Sendable () -> Timestamp,
        _ send: @escaping @Sendable (RunProgress) -> Void
    ) {
        current = RunProgress(
            run: start, step: "starting", dataSets: shapes.dataSets.map { .init(name: $0.name) },
            rowsSent: 0)
        self.shapes = shapes
        self.now = now
        self.send = send
    }

    mutating func step(_ words: String) {
        current.step = words
        send(current)
    }

    /// OneClick's own counts stand in for how many rows there will be.
    mutating func carrying(_ carried: [TableName], _ tables: [TableName: TableState]) {
        pending = Set(carried)
        for (index, set) in shapes.dataSets.enumerated() {
            let rows = set.tables.reduce(0) { $0 + (tables[$1]?.rows ?? 0) }
            current.dataSets[index].rowsTotal = rows > 0 ? rows : nil
        }
    }

    mutating func working(_ table: TableName, rows: Int, sent: Int) {
        guard let index = index(of: table) else { return }
        begin(index)
        current.dataSets[index].state = .working
        current.dataSets[index].rowsDone += rows
        current.rowsSent = sent
        send(current)
    }

    mutating func done(_ table: TableName, differs: Bool) {
        guard let index = index(of: table) else { return }
        begin(index)
        if differs { differing.insert(table) }
        pending.remove(table)
        let tables = shapes.dataSets[index].tables
        if pending.isDisjoint(with: tables) {
            let isEqual = differing.isDisjoint(with: tables)
            current.dataSets[index].state = isEqual ? .equal : .shipped
            current.dataSets[index].finishedAt = now()
        }
        send(current)
    }

    /// A table may be worked on again, as the closing run of a load does.
    private mutating func begin(_ index: Int) {
        if current.dataSets[index].startedAt == nil { current.dataSets[index].startedAt = now() }
        current.dataSets[index].finishedAt = nil
    }

    private func index(of table: TableName) -> Int? {
        shapes.dataSets.firstIndex { $0.tables.contains(table) }
    }
}
