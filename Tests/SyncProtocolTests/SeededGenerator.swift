import SyncModel

/// SplitMix64: the same seed gives the same values on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    // Small numbers and the ends of their range come often: that is where encodings break.
    mutating func number() -> Int64 {
        switch Int.random(in: 0..<4, using: &self) {
        case 0: [.min, .min + 1, -256, -1, 0, 1, 255, .max - 1, .max].randomElement(using: &self)!
        case 1: Int64.random(in: -3...3, using: &self)
        case 2: Int64(1) << Int64.random(in: 0...62, using: &self)
        default: Int64.random(in: .min ... .max, using: &self)
        }
    }

    mutating func text() -> String {
        let letters: [Character] = ["a", "b", "\u{1}", "Z", "é", "€", "\u{7F}", "😀", "\u{FFFD}"]
        let count = Int.random(in: 0...4, using: &self)
        return String((0..<count).map { _ in letters.randomElement(using: &self)! })
    }

    mutating func bytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }

    mutating func keyValue() -> KeyValue {
        Bool.random(using: &self) ? .integer(number()) : .text(text())
    }

    mutating func key(count: Int) -> Key { Key((0..<count).map { _ in keyValue() }) }

    /// Any two bounds in any order: the range may be empty.
    mutating func range() -> KeyRange { KeyRange(after: bound(), upTo: bound()) }

    private mutating func bound() -> Key {
        switch Int.random(in: 0..<8, using: &self) {
        case 0: KeyRange.minusInfinity
        case 1: KeyRange.plusInfinity
        case 2: KeyRange.prefix(Key(Int64.random(in: 0...9, using: &self))).upTo
        default: Key(Int64.random(in: 0...9, using: &self))
        }
    }

    /// A value that a column of this type may hold.
    mutating func value(_ column: Column) -> Value {
        if column.isNullable, Bool.random(using: &self) { return .null }
        return switch column.type {
        case .integer, .decimal, .date, .timestamp, .localTime: .integer(number())
        case .boolean: .boolean(Bool.random(using: &self))
        case .text: .text(text())
        case .bytes: .bytes(bytes(count: Int.random(in: 0...200, using: &self)))
        case .sealed:
            .sealed(
                SealedValue(
                    vaultKey: text(), fingerprint: bytes(count: 32),
                    cipher: bytes(count: Int.random(in: 0...60, using: &self))))
        }
    }

    mutating func rows(_ shape: TableShape, count: Int) -> [[Value]] {
        (0..<count).map { _ in shape.columns.map { value($0) } }
    }
}
