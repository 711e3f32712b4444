import SyncModel

/// A row as values, with its canonical encoding written down a second time: what the product
/// encodes is compared with this.
public struct TypedRow: Hashable, Sendable {
    public var values: [Value]

    public init(_ values: [Value]) { self.values = values }

    public func key(_ shape: TableShape) -> Key {
        Key(bytes: values[..<shape.keyCount].flatMap(Self.keyBytes))
    }

    /// What takes part in comparisons and digests.
    public func canonical(_ shape: TableShape) -> [UInt8] {
        key(shape).bytes + values[shape.keyCount...].flatMap(Self.bytes)
    }

    /// What crosses the wire: the canonical encoding, then the cipher texts of sealed values.
    public func wire(_ shape: TableShape) -> [UInt8] {
        canonical(shape)
            + values.flatMap { value -> [UInt8] in
                guard case .sealed(let sealed) = value else { return [] }
                return Self.block(sealed.cipher)
            }
    }

    private static func keyBytes(_ value: Value) -> [UInt8] {
        switch value {
        case .integer(let number):
            let ordered = UInt64(bitPattern: number) ^ (1 << 63)
            return [0x10] + stride(from: 56, through: 0, by: -8).map { UInt8(ordered >> $0 & 0xFF) }
        case .text(let text): return [0x20] + Array(text.utf8) + [0x00]
        default: preconditionFailure("A key is made of integers and texts.")
        }
    }

    private static func bytes(_ value: Value) -> [UInt8] {
        switch value {
        case .null: [0x00]
        case .integer(let number): [0x01] + leb128(UInt64(bitPattern: number << 1 ^ number >> 63))
        case .boolean(let flag): [0x01, flag ? 1 : 0]
        case .text(let text): [0x01] + block(Array(text.utf8))
        case .bytes(let bytes): [0x01] + block(bytes)
        case .sealed(let sealed):
            [0x01] + block(Array(sealed.vaultKey.utf8)) + sealed.fingerprint
        }
    }

    private static func block(_ bytes: [UInt8]) -> [UInt8] { leb128(UInt64(bytes.count)) + bytes }

    private static func leb128(_ number: UInt64) -> [UInt8] {
        var rest = number
        var bytes: [UInt8] = []
        repeat {
            bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }
}
