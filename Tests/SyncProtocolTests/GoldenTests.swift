import SyncModel
import SyncProtocol
import Testing

@Suite("The bytes of version 1 never change")
struct GoldenTests {
    @Test("A batch")
    func batch() throws {
        let golden = try Golden.bytes("batch")
        let batch = try Batch(frame: golden, contentBytesMax: Examples.contentBytesMax)
        #expect(batch == (try Examples.batch()))
        #expect(batch.encoded() == golden)
        #expect(
            try Rows.decode(batch.replaces[0].rows, Examples.clients)
                == [Examples.client(5, "A1", isActive: true)])
    }

    @Test("A compressed batch of a load: its content, whatever the compression made of it")
    func compressedBatch() throws {
        let golden = try Golden.bytes("batch-compressed")
        let batch = try Batch(frame: golden, contentBytesMax: Examples.contentBytesMax)
        #expect(batch == Examples.loadBatch())
        let ours = batch.encoded()
        #expect(ours[5] == 1, "compressed")
        #expect(
            try Frame.open(.batch, ours, contentBytesMax: Examples.contentBytesMax)
                == Frame.open(.batch, golden, contentBytesMax: Examples.contentBytesMax))
    }

    @Test("A plan")
    func plan() throws {
        let golden = try Golden.bytes("plan")
        let plan = try Plan(frame: golden, contentBytesMax: Examples.contentBytesMax)
        #expect(plan == Examples.plan())
        #expect(plan.encoded() == golden)
    }

    @Test("A plan's answer")
    func planAnswer() throws {
        let golden = try Golden.bytes("plan-answer")
        let answer = try PlanAnswer(frame: golden, contentBytesMax: Examples.contentBytesMax)
        #expect(answer == Examples.planAnswer)
        #expect(answer.encoded() == golden)
    }

    @Test("A row with a column of every type, and its digests")
    func row() throws {
        let golden = try Golden.bytes("row")
        let row = try Examples.rowOfEveryType()
        #expect(try Rows.decode(golden, Examples.everyType) == [row])
        let block = Rows.encode([row, row], Examples.everyType)
        #expect(Array(block.bytes[..<block.rows[0].end]) == golden)
        #expect(block.digest(of: block.rows[0]) == (try Golden.bytes("row-digest")))
        #expect(block.digest() == (try Golden.bytes("probe-digest")))
    }

    @Test("Keys, in ascending order")
    func keys() throws {
        let golden = try Golden.lines("keys").map(Key.init(bytes:))
        let keys: [[KeyValue]] = [
            [.integer(.min)], [.integer(-1)], [.integer(0)], [.integer(5)],
            [.integer(5), .integer(17)], [.integer(5), .integer(255)], [.integer(6)],
            [.integer(.max)], [.text("")], [.text("a")], [.text("a"), .integer(1)], [.text("ab")],
            [.text("b")], [.text("é")],
        ]
        #expect(keys.map(Key.init) == golden)
        #expect(golden.map(\.values) == keys)
        #expect(golden == golden.sorted())
    }

    @Test("The digest that names a table's shape")
    func shapeDigest() {
        #expect(Examples.clients.digest == "6836c13e08b98410cd8f2fcbb3e1be76")
    }
}
