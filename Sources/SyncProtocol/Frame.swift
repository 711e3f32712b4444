import CZstd
import SyncModel

/// The envelope of every binary body:
/// `"SWF"`, version (1), kind, compression (0 none, 1 zstd), length of the content (LEB128),
/// SHA-256 of the content, then the content.
public enum Frame {
    public enum Kind: UInt8, Sendable {
        case batch = 1
        case plan = 2
        case planAnswer = 3
    }

    /// What may unfold however much: rows can be very regular, and so much harms nobody.
    static let unmeasuredBytesMax = 8 << 20
    /// How many times its size anything larger may unfold to.
    static let unfoldingMax = 100

    static let magic: [UInt8] = [0x53, 0x57, 0x46, 0x01]

    public static func seal(_ kind: Kind, _ content: [UInt8]) -> [UInt8] {
        let compressed = content.count > 256 ? compress(content) : nil
        var writer = WireWriter()
        writer.bytes = magic
        writer.byte(kind.rawValue)
        writer.byte(compressed == nil ? 0 : 1)
        writer.number(content.count)
        writer.bytes += RowDigest.of(content)
        writer.bytes += compressed ?? content
        return writer.bytes
    }

    /// Opens a frame and proves its digest. `contentBytesMax` bounds what a small body may unfold
    /// to, before anything of that size is allocated.
    public static func open(
        _ kind: Kind, _ bytes: [UInt8], contentBytesMax: Int
    ) throws -> [UInt8] {
        var reader = WireReader(bytes)
        guard bytes.starts(with: magic) else {
            throw WireReader.malformed("does not begin as a frame of version 1")
        }
        reader.position = magic.count
        guard try reader.byte() == kind.rawValue else {
            throw WireReader.malformed("is of another kind than the request")
        }
        let compression = try reader.byte()
        let length = try reader.number()
        guard length <= UInt64(contentBytesMax) else {
            throw WireReader.malformed("is larger than the \(contentBytesMax) bytes agreed on")
        }
        let digest = try reader.block(exactly: 32)
        let rest = Array(bytes[reader.position...])
        let content: [UInt8]
        switch compression {
        case 0: content = rest
        case 1:
            guard length <= UInt64(max(unmeasuredBytesMax, rest.count * unfoldingMax)) else {
                throw WireReader.malformed("unfolds to more than \(unfoldingMax) times its size")
            }
            content = try decompress(rest, length: Int(length))
        default: throw WireReader.malformed("is compressed in a way that is not known")
        }
        guard content.count == Int(length), RowDigest.of(content) == digest else {
            throw WireReader.malformed("does not match its digest")
        }
        return content
    }

    private static func compress(_ content: [UInt8]) -> [UInt8]? {
        let bound = ZSTD_compressBound(content.count)
        let compressed = [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            let written = ZSTD_compress(
                target.baseAddress, bound, content, content.count, /* level */ 1)
            count = ZSTD_isError(written) == 0 ? written : 0
        }
        return compressed.isEmpty ? nil : compressed
    }

    private static func decompress(_ bytes: [UInt8], length: Int) throws -> [UInt8] {
        // The frame's own header names its size; a bomb that lies about it fails in
        // ZSTD_decompress, which never writes beyond the capacity given.
        guard ZSTD_getFrameContentSize(bytes, bytes.count) == UInt64(length) else {
            throw WireReader.malformed("does not unfold to the length it names")
        }
        var failed = false
        let content = [UInt8](unsafeUninitializedCapacity: length) { target, count in
            let written = ZSTD_decompress(target.baseAddress, length, bytes, bytes.count)
            failed = ZSTD_isError(written) != 0
            count = failed ? 0 : written
        }
        if failed { throw WireReader.malformed("cannot be decompressed") }
        return content
    }
}
