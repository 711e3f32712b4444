import Foundation
import SyncTesting

/// How far a process of the fuzzer has got: numbers in a file that its parent reads when it died.
final class FuzzProgress {
    private let numbers: UnsafeMutablePointer<UInt64>
    private static let count = 64
    private static let bytes = count * MemoryLayout<UInt64>.size

    init(path: String) throws {
        let file = open(path, O_RDWR | O_CREAT, 0o600)
        guard file >= 0, ftruncate(file, off_t(Self.bytes)) == 0,
            let memory = mmap(nil, Self.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
            memory != MAP_FAILED
        else { throw CocoaError(.fileWriteUnknown) }
        close(file)
        numbers = memory.bindMemory(to: UInt64.self, capacity: Self.count)
    }

    deinit { munmap(numbers, Self.bytes) }

    /// The seed of the input at work; 0 before the first.
    var seed: UInt64 {
        get { numbers[0] }
        set { numbers[0] = newValue }
    }

    /// The most memory that the process ever had, in bytes.
    var memory: UInt64 {
        get { numbers[1] }
        set { numbers[1] = newValue }
    }

    subscript(kind: FuzzKind, verdict: Fuzzer.Verdict) -> UInt64 {
        get { numbers[Self.place(kind, verdict)] }
        set { numbers[Self.place(kind, verdict)] = newValue }
    }

    private static func place(_ kind: FuzzKind, _ verdict: Fuzzer.Verdict) -> Int {
        let index = FuzzKind.allCases.firstIndex(of: kind)!
        return 8 + 2 * index + (verdict == .accepted ? 0 : 1)
    }
}

/// One process of the fuzzer: input after input, until the end or until one ends it.
struct FuzzPart {
    let corpus: FuzzCorpus
    let first: UInt64
    let step: UInt64
    let inputs: UInt64
    let seconds: Int?

    /// No input may need more: 64 MiB of content, in a few copies.
    static let memoryMax: UInt64 = 512 << 20
    /// How a process ends that needed more.
    static let tooMuchMemory: Int32 = 9

    func run(_ progress: FuzzProgress) async throws {
        let fuzzer = try await Fuzzer(corpus)
        let start = ContinuousClock.now
        var seed = first
        for _ in 0..<inputs {
            if let seconds, ContinuousClock.now - start >= .seconds(seconds) { return }
            progress.seed = seed
            var mutator = Mutator(corpus, seed: seed)
            let input = mutator.input()
            do {
                progress[input.kind, try await fuzzer.judge(input)] += 1
            } catch let violation as FuzzViolation {
                FuzzFound.note(seed, "\(violation)")
            }
            progress.memory = Self.memory()
            if progress.memory > Self.memoryMax { exit(Self.tooMuchMemory) }
            seed += step
        }
    }

    private static func memory() -> UInt64 {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return UInt64(usage.ru_maxrss) << 10
    }
}

/// A violation that a process goes on after: a line on its output.
struct FuzzFound: Codable {
    var seed: UInt64
    var what: String

    static func note(_ seed: UInt64, _ what: String) {
        guard let line = try? Output.json(FuzzFound(seed: seed, what: what)) else { return }
        Output.write(line)
    }

    static func all(in output: URL) -> [FuzzFound] {
        let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            try? JSONDecoder().decode(FuzzFound.self, from: Data(line.utf8))
        }
    }
}
