import SyncModel
import Testing

@testable import Alerts

struct OutboxTests {
    private var outbox = Outbox()
    private let start = Timestamp.morning

    private func alert(
        _ condition: AlertCondition, _ event: Alert.Event, at minutes: Int = 0
    ) -> Alert {
        var alert = Alert.test(at: start + minutes)
        (alert.condition, alert.event) = (condition, event)
        return alert
    }

    @Test mutating func `what could not be sent is tried again, later each time, within an hour`()
        throws
    {
        outbox.post([alert(.failing, .began)], to: [.email], at: start)
        var now = start
        var pauses: [Int64] = []
        for _ in 0..<9 {
            let delivery = try #require(outbox.due(at: now))
            outbox.unsent(delivery, why: "no answer", passes: true, at: now)
            let next = try #require(outbox.deliveries.first?.nextAttempt)
            #expect(outbox.due(at: now) == nil)
            pauses.append((next - now).components.seconds / 60)
            now = next
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(outbox.accounts[.email]?.lastError == "no answer")
    }

    @Test
    mutating func `what a person must mend is tried once an hour, and at once after a restart`()
        throws
    {
        outbox.post([alert(.failing, .began)], to: [.email], at: start)
        outbox.unsent(try #require(outbox.due(at: start)), why: "535", passes: false, at: start)
        #expect(outbox.due(at: start + 59) == nil)
        outbox.retry(at: start + 1)
        #expect(outbox.due(at: start + 1) != nil)
    }

    @Test mutating func `a later message takes the place of one of its condition that is unsent`() {
        outbox.post([alert(.failing, .began)], to: [.email, .webhook], at: start)
        outbox.post([alert(.held, .began)], to: [.email, .webhook], at: start)
        outbox.post([alert(.failing, .ended, at: 9)], to: [.email, .webhook], at: start + 9)
        #expect(
            outbox.deliveries.map(\.alert.id).sorted()
                == [
                    alert(.failing, .ended, at: 9).id, alert(.failing, .ended, at: 9).id,
                    alert(.held, .began).id, alert(.held, .began).id,
                ].sorted())
    }

    @Test mutating func `a message replaced while it was being sent leaves the later one`() throws {
        outbox.post([alert(.failing, .began)], to: [.email], at: start)
        let underway = try #require(outbox.due(at: start))
        outbox.post([alert(.failing, .ended, at: 1)], to: [.email], at: start + 1)
        outbox.sent(underway, at: start + 2)
        #expect(outbox.deliveries.map(\.alert.event) == [.ended])
        #expect(outbox.deliveries[0].attempts == 0)
        #expect(outbox.accounts[.email]?.lastSentAt == start + 2)
    }

    @Test mutating func `recipients that may take it later are asked again, the others are not`()
        throws
    {
        outbox.post([alert(.failing, .began)], to: [.email], at: start)
        let delivery = try #require(outbox.due(at: start))
        outbox.sent(delivery, except: ["b@example.com"], why: "later", at: start)
        #expect(outbox.due(at: start) == nil)
        let again = try #require(outbox.due(at: start + 1))
        #expect(again.left == ["b@example.com"])
        outbox.sent(again, at: start + 1)
        #expect(outbox.deliveries.isEmpty)
        #expect(outbox.accounts[.email]?.lastError == nil)
    }

    @Test mutating func `a clock that was put back puts nothing off for long`() throws {
        outbox.post([alert(.failing, .began)], to: [.email], at: start)
        outbox.unsent(try #require(outbox.due(at: start)), why: "", passes: true, at: start)
        #expect(outbox.due(at: start + -600) != nil)
    }

    @Test mutating func `what was on its way through a channel that is gone is forgotten`() {
        outbox.post([alert(.failing, .began)], to: [.email, .webhook], at: start)
        outbox.keep([.webhook])
        #expect(outbox.deliveries.map(\.channel) == [.webhook])
    }
}
