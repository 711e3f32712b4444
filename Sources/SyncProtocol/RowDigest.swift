import Crypto
import SyncModel

/// SHA-256 over canonical rows, fed in pieces large enough to be fast.
public struct RowDigest {
    private var hash = SHA256()
    private var buffer: [UInt8] = []

    public init() { buffer.reserveCapacity(1 << 16) }

    @inline(__always)
    public mutating func add(_ block: RowBlock, _ row: RowBlock.Span) {
        add(block.bytes[row.start..<row.canonicalEnd])
    }

    public mutating func add(_ row: ArraySlice<UInt8>) {
        buffer.append(contentsOf: row)
        if buffer.count > 1 << 16 { flush() }
    }

    private mutating func flush() {
        hash.update(data: buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    /// 32 bytes.
    public mutating func finish() -> [UInt8] {
        flush()
        return Array(hash.finalize())
    }

    /// 32 bytes.
    public static func of(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    /// The first 16 bytes of the digest of a part of `bytes`.
    public static func short(of bytes: [UInt8], _ part: Range<Int>) -> [UInt8] {
        bytes.withUnsafeBytes { all in
            Array(SHA256.hash(data: UnsafeRawBufferPointer(rebasing: all[part])).prefix(16))
        }
    }

    /// 32 hexadecimal digits that name a text: fingerprints of tables, epochs.
    public static func name(of text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).prefix(16).hexadecimal
    }
}
