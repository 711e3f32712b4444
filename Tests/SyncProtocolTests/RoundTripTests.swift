import SyncModel
import SyncProtocol
import Testing

@Suite("What is written is read back")
struct RoundTripTests {
    private static let seeds: ClosedRange<UInt64> = 1...40

    @Test("Rows of every type", arguments: seeds)
    func rows(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let rows = random.rows(Examples.everyType, count: 50)
        let block = Rows.encode(rows, Examples.everyType)
        #expect(try Rows.decode(block.bytes, Examples.everyType) == rows)
        for (row, span) in zip(rows, block.rows) {
            #expect(block.key(of: span).values == Array(Self.key(row)))
        }
    }

    private static func key(_ row: [Value]) -> [KeyValue] {
        row[..<Examples.everyType.keyCount].compactMap { value in
            switch value {
            case .integer(let number): .integer(number)
            case .text(let text): .text(text)
            default: nil
            }
        }
    }

    @Test("Digests take no part of a cipher text")
    func digestsLeaveCiphersOut() throws {
        let row = try Examples.rowOfEveryType()
        let other = row.map { value in
            guard case .sealed(var sealed) = value else { return value }
            sealed.cipher = [0x01]
            return .sealed(sealed)
        }
        let blocks = [row, other].map { Rows.encode([$0], Examples.everyType) }
        #expect(blocks[0].bytes != blocks[1].bytes)
        #expect(blocks[0].digest() == blocks[1].digest())
        #expect(blocks[0].digest(of: blocks[0].rows[0]) == blocks[1].digest(of: blocks[1].rows[0]))
    }

    @Test("A row that was dropped leaves nothing behind")
    func droppedRow() throws {
        let row = Examples.client(1, "A1", isActive: true)
        var block = Rows.encode([row], Examples.clients)
        let before = block
        block.beginRow()
        block.key(2)
        block.endKey()
        #expect(block.openKey == Key(2))
        block.dropRow()
        #expect(block.bytes == before.bytes)
        #expect(block.rows == before.rows)
    }

    @Test("Batches", arguments: seeds)
    func batches(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let rowCount = Int.random(in: 0...60, using: &random)
        let rows = Rows.encode(random.rows(Examples.clients, count: rowCount), Examples.clients)
        let isLoad = Bool.random(using: &random)
        let batch = Batch(
            table: TableName(rawValue: random.text()), run: RunID(rawValue: random.text()),
            number: Int.random(in: 1...100_000, using: &random),
            load: isLoad ? LoadID(rawValue: "l" + random.text()) : nil,
            mark: Bool.random(using: &random) ? Mark(rawValue: "m" + random.text()) : nil,
            covers: isLoad ? [.prefix(Key(1)), .prefix(Key(3))].shuffled(using: &random) : [],
            replaces: [
                Replace(range: random.range(), except: [], rows: rows.bytes, rowCount: rowCount),
                Replace(
                    range: random.range(), except: [random.key(count: 1), random.key(count: 3)],
                    rows: [], rowCount: 0),
            ])
        let read = try Batch(
            frame: batch.encoded(), contentBytesMax: Examples.contentBytesMax)
        #expect(read == batch)
        #expect(read.rowCount == rowCount)
    }

    @Test("Plans", arguments: seeds)
    func plans(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...8, using: &random)
        let plan = Plan(
            table: TableName(rawValue: random.text()),
            entries: (0..<count).map { index in
                Plan.Entry(
                    range: random.range(), except: [random.key(count: 2)],
                    content: index % 2 == 0
                        ? .probe(
                            count: Int.random(in: 0...(.max), using: &random),
                            digest: random.bytes(count: 32))
                        : .detail(
                            (0..<20).map { _ in
                                Plan.RowName(
                                    key: random.key(count: 2), digest: random.bytes(count: 16))
                            }))
            })
        #expect(
            try Plan(frame: plan.encoded(), contentBytesMax: Examples.contentBytesMax) == plan)
    }

    @Test("Answers to plans", arguments: seeds)
    func planAnswers(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 0...8, using: &random)
        let answer = PlanAnswer(
            verdicts: (0..<count).map { index in
                switch index % 3 {
                case 0: return .equal
                case 1: return .differs
                default:
                    let verdicts: [PlanAnswer.RowVerdict] = [.equal, .changed, .added]
                    return .detail(
                        .init(
                            rows: (0..<200).map { _ in verdicts.randomElement(using: &random)! },
                            removed: [random.key(count: 1), random.key(count: 2)],
                            held: Int.random(in: 0...2, using: &random)))
                }
            })
        let frame = answer.encoded()
        #expect(
            try PlanAnswer(frame: frame, contentBytesMax: Examples.contentBytesMax) == answer)
    }

    @Test("Frames of every length around the one where compression begins")
    func frames() throws {
        var random = SeededGenerator(seed: 7)
        for count in [0, 1, 127, 128, 255, 256, 257, 1000, 70_000] {
            for content in [random.bytes(count: count), [UInt8](repeating: 0x61, count: count)] {
                let frame = Frame.seal(.plan, content)
                #expect(frame[5] == (count > 256 ? 1 : 0))
                #expect(try Frame.open(.plan, frame, contentBytesMax: count) == content)
            }
        }
    }

    @Test("Keys and ranges as JSON", arguments: seeds)
    func keysAsJSON(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let keys = (1...3).map { random.key(count: $0) }
        #expect(try WireJSON.decode([Key].self, from: WireJSON.encode(keys)) == keys)
        let ranges = [random.range(), .everything]
        #expect(try WireJSON.decode([KeyRange].self, from: WireJSON.encode(ranges)) == ranges)
        let bound = KeyBound(random.range().upTo)
        #expect(try WireJSON.decode([KeyBound].self, from: WireJSON.encode([bound])) == [bound])
    }

    @Test("The states of a run")
    func runStates() throws {
        let receipt = Receipt(
            run: RunID(rawValue: "r7"), version: 4,
            committedAt: try #require(Timestamp("2026-11-23 08:30:00.000001")),
            counts: [Examples.clients.name: Counts(added: 1)],
            rows: [Examples.clients.name: 40], checkpoints: [:], exceptions: [])
        let states: [RunState] = [
            .committed(receipt), .committing, .open, .aborted(reason: "a later run was opened"),
        ]
        for state in states {
            #expect(try WireJSON.decode(RunState.self, from: WireJSON.encode(state)) == state)
        }
        #expect(
            String(decoding: try WireJSON.encode(RunState.committing), as: UTF8.self)
                == #"{"state":"committing"}"#)
    }
}
