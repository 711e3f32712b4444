import SyncModel
import SyncProtocol
import Testing

@testable import syncworker

struct HeldListTests {
    private let now = Timestamp("2026-11-25T08:00:00Z")!
    private let clients = TableName(rawValue: "clients")

    private func removal(_ id: Int64) -> RowException {
        RowException(
            table: clients, key: Key(id), kind: .held, code: "held",
            message: "Client \(id) is gone.", hint: "Look at it.", since: now)
    }

    private func approval(_ id: Int64, until time: String) -> StatusAnswer.Approval {
        .init(table: clients, key: Key(id), until: Timestamp(time)!)
    }

    private func list(_ approvals: [StatusAnswer.Approval]?) -> HeldList {
        var waiting = Counts()
        waiting.held = 2
        return HeldList(
            StatusAnswer(
                practiceName: "Example & Co", version: 1, lastCommittedAt: now,
                rows: [:], checkpoints: [:], exceptions: [removal(4), removal(5)],
                waiting: [clients: waiting], lineageQuestion: nil, approvals: approvals),
            now: now)
    }

    @Test func `a removal that is approved is said to be, and until when`() {
        let text = list([approval(5, until: "2026-12-02T08:30:00Z")]).text(.london)
        #expect(text.contains("  - Client 4 is gone.\n"))
        #expect(
            text.contains(
                "  - Client 5 is gone. Approved until Wed 2 Dec 2026 08:30 GMT.\n"))
        #expect(text.contains("1 of them is approved already"))
    }

    @Test func `an approval that has expired is none`() {
        let list = list([approval(5, until: "2026-11-25T08:00:00Z")])
        #expect(list.approvals == [])
        #expect(!list.text(.london).contains("pproved"))
    }

    @Test func `a OneClick that does not say leaves it open`() {
        let list = list(nil)
        #expect(list.approvals == nil)
        #expect(!list.text(.london).contains("pproved"))
    }
}
