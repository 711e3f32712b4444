import SyncModel
import SyncProtocol
import Testing

@Suite("What is damaged is refused, and never more than that")
struct DamageTests {
    enum Kind: String, CaseIterable {
        case batch, compressed = "batch-compressed", plan, planAnswer = "plan-answer"

        var frameKind: Frame.Kind {
            switch self {
            case .batch, .compressed: .batch
            case .plan: .plan
            case .planAnswer: .planAnswer
            }
        }

        func decode(_ frame: [UInt8]) throws {
            switch self {
            case .batch, .compressed:
                _ = try Batch(frame: frame, contentBytesMax: Examples.contentBytesMax)
            case .plan: _ = try Plan(frame: frame, contentBytesMax: Examples.contentBytesMax)
            case .planAnswer:
                _ = try PlanAnswer(frame: frame, contentBytesMax: Examples.contentBytesMax)
            }
        }

        func content(_ frame: [UInt8]) throws -> [UInt8] {
            try Frame.open(frameKind, frame, contentBytesMax: Examples.contentBytesMax)
        }
    }

    /// What a decoder throws, if it throws; anything but a SyncError fails the test.
    private func refusal(_ body: () throws -> Void) throws -> SyncError? {
        do {
            try body()
            return nil
        } catch let error as SyncError {
            return error
        }
    }

    @Test("A frame cut short", arguments: Kind.allCases)
    func truncated(kind: Kind) throws {
        let frame = try Golden.bytes(kind.rawValue)
        for count in 0..<frame.count {
            #expect(
                try refusal { try kind.decode(Array(frame[..<count])) }?.code == .malformed,
                "\(count)")
        }
    }

    @Test("A frame with one bit flipped", arguments: Kind.allCases)
    func flipped(kind: Kind) throws {
        let frame = try Golden.bytes(kind.rawValue)
        let content = try kind.content(frame)
        for bit in 0..<(frame.count * 8) {
            var damaged = frame
            damaged[bit / 8] ^= 1 << (bit % 8)
            let error = try refusal { try kind.decode(damaged) }
            // A few bits of a zstd header mean nothing: then what is inside is unharmed.
            if error == nil, kind == .compressed {
                #expect(try kind.content(damaged) == content, "bit \(bit)")
            } else {
                #expect(error?.code == .malformed, "bit \(bit)")
            }
        }
    }

    @Test("A content cut short, in a frame that is right", arguments: Kind.allCases)
    func truncatedContent(kind: Kind) throws {
        let content = try kind.content(try Golden.bytes(kind.rawValue))
        for count in 0..<content.count {
            let frame = Frame.seal(kind.frameKind, Array(content[..<count]))
            #expect(try refusal { try kind.decode(frame) }?.code == .malformed, "\(count)")
        }
    }

    @Test("A content that goes on behind its end", arguments: Kind.allCases)
    func longerContent(kind: Kind) throws {
        let content = try kind.content(try Golden.bytes(kind.rawValue))
        let frame = Frame.seal(kind.frameKind, content + [0x00])
        #expect(try refusal { try kind.decode(frame) }?.code == .malformed)
    }

    @Test(
        "Contents that are wrong in frames that are right are refused or read, never worse",
        arguments: Kind.allCases)
    func wrongContent(kind: Kind) throws {
        let content = try kind.content(try Golden.bytes(kind.rawValue))
        var random = SeededGenerator(seed: 11)
        for bit in 0..<(content.count * 8) {
            var damaged = content
            damaged[bit / 8] ^= 1 << (bit % 8)
            _ = try refusal { try kind.decode(Frame.seal(kind.frameKind, damaged)) }
        }
        for _ in 0..<2000 {
            let noise = random.bytes(count: Int.random(in: 0...80, using: &random))
            _ = try refusal { try kind.decode(Frame.seal(kind.frameKind, noise)) }
            _ = try refusal { try kind.decode(noise) }
        }
    }

    @Test("Rows that are cut short or flipped")
    func rows() throws {
        let golden = try Golden.bytes("row")
        for count in 1..<golden.count {
            let cut = Array(golden[..<count])
            let error = try refusal { _ = try Rows.decode(cut, Examples.everyType) }
            #expect(error?.code == .malformed, "\(count)")
        }
        for bit in 0..<(golden.count * 8) {
            var damaged = golden
            damaged[bit / 8] ^= 1 << (bit % 8)
            // It is another row, or none: what is read back differs from what was written.
            let read = try? Rows.decode(damaged, Examples.everyType)
            #expect(read != [try Examples.rowOfEveryType()], "bit \(bit)")
            _ = try refusal { _ = try Rows.decode(damaged, Examples.everyType) }
        }
    }

    @Test("A frame is opened only as what it is, and only up to the size agreed on")
    func otherKindsAndSizes() throws {
        let frame = try Golden.bytes("batch-compressed")
        let content = try Frame.open(.batch, frame, contentBytesMax: Examples.contentBytesMax)
        for (kind, most) in [(Frame.Kind.plan, content.count), (.batch, content.count - 1)] {
            let error = try refusal { _ = try Frame.open(kind, frame, contentBytesMax: most) }
            #expect(error?.code == .malformed)
        }
    }

    @Test(
        "Numbers that are too large or not in their shortest form",
        arguments: [
            [0x80], [0x80, 0x00], [0xFF, 0x80, 0x00],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x00],
        ] as [[UInt8]])
    func numbers(bytes: [UInt8]) throws {
        var reader = WireReader(bytes)
        #expect(try refusal { _ = try reader.number() }?.code == .malformed)
    }

    @Test("A message of another version says so; one that cannot be read shows nothing of it")
    func messages() throws {
        let newer = Array(#"{"protocolVersion":2}"#.utf8)
        let broken = Array(#"{"protocolVersion":1,"run":5,"server":"secret"}"#.utf8)
        #expect(
            try refusal { _ = try WireJSON.decode(OpenRequest.self, from: newer) }?.code == .version
        )
        let error = try refusal { _ = try WireJSON.decode(OpenRequest.self, from: broken) }
        #expect(error?.code == .malformed)
        #expect(error?.description.contains("secret") == false)
    }
}
