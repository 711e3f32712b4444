import SyncModel

/// Names that nobody can guess.
enum RandomToken {
    /// `byteCount` bytes of the system's random source, hexadecimal.
    static func make(byteCount: Int) -> String {
        var source = SystemRandomNumberGenerator()
        return (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &source) }
            .hexadecimal
    }
}
