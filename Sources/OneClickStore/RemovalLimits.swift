/// When the removals of one commit are too many to go without a person's word.
public struct RemovalLimits: Hashable, Sendable {
    /// Held if more than this many rows ...
    public var rows = 50
    /// ... and more than this percentage of the table go within a day,
    public var percent = 10
    /// or more than half of a table of at least this many rows.
    public var halfOfRows = 5

    public init() {}

    /// - Parameters:
    ///   - removals: of this commit, of the last 24 hours, and those still held.
    ///   - base: rows before the commit, plus those removed in the last 24 hours.
    ///   - leavesEmpty: whether no row of the table would be left.
    func hold(removals: Int, base: Int, leavesEmpty: Bool) -> Bool {
        leavesEmpty || (removals > rows && removals * 100 > base * percent)
            || (base >= halfOfRows && removals * 2 > base)
    }
}
