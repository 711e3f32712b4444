import SyncModel

/// When a call that failed is tried again. Decided here and nowhere else.
struct Backoff {
    /// Attempts in all before a person is told.
    static let attemptsMax = 6
    static let first = Duration.seconds(1)
    static let longest = Duration.seconds(60)

    private var attempts = 0

    /// How long to wait before the next attempt; nil where trying again cannot help, or was tried
    /// often enough.
    mutating func wait(after error: SyncError) -> Duration? {
        attempts += 1
        guard attempts < Self.attemptsMax else { return nil }
        switch error.recovery {
        case .person: return nil
        case .retryAfter(let asked): return min(asked, Self.longest)
        case .retry: return min(Self.first * (1 << (attempts - 1)), Self.longest)
        }
    }
}
