import SyncModel

/// Writes rows in their canonical encoding, one behind the other.
///
/// A row is its key (`Key`), then every other column: `0x00` for NULL, else `0x01` and the value:
/// an integer, decimal, date, timestamp or local time as zigzag LEB128 in its shortest form, a
/// boolean as one byte 0 or 1, text and bytes behind their length, a sealed value as vault key
/// (text) and fingerprint (32 bytes). The cipher texts of sealed values follow behind the canonical
/// part, in column order: they cross the wire but take no part in digests.
public struct RowBlock: Sendable, Hashable {
    /// Where one row lies in `bytes`.
    public struct Span: Sendable, Hashable {
        public var start: Int
        public var keyEnd: Int
        public var canonicalEnd: Int
        public var end: Int

        public init(start: Int, keyEnd: Int, canonicalEnd: Int, end: Int) {
            self.start = start
            self.keyEnd = keyEnd
            self.canonicalEnd = canonicalEnd
            self.end = end
        }
    }

    public private(set) var bytes: [UInt8] = []
    public private(set) var rows: [Span] = []
    private var ciphers: [[UInt8]] = []
    private var open = Span(start: 0, keyEnd: 0, canonicalEnd: 0, end: 0)

    public init() {}

    public mutating func reserve(rows count: Int, bytesPerRow: Int) {
        rows.reserveCapacity(count)
        bytes.reserveCapacity(count * bytesPerRow)
    }

    @inline(__always)
    public mutating func beginRow() {
        open.start = bytes.count
        ciphers.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    public mutating func key(_ number: Int64) { Key.append(number, to: &bytes) }

    public mutating func key(_ text: UnsafeRawBufferPointer) {
        bytes.append(0x20)
        bytes.append(contentsOf: text)
        bytes.append(0x00)
    }

    @inline(__always)
    public mutating func endKey() { open.keyEnd = bytes.count }

    @inline(__always)
    public mutating func null() { bytes.append(0x00) }

    @inline(__always)
    public mutating func integer(_ number: Int64) {
        bytes.append(0x01)
        WireWriter.append(UInt64(bitPattern: number << 1 ^ number >> 63), to: &bytes)
    }

    public mutating func boolean(_ value: Bool) {
        bytes.append(0x01)
        bytes.append(value ? 1 : 0)
    }

    /// Text or bytes.
    @inline(__always)
    public mutating func block(_ value: UnsafeRawBufferPointer) {
        bytes.append(0x01)
        WireWriter.append(UInt64(value.count), to: &bytes)
        bytes.append(contentsOf: value)
    }

    public mutating func sealed(_ value: SealedValue) {
        bytes.append(0x01)
        WireWriter.append(UInt64(value.vaultKey.utf8.count), to: &bytes)
        bytes.append(contentsOf: value.vaultKey.utf8)
        bytes.append(contentsOf: value.fingerprint)
        ciphers.append(value.cipher)
    }

    @inline(__always)
    public mutating func endRow() {
        open.canonicalEnd = bytes.count
        for cipher in ciphers {
            WireWriter.append(UInt64(cipher.count), to: &bytes)
            bytes.append(contentsOf: cipher)
        }
        open.end = bytes.count
        rows.append(open)
    }

    /// Forgets the row begun last: it turned out to be refused.
    public mutating func dropRow() { bytes.removeSubrange(open.start...) }

    public func key(of row: Span) -> Key { Key(bytes: Array(bytes[row.start..<row.keyEnd])) }

    /// The last key of a row begun but not ended: what a refused row is named by.
    public var openKey: Key { Key(bytes: Array(bytes[open.start..<open.keyEnd])) }

    public var count: Int { rows.count }

    /// SHA-256 over the canonical encodings of all rows, one behind the other.
    public func digest() -> [UInt8] {
        var digest = RowDigest()
        for row in rows { digest.add(self, row) }
        return digest.finish()
    }

    /// The first 16 bytes of the SHA-256 of one row's canonical encoding.
    public func digest(of row: Span) -> [UInt8] {
        RowDigest.short(of: bytes, row.start..<row.canonicalEnd)
    }
}

/// One value as it lies in a frame; bounds point into the reader's bytes.
public enum WireValue {
    case null
    case integer(Int64)
    case boolean(Bool)
    case block(Range<Int>)
    case sealed(vaultKey: Range<Int>, fingerprint: Range<Int>)
}

extension WireReader {
    /// The next key component, bounds of a text pointing into `bytes`.
    @inline(__always)
    public mutating func keyValue(_ type: ColumnType) throws -> WireValue {
        let tag = try byte()
        switch (tag, type) {
        case (0x10, .integer):
            guard end - position >= 8 else { throw Self.malformed("ends too early") }
            var ordered: UInt64 = 0
            for offset in 0..<8 { ordered = ordered << 8 | UInt64(bytes[position + offset]) }
            position += 8
            return .integer(Int64(bitPattern: ordered ^ (1 << 63)))
        case (0x20, .text):
            let start = position
            while try byte() != 0x00 {}
            return .block(start..<(position - 1))
        default: throw Self.malformed("has a key of another type than its table")
        }
    }

    /// The next value of a column that is not part of the key.
    @inline(__always)
    public mutating func value(_ column: Column) throws -> WireValue {
        switch try byte() {
        case 0x00:
            guard column.isNullable else {
                throw Self.malformed("has no value for \(column.name), which needs one")
            }
            return .null
        case 0x01: break
        default: throw Self.malformed("has a value that is neither there nor NULL")
        }
        switch column.type {
        case .integer, .decimal, .date, .timestamp, .localTime:
            let zigzag = try number()
            return .integer(Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1))
        case .boolean:
            let flag = try byte()
            guard flag <= 1 else { throw Self.malformed("has a boolean other than 0 and 1") }
            return .boolean(flag == 1)
        case .text, .bytes: return .block(try blockBounds())
        case .sealed:
            let vaultKey = try blockBounds()
            let name = bytes[vaultKey]
            guard !name.contains(0x00), String(validating: name, as: UTF8.self) != nil else {
                throw Self.malformed("has a vault key whose name is no text")
            }
            guard end - position >= 32 else { throw Self.malformed("ends too early") }
            defer { position += 32 }
            return .sealed(vaultKey: vaultKey, fingerprint: position..<(position + 32))
        }
    }
}
