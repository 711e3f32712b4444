import Foundation
import SyncModel

/// This machine's clock.
enum SystemClock {
    @Sendable static func now() -> Timestamp {
        let seconds = Date.now.timeIntervalSince1970
        return Timestamp(microsecondsSince1970: Int64((seconds * 1_000_000).rounded()))
    }
}
