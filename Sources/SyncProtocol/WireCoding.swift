import SyncModel

/// Appends the primitives of the wire: LEB128 numbers and length-prefixed bytes.
public struct WireWriter {
    public var bytes: [UInt8] = []

    public init() {}

    public mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// An unsigned LEB128 number.
    @inline(__always)
    public mutating func number(_ value: UInt64) { Self.append(value, to: &bytes) }

    public mutating func number(_ value: Int) { number(UInt64(value)) }

    public mutating func text(_ value: String) { block(Array(value.utf8)) }

    /// Bytes behind their count.
    public mutating func block(_ value: [UInt8]) {
        number(value.count)
        bytes.append(contentsOf: value)
    }

    public mutating func range(_ range: KeyRange) {
        block(range.after.bytes)
        block(range.upTo.bytes)
    }

    public mutating func keys(_ keys: [Key]) {
        number(keys.count)
        for key in keys { block(key.bytes) }
    }

    @inline(__always)
    public static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Reads the primitives back. Every read checks its bounds and refuses what is not canonical: a
/// frame may come from anyone.
public struct WireReader {
    public let bytes: [UInt8]
    public var position: Int
    public let end: Int
    /// Elements of lists read so far.
    private var elements = 0

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    public var isAtEnd: Bool { position == end }

    @inline(__always)
    public mutating func byte() throws -> UInt8 {
        guard position < end else { throw Self.malformed("ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    @inline(__always)
    public mutating func number() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            guard shift < 63 || next <= 1 else { throw Self.malformed("has a number too large") }
            value |= UInt64(next & 0x7F) << shift
            if next & 0x80 == 0 {
                guard next != 0 || shift == 0 else {
                    throw Self.malformed("has a number that is not in its shortest form")
                }
                return value
            }
            shift += 7
        }
    }

    /// A count of things that take at least one byte each, so that it can never exceed what is
    /// left: no allocation before the bytes are there.
    public mutating func count() throws -> Int {
        let value = try number()
        guard value <= UInt64(end - position) else { throw Self.malformed("ends too early") }
        return Int(value)
    }

    /// How many elements all lists of a content may have together: each takes more room in memory
    /// than in a frame, and a frame of some kilobytes may unfold to a list of millions.
    public static let elementsMax = 1 << 20

    /// How many elements a list has.
    public mutating func elementCount() throws -> Int {
        let count = try count()
        elements += count
        guard elements <= Self.elementsMax else {
            throw Self.malformed("lists more than \(Self.elementsMax) things")
        }
        return count
    }

    /// A number of rows, that can be added to others.
    public mutating func rowCount() throws -> Int {
        let value = try number()
        guard value <= UInt64(WireBounds.rowsMax) else {
            throw Self.malformed("counts too many rows")
        }
        return Int(value)
    }

    /// Where the bytes of a block lie.
    @inline(__always)
    public mutating func blockBounds() throws -> Range<Int> {
        let length = try count()
        defer { position += length }
        return position..<(position + length)
    }

    public mutating func block() throws -> [UInt8] { Array(bytes[try blockBounds()]) }

    public mutating func block(exactly length: Int) throws -> [UInt8] {
        guard end - position >= length else { throw Self.malformed("ends too early") }
        defer { position += length }
        return Array(bytes[position..<(position + length)])
    }

    public mutating func text() throws -> String {
        let bounds = try blockBounds()
        guard let text = String(validating: bytes[bounds], as: UTF8.self) else {
            throw Self.malformed("has a text that is not UTF-8")
        }
        return text
    }

    /// A text that names something, and may stand in messages.
    public mutating func name() throws -> String {
        let text = try text()
        guard text.utf8.count <= WireBounds.nameBytesMax else {
            throw Self.malformed("has a name of more than \(WireBounds.nameBytesMax) bytes")
        }
        return text
    }

    /// A key, or the bound of a range.
    public mutating func key() throws -> Key {
        let bytes = try block()
        guard bytes.count <= WireBounds.keyBytesMax else {
            throw Self.malformed("has a key of more than \(WireBounds.keyBytesMax) bytes")
        }
        return Key(bytes: bytes)
    }

    public mutating func range() throws -> KeyRange {
        KeyRange(after: try key(), upTo: try key())
    }

    public mutating func keys() throws -> [Key] {
        try (0..<(try elementCount())).map { _ in try key() }
    }

    public static func malformed(_ what: String) -> SyncError {
        SyncError(
            .malformed, "A frame of the synchronisation protocol \(what).",
            hint: "Check that both sides run a released version and that no proxy changes the "
                + "requests between them; then run the synchronisation again.")
    }
}
