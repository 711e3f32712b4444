import SyncModel
import SyncProtocol

/// One table of a run: what OneClick holds of it, and what the run has found out.
struct TableWork {
    let shape: TableShape
    let state: TableState?
    /// Keys and prefixes that OneClick holds differently: read again by every run, so that they
    /// end by themselves.
    let exceptions: [KeyRange]
    /// The load under way, taken up from an earlier run or begun by this one.
    var load: Load?
    var isFull = false
    var isFailed = false
    /// As the plan's answers count them.
    var planned = Counts()
    var refused: [Key: RowException] = [:]
    var provedUpTo: Key?

    var name: TableName { shape.name }

    init(_ shape: TableShape, state: TableState?, exceptions: [RowException]) {
        self.shape = shape
        self.state = state
        let keyCount = shape.keyCount
        self.exceptions = exceptions.map { KeyRange.path($0.key, keyCount: keyCount) }
        load = state?.load
        provedUpTo = state?.provedUpTo?.key
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
