import SyncModel
import SyncProtocol
import Testing

/// What the fuzzer found, each by its smallest input.
@Suite("Numbers, names and lists have bounds, whoever sends them")
struct BoundsTests {
    private static let contentBytesMax = 8 << 20

    private func refusal(_ body: () throws -> Void) throws -> SyncError? {
        do {
            try body()
            return nil
        } catch let error as SyncError {
            return error
        }
    }

    private func batch(_ write: (inout WireWriter) -> Void) -> [UInt8] {
        var writer = WireWriter()
        for text in ["clients", "run"] { writer.text(text) }
        writer.number(1)
        for text in ["load", "mark"] { writer.text(text) }
        write(&writer)
        return Frame.seal(.batch, writer.bytes)
    }

    private func refusal(of frame: [UInt8]) throws -> SyncError? {
        try refusal { _ = try Batch(frame: frame, contentBytesMax: Self.contentBytesMax) }
    }

    @Test("A list of millions is refused before there is room for it")
    func lists() throws {
        let count = WireReader.elementsMax + 1
        let frame = batch { writer in
            writer.number(count)
            writer.bytes += [UInt8](repeating: 0, count: 2 * count)
        }
        #expect(frame.count < 1_000)
        let error = try refusal(of: frame)
        #expect(error?.message.contains("lists more than") == true)
        var answer = WireWriter()
        answer.number(count)
        answer.bytes += [UInt8](repeating: 0, count: count)
        let sealed = Frame.seal(.planAnswer, answer.bytes)
        let refused = try refusal {
            _ = try PlanAnswer(frame: sealed, contentBytesMax: Self.contentBytesMax)
        }
        #expect(refused?.message.contains("lists more than") == true)
    }

    @Test("Names of servers, places and people are short")
    func people() throws {
        let long = String(repeating: "é", count: WireBounds.nameBytesMax / 2 + 1)
        func refused<T: Codable>(_ message: T) throws -> Bool {
            let bytes = try WireJSON.encode(message)
            return try refusal { _ = try WireJSON.decode(T.self, from: bytes) } != nil
        }
        for (server, place) in [(long, "p"), ("s", long), ("s", "p")] {
            let isLong = server == long || place == long
            let enrolment = EnrolmentRequest(
                protocolVersion: protocolVersion, code: "C", publicKey: "K", server: server,
                place: place)
            #expect(try refused(enrolment) == isLong)
            let takeOver = TakeOverRequest(
                server: server, place: place, lastFence: 0, isConfirmed: true)
            #expect(try refused(takeOver) == isLong)
            let open = OpenRequest(
                run: RunID(rawValue: "r"), lastFence: 0, lastRuns: [], kind: .change,
                purpose: .synchronise, server: server, place: place, shapes: [:])
            #expect(try refused(open) == isLong)
            let answer = AnswerRequest(
                answer: .keep, table: nil, keys: nil, seenAt: nil, person: server, place: place)
            #expect(try refused(answer) == isLong)
        }
        let beyond = TakeOverRequest(
            server: "s", place: "p", lastFence: .max, isConfirmed: true)
        #expect(try refused(beyond))
    }

    @Test("Numbers of rows can be added")
    func rowCounts() throws {
        let frame = batch { writer in
            writer.number(0)
            writer.number(1)
            writer.range(.everything)
            writer.keys([])
            writer.number(UInt64(WireBounds.rowsMax) + 1)
            writer.block([])
        }
        #expect(try refusal(of: frame)?.message.contains("too many rows") == true)
    }

    @Test(
        "Tiles of a batch are disjoint and not empty",
        arguments: [
            [.everything, .everything], [.prefix(Key(1)), .everything],
            [KeyRange(after: Key(2), upTo: Key(2))], [KeyRange(after: Key(3), upTo: Key(2))],
        ] as [[KeyRange]])
    func tiles(_ tiles: [KeyRange]) throws {
        let frame = batch { writer in
            writer.number(tiles.count)
            for tile in tiles { writer.range(tile) }
            writer.number(0)
        }
        #expect(try refusal(of: frame)?.message.contains("twice") == true)
    }

    @Test("A name is no story")
    func names() throws {
        var writer = WireWriter()
        writer.text(String(repeating: "x", count: WireBounds.nameBytesMax + 1))
        let frame = Frame.seal(.batch, writer.bytes)
        #expect(try refusal(of: frame)?.message.contains("a name of more than") == true)
    }

    @Test(
        "The name of a vault key is text", arguments: [[0xFF], [0x61, 0x00], [0xC3]] as [[UInt8]])
    func vaultKeys(_ name: [UInt8]) throws {
        var writer = WireWriter()
        writer.byte(0x01)
        writer.block(name)
        var reader = WireReader(writer.bytes + [UInt8](repeating: 7, count: 32))
        let column = Column(name: "secret", type: .sealed(characters: 5), isNullable: true)
        let error = try refusal { _ = try reader.value(column) }
        #expect(error?.message.contains("vault key") == true)
    }

    @Test("A key with U+0000, or that is a story, is none", arguments: ["a\\u0000b", nil])
    func keys(_ word: String?) throws {
        let word = word ?? String(repeating: "x", count: WireBounds.keyBytesMax)
        let text = #"{"answer":"keep","keys":[["\#(word)"]],"person":"x","table":"clients"}"#
        let error = try refusal {
            _ = try WireJSON.decode(AnswerRequest.self, from: Array(text.utf8))
        }
        #expect(error?.code == .malformed)
        let frame = batch { writer in
            writer.number(1)
            writer.range(KeyRange(after: Key(1), upTo: Key([.text(word)])))
        }
        if word.count > 10 {
            #expect(try refusal(of: frame)?.message.contains("a key of more than") == true)
        }
    }

    @Test("A fence can be counted on from", arguments: [-1, WireBounds.fenceMax + 1, .max])
    func fences(_ fence: Int) throws {
        let request = OpenRequest(
            run: RunID(rawValue: "run"), lastFence: fence, lastRuns: [], kind: .full,
            purpose: .verify, server: "", place: "", shapes: [:])
        let error = try refusal {
            _ = try WireJSON.decode(OpenRequest.self, from: WireJSON.encode(request))
        }
        #expect(error?.message.contains("lastFence") == true)
    }

    @Test("What a commit counts can be added", arguments: [-1, WireBounds.rowsMax + 1, .max])
    func commits(_ number: Int) throws {
        let checkpoint = Checkpoint(
            position: Position(rawValue: "1"), asOf: .first, mark: nil, epoch: "", fingerprint: "")
        func commit(unchanged: Int, rows: Int) -> CommitRequest {
            let table = TableName(rawValue: "clients")
            let refused = RowException(
                table: table, key: Key(1), kind: .refused, code: "x", message: "", hint: "",
                rows: rows)
            let work = TableCommit(
                checkpoint: checkpoint, load: nil, refused: [refused], unchanged: unchanged,
                provedUpTo: nil)
            return CommitRequest(version: 1, batches: 0, tables: [table: work], mark: nil)
        }
        for (field, request) in [
            ("unchanged", commit(unchanged: number, rows: 1)),
            ("rows", commit(unchanged: 0, rows: number)),
        ] {
            let error = try refusal {
                _ = try WireJSON.decode(CommitRequest.self, from: WireJSON.encode(request))
            }
            #expect(error?.message.contains(field) == true)
        }
    }
}
