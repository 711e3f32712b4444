/// How long what is wrong is borne before it is told.
public struct AlertRules: Hashable, Sendable {
    /// Silence is told once nothing was synchronised for longer than this.
    public var silentAfter: Duration
    /// A failure that may pass by itself is told after this, if no second one came before.
    public var patience: Duration
    /// Who did not look at the clock for so long knows nothing of the time between: the machine
    /// slept, or the service did not run.
    public var watchGapMax: Duration

    /// - Parameter interval: from the start of one periodic synchronisation to that of the next.
    public init(interval: Duration) {
        silentAfter = max(interval * 4, .seconds(3 * 3600))
        patience = .seconds(3600)
        watchGapMax = .seconds(1800)
    }
}
