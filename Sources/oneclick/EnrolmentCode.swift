import SyncModel

/// A one-time code that a person reads from one screen and types into another.
enum EnrolmentCode {
    /// Without letters and digits that look like others: no 0 and O, no 1, I and L.
    private static let alphabet = Array("ABCDEFGHJKMNPQRSTUVWXYZ23456789")
    private static let groups = 3
    private static let lettersPerGroup = 4

    private static let lifetime = Duration.seconds(24 * 3600)

    /// A code and when it expires.
    static func make(now: Timestamp) -> (code: String, expires: Timestamp) {
        (make(), now + lifetime)
    }

    /// Such as `ABCD-EFGH-JKMN`: 59 bits of the system's random source.
    private static func make() -> String {
        var source = SystemRandomNumberGenerator()
        return (0..<groups).map { _ in
            String(
                (0..<lettersPerGroup).map { _ in
                    alphabet[Int.random(in: alphabet.indices, using: &source)]
                })
        }.joined(separator: "-")
    }
}
