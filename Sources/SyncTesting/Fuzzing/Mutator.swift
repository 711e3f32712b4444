import SyncModel
import SyncProtocol

/// Makes inputs out of a corpus: the same seed and corpus, the same input.
public struct Mutator: Sendable {
    private let corpus: FuzzCorpus
    var random: SplitMix

    public init(_ corpus: FuzzCorpus, seed: UInt64) {
        self.corpus = corpus
        random = SplitMix(seed: seed)
    }

    /// One in so many inputs is huge, or unfolds to something huge.
    private static let hugeOneIn = 4_000

    public mutating func input() -> FuzzInput {
        let kind = pick(FuzzKind.allCases + [.batch, .batch, .batch, .plan, .plan])
        let seed = pick(corpus.inputs(kind))
        let isHuge = random.below(Self.hugeOneIn) == 0
        guard let frame = kind.frame else {
            let bytes = isHuge ? hugeJSON(seed) : json(seed, other: pick(corpus.inputs(kind)))
            return FuzzInput(kind: kind, bytes: bytes)
        }
        let bytes = isHuge ? bomb(frame) : self.frame(seed, frame, kind)
        return FuzzInput(kind: kind, bytes: bytes)
    }

    // MARK: Frames

    private mutating func frame(
        _ seed: [UInt8], _ frame: Frame.Kind, _ kind: FuzzKind
    ) -> [UInt8] {
        let other = pick(corpus.inputs(kind))
        guard let content = try? Frame.open(frame, seed, contentBytesMax: .max),
            let others = try? Frame.open(frame, other, contentBytesMax: .max)
        else { return bytes(seed, other: other) }
        switch random.below(20) {
        // As it came: the whole way has to be open.
        case 0: return seed
        case 1...2: return bytes(seed, other: other)
        case 3...4: return lying(bytes(content, other: others), frame)
        case 5...6: return recompressed(bytes(content, other: others), frame)
        case 7: return recompressed(content, frame)
        default: return Frame.seal(frame, bytes(content, other: others))
        }
    }

    // MARK: Bytes

    /// One to four changes of a few bytes each.
    mutating func bytes(_ seed: [UInt8], other: [UInt8]) -> [UInt8] {
        var bytes = seed
        repeat { change(&bytes, other) } while random.below(3) == 0
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
        let at = random.below(bytes.count + 1)
        let slice = at..<min(bytes.count, at + 1 + random.below(pick([1, 4, 16, 64])))
        switch random.below(10) {
        case 0...1 where !slice.isEmpty: bytes[at] ^= 1 << UInt8(random.below(8))
        case 2 where !slice.isEmpty:
            bytes[at] = pick([0x00, 0x01, 0x10, 0x20, 0x7F, 0x80, 0xFF, UInt8(random.below(256))])
        case 3: bytes.removeSubrange(slice)
        case 4: bytes.insert(contentsOf: bytes[slice], at: at)
        case 5:
            let from = random.below(other.count + 1)
            bytes.insert(contentsOf: other[from...].prefix(1 + random.below(64)), at: at)
        case 6: bytes.replaceSubrange(at..., with: other[min(at, other.count)...])
        case 7: bytes.removeSubrange(at...)
        case 8: bytes.insert(contentsOf: interesting(), at: at)
        default:
            let number = interesting()
            bytes.replaceSubrange(at..<min(bytes.count, at + number.count), with: number)
        }
    }

    private static let ends: [UInt64] = [
        0, 1, 127, 128, 255, 256, 1 << 20, 1 << 24, 1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, .max,
    ]

    /// A number at the end of some range: as LEB128, in no shortest form, as eight bytes, as a key.
    private mutating func interesting() -> [UInt8] {
        let number = pick(Self.ends) &+ UInt64(random.below(2))
        var writer = WireWriter()
        writer.number(number)
        switch random.below(5) {
        case 0: return [UInt8](repeating: 0x80, count: 1 + random.below(10)) + [0x00]
        case 1: return withUnsafeBytes(of: number.bigEndian, Array.init)
        case 2: return Key(Int64(bitPattern: number)).bytes
        default: return writer.bytes
        }
    }

    mutating func pick<T>(_ choices: [T]) -> T { choices[random.below(choices.count)] }
}
