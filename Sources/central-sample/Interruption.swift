import Foundation
import Synchronization

/// Ctrl-C and SIGTERM: the work ends after the transaction in hand.
enum Interruption {
    private static let asked = Atomic(false)

    static var isAsked: Bool { asked.load(ordering: .relaxed) }

    static func listen() {
        // Touched here first: a signal handler may not be what initialises it.
        asked.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in Interruption.asked.store(true, ordering: .relaxed) }
        }
    }

    /// False if the end was asked for meanwhile. Looks twenty times a second, since a signal may
    /// come just before the sleep that it should end.
    static func wait(until due: ContinuousClock.Instant, _ clock: ContinuousClock) -> Bool {
        while !isAsked {
            let left = (due - clock.now) / .seconds(1)
            if left <= 0 { return true }
            usleep(UInt32(min(left, 0.05) * 1_000_000))
        }
        return false
    }
}
