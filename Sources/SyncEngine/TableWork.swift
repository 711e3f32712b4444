import SyncModel
import SyncProtocol

/// One table of a run: what OneClick holds of it, and what the run has found out.
struct TableWork {
    let shape: TableShape
    let state: TableState?
    /// The load under way, taken up from an earlier run or begun by this one.
    var load: Load?
    var isFull = false
    var isFailed = false
    /// As the plan's answers count them.
    var planned = Counts()
    private(set) var refused: [Key: RowException] = [:]
    var provedUpTo: Key?

    var name: TableName { shape.name }

    init(_ shape: TableShape, state: TableState?) {
        self.shape = shape
        self.state = state
        load = state?.load
        provedUpTo = state?.provedUpTo?.key
    }

    /// Where OneClick holds rows differently, or a row was refused: read again by every run, so
    /// that exceptions end by themselves.
    var unsettled: [KeyRange] {
        (state?.unsettled ?? []) + (load?.unsettled ?? []) + refused.keys.map(KeyRange.key)
    }

    mutating func refuse(_ exceptions: [RowException], rowsMax: Int) throws {
        for exception in exceptions { refused[exception.key] = exception }
        guard refused.count <= rowsMax else { throw tooManyRefused }
    }

    mutating func forgetRefused() { refused = [:] }

    private var tooManyRefused: SyncError {
        let example = refused.values.min { $0.key < $1.key }?.message ?? ""
        return SyncError(
            .table,
            "\(refused.count) rows of \(name) and more are refused, such as: \(example)",
            hint: "That many are no bad rows: check whether the catalogue fits this Central. The "
                + "table was left as it is.")
    }

    /// Whether OneClick holds no row of it that a comparison could spare.
    var isEmptyInOneClick: Bool { (state?.rows ?? 0) == 0 }

    /// Whether a change run follows: always, except after a full from the one snapshot of a Central
    /// without capture.
    func closes(_ snapshot: Snapshot) -> Bool { snapshot.isCaptured && (!isFull || load != nil) }
}

extension Sequence<KeyRange> {
    /// What of `whole` these ranges leave over, in ascending order.
    func complement(in whole: KeyRange) -> [KeyRange] { gaps().compactMap(whole.intersection) }
}
