/// A value of a typed column.
public enum Value: Hashable, Sendable {
    case null
    /// An integer; a decimal in units of its scale; a date in days and a timestamp in microseconds
    /// since 1970; a local time in microseconds since midnight.
    case integer(Int64)
    case boolean(Bool)
    case text(String)
    case bytes([UInt8])
    case sealed(SealedValue)
}

/// A secret that only OneClick's vault can read.
///
/// Two sealed values are the same when vault key and fingerprint are: encrypting the same text
/// twice gives other bytes, so that the cipher text itself never takes part in a comparison.
public struct SealedValue: Hashable, Sendable {
    /// Which public key of OneClick's vault it was sealed to.
    public var vaultKey: String
    /// HMAC-SHA-256 of the text under a key that never leaves the premises.
    public var fingerprint: [UInt8]
    /// HPKE (RFC 9180): the encapsulated key, then the cipher text.
    public var cipher: [UInt8]

    public init(vaultKey: String, fingerprint: [UInt8], cipher: [UInt8]) {
        self.vaultKey = vaultKey
        self.fingerprint = fingerprint
        self.cipher = cipher
    }
}
