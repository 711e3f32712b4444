import CZstd
import Crypto
import SyncModel
import SyncProtocol

/// Frames whose envelope says something else than is in it, or is folded as nobody folds it.
extension Mutator {
    /// An envelope, each part of which may be wrong.
    private struct Envelope {
        var magic: [UInt8] = [0x53, 0x57, 0x46, 0x01]
        var kind: UInt8
        var compression: UInt8
        var length: UInt64
        var digest: [UInt8]
        var body: [UInt8]

        var bytes: [UInt8] {
            var writer = WireWriter()
            writer.bytes = magic + [kind, compression]
            writer.number(length)
            return writer.bytes + digest + body
        }
    }

    private mutating func envelope(_ content: [UInt8], _ kind: Frame.Kind) -> Envelope {
        let level = Int32(pick([-100, -5, 1, 3, 9, 19]))
        let body = random.below(4) == 0 ? content : Zstd.fold(content, level: level)
        return Envelope(
            kind: kind.rawValue, compression: body == content ? 0 : 1,
            length: UInt64(content.count), digest: RowDigest.of(content), body: body)
    }

    /// Right but for its folding: other levels, a checksum, no size in zstd's own header, two
    /// frames one behind the other, a frame that is to be skipped.
    mutating func recompressed(_ content: [UInt8], _ kind: Frame.Kind) -> [UInt8] {
        var envelope = envelope(content, kind)
        envelope.compression = 1
        switch random.below(6) {
        case 0: envelope.body = Zstd.fold(content, level: 3, namesSize: false)
        case 1: envelope.body = Zstd.fold(content, level: 3, hasChecksum: true)
        case 2:
            let half = random.below(content.count + 1)
            envelope.body =
                Zstd.fold(Array(content[..<half]), level: 1)
                + Zstd.fold(Array(content[half...]), level: 1)
        case 3: envelope.body += [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
        case 4: envelope.body = Zstd.frame(names: UInt64(content.count), raw: content, runs: 0)
        default: break
        }
        return envelope.bytes
    }

    /// One part of the envelope is a lie.
    mutating func lying(_ content: [UInt8], _ kind: Frame.Kind) -> [UInt8] {
        var envelope = envelope(content, kind)
        let size = UInt64(content.count)
        switch random.below(8) {
        case 0: envelope.length = pick([0, size &+ 1, size &- 1, 1 << 20, 1 << 40, .max])
        case 1: envelope.digest[random.below(32)] ^= 1
        case 2: envelope.kind = UInt8(random.below(6))
        case 3: envelope.compression = UInt8(random.below(4))
        case 4: envelope.body = bytes(envelope.body, other: content)
        case 5: envelope.magic[random.below(4)] ^= 1 << UInt8(random.below(8))
        case 6:
            let names = pick([0, size &+ 1, 1 << 30, .max])
            envelope.body = Zstd.frame(names: names, raw: content, runs: 0)
            envelope.compression = 1
        default:
            // What is behind the end of the frame.
            envelope.body += bytes(content, other: envelope.digest)
        }
        return envelope.bytes
    }

    // MARK: Bombs

    /// A few hundred bytes that unfold to 64 MiB, or would to gigabytes.
    mutating func bomb(_ kind: Frame.Kind) -> [UInt8] {
        let head = head(kind)
        let fill = pick([0x00, 0x01, 0x10, 0x80] as [UInt8])
        let isInside = random.below(3) > 0
        let runs = isInside ? (64 << 20) / Zstd.runBytes - 1 : 1 << pick([10, 13, 15])
        let size = UInt64(head.count + runs * Zstd.runBytes)
        // Where it is larger than agreed on, it may say that it is small.
        let named = isInside || random.below(2) == 0 ? size : UInt64(1 + random.below(1 << 20))
        return Envelope(
            kind: kind.rawValue, compression: 1, length: named,
            digest: isInside ? Self.digest(head, fill, runs) : head.prefix(0) + RowDigest.of(head),
            body: Zstd.frame(names: named, raw: head, runs: runs, of: fill)
        ).bytes
    }

    /// What makes the rest of a content a list as long as can be.
    private mutating func head(_ kind: Frame.Kind) -> [UInt8] {
        var writer = WireWriter()
        if kind != .planAnswer { writer.text("clients") }
        if kind == .batch {
            writer.text("run")
            writer.number(1)
            writer.text("")
            writer.text("")
            if random.below(2) == 0 { writer.number(0) }
        }
        writer.number(pick([(64 << 20) - 200_000, 32 << 20, 12 << 20, 1 << 20, 1 << 17]))
        return writer.bytes
    }

    private static func digest(_ head: [UInt8], _ fill: UInt8, _ runs: Int) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: head)
        let run = [UInt8](repeating: fill, count: Zstd.runBytes)
        for _ in 0..<runs { hash.update(data: run) }
        return Array(hash.finalize())
    }
}

/// Zstd as the fuzzer needs it.
enum Zstd {
    static let runBytes = 128 << 10

    static func fold(
        _ content: [UInt8], level: Int32, namesSize: Bool = true, hasChecksum: Bool = false
    ) -> [UInt8] {
        guard let context = ZSTD_createCCtx() else { return content }
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, namesSize ? 1 : 0)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, hasChecksum ? 1 : 0)
        let bound = ZSTD_compressBound(content.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            let written = ZSTD_compress2(
                context, target.baseAddress, bound, content, content.count)
            count = ZSTD_isError(written) == 0 ? written : 0
        }
    }

    /// A frame made by hand (RFC 8878, section 3.1.1): `raw`, then `runs` runs of one byte, four
    /// bytes for each 128 KiB.
    static func frame(names size: UInt64, raw: [UInt8], runs: Int, of fill: UInt8 = 0) -> [UInt8] {
        // A window of 128 KiB, and a size of eight bytes.
        var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xC0, 0x38]
        frame += withUnsafeBytes(of: size.littleEndian, Array.init)
        var blocks: [(type: UInt32, size: Int, bytes: [UInt8])] = stride(
            from: 0, to: raw.count, by: runBytes
        ).map { start in
            let part = Array(raw[start..<min(raw.count, start + runBytes)])
            return (0, part.count, part)
        }
        blocks += (0..<runs).map { _ in (1, runBytes, [fill]) }
        if blocks.isEmpty { blocks = [(0, 0, [])] }
        for (index, block) in blocks.enumerated() {
            let isLast: UInt32 = index == blocks.count - 1 ? 1 : 0
            let header = isLast | block.type << 1 | UInt32(block.size) << 3
            frame += withUnsafeBytes(of: header.littleEndian) { Array($0.prefix(3)) }
            frame += block.bytes
        }
        return frame
    }
}
