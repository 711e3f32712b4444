import SyncEngine
import SyncModel
import Testing

@testable import Alerts

struct AlertStateTests {
    private var state = AlertState()
    private let start = Timestamp.morning

    // MARK: Failing

    @Test mutating func `what a person must mend is told at the first failure`() {
        let alerts = state.finished(.ended(.failed, .noCentral))
        #expect(alerts.words == ["failing began"])
        #expect(alerts[0].since == start + -5)
        #expect(alerts[0].causes.map(\.message) == ["Central cannot be opened."])
        #expect(alerts[0].run == RunID(rawValue: "run-1"))
    }

    @Test mutating func `what may pass by itself is told at the second failure in a row`() {
        #expect(state.finished(.ended(.failed, .unreachable)) == [])
        let alerts = state.finished(.ended(.failed, .unreachable, at: start + 30))
        #expect(alerts.words == ["failing began"])
        #expect(alerts[0].runs == 2)
        #expect(alerts[0].since == start + -5)
    }

    @Test mutating func `a second failure that is not in a row is none`() {
        #expect(state.finished(.ended(.failed, .unreachable)) == [])
        #expect(state.finished(.ended(.succeeded, at: start + 30)) == [])
        #expect(state.finished(.ended(.failed, .unreachable, at: start + 60)) == [])
    }

    @Test mutating func `what may pass by itself is told after an hour, where runs are rare`() {
        #expect(state.ticks(-10...0) == [])
        #expect(state.finished(.ended(.failed, .unreachable)) == [])
        #expect(state.ticks(1...54) == [])
        #expect(state.ticks(55...200).words == ["failing began"])
    }

    @Test mutating func `a failure before the machine slept waits for the run after it`() {
        _ = state.tick(start)
        #expect(state.finished(.ended(.failed, .unreachable)) == [])
        #expect(state.tick(start + 300) == [])
        #expect(state.finished(.ended(.succeeded, at: start + 301)) == [])
    }

    @Test mutating func `a failure is told once, and its end once`() {
        _ = state.finished(.ended(.failed, .noCentral))
        #expect(state.finished(.ended(.failed, .noCentral, at: start + 30)) == [])
        #expect(state.finished(.ended(.stopped, at: start + 40)) == [])
        let alerts = state.finished(.ended(.completedWithErrors, .refused, at: start + 60))
        #expect(alerts.words == ["failing ended"])
        #expect(alerts[0].since == start + -5)
        #expect(alerts[0].runs == 2)
        #expect(state.finished(.ended(.succeeded, at: start + 90)) == [])
    }

    @Test mutating func `a failure of a dry run, and a stopped run, are none`() {
        #expect(state.finished(.ended(.failed, .noCentral, purpose: .dryRun)) == [])
        #expect(state.finished(.ended(.failed, .noCentral, purpose: .verify)) == [])
        #expect(state.finished(.ended(.stopped)) == [])
        #expect(state == AlertState())
    }

    // MARK: What waits

    @Test mutating func `held removals are told once, with counts, and once when none wait`() {
        let alerts = state.finished(.ended(.held, .waiting, .refused, held: 40))
        #expect(alerts.words == ["held began"])
        #expect(alerts[0].counts == [.init(dataSet: "Client List", rows: 40)])
        #expect(state.finished(.ended(.held, .waiting, at: start + 30, held: 900)) == [])
        #expect(state.finished(.ended(.failed, .noCentral, at: start + 40)).count == 1)
        let ended = state.finished(.ended(.succeeded, at: start + 60))
        #expect(ended.words == ["failing ended", "held ended"])
    }

    @Test mutating func `the question whose Central it is is told by itself`() {
        _ = state.finished(.ended(.held, .waiting))
        let alerts = state.finished(.ended(.held, .lineage, at: start + 30, held: 0))
        #expect(alerts.words == ["lineage began"])
        #expect(alerts[0].causes.map(\.hint) == ["Run `syncworker approve`."])
        #expect(state.ticks(31...600) == [])
        let ended = state.finished(.ended(.held, .waiting, at: start + 601))
        #expect(ended.words == ["lineage ended"])
        #expect(state.told == [.held])
    }

    @Test mutating func `records that are refused are everyday work`() {
        #expect(state.finished(.ended(.completedWithErrors, .refused)) == [])
    }

    @Test mutating func `a data set that cannot be synchronised at all is told`() {
        let alerts = state.finished(.ended(.completedWithErrors, .badTable, .refused))
        #expect(alerts.words == ["incomplete began"])
        #expect(
            alerts[0].causes == [
                .init(
                    message: "Employee List could not be synchronised.", hint: "Check the query.")
            ])
        let ended = state.finished(.ended(.completedWithErrors, .refused, at: start + 30))
        #expect(ended.words == ["incomplete ended"])
    }

    // MARK: Silence

    @Test mutating func `silence is told after three hours, once, and its end once`() {
        _ = state.tick(start)
        _ = state.finished(.ended(.succeeded))
        #expect(state.ticks(1...180) == [])
        let alerts = state.ticks(181...600)
        #expect(alerts.words == ["silent began"])
        #expect(alerts[0].since == start)
        #expect(state.finished(.ended(.succeeded, at: start + 601)).words == ["silent ended"])
    }

    @Test func `silence is told after four intervals where they are long`() {
        let rules = AlertRules(interval: .seconds(6 * 3600))
        #expect(rules.silentAfter == .seconds(24 * 3600))
        #expect(AlertRules.halfHourly.silentAfter == .seconds(3 * 3600))
    }

    @Test mutating func `failures are told as failures, not as silence, too`() {
        _ = state.tick(start)
        _ = state.finished(.ended(.succeeded))
        #expect(state.finished(.ended(.failed, .noCentral, at: start + 30)).count == 1)
        #expect(state.ticks(31...900) == [])
        #expect(state.finished(.ended(.succeeded, at: start + 901)).words == ["failing ended"])
    }

    @Test mutating func `silence that was told is not told again as a failure`() {
        _ = state.tick(start)
        _ = state.finished(.ended(.succeeded))
        #expect(state.ticks(1...200).words == ["silent began"])
        #expect(state.finished(.ended(.failed, .noCentral, at: start + 201)) == [])
        #expect(state.ticks(201...400) == [])
        #expect(state.finished(.ended(.succeeded, at: start + 401)).words == ["silent ended"])
        #expect(state.finished(.ended(.failed, .unreachable, at: start + 430)) == [])
    }

    @Test mutating func `a pause is no silence, nor is the time just after it`() {
        _ = state.tick(start)
        _ = state.finished(.ended(.succeeded))
        #expect(state.ticks(1...900, isPaused: true) == [])
        #expect(state.ticks(901...1080) == [])
        #expect(state.ticks(1081...1200).words == ["silent began"])
    }

    @Test mutating func `a machine that slept was not silent`() {
        _ = state.tick(start)
        _ = state.finished(.ended(.succeeded))
        #expect(state.tick(start + 60 * 60) == [])
        #expect(state.finished(.ended(.succeeded, at: start + 60 * 60 + 5)) == [])
    }

    @Test mutating func `before the first synchronisation nothing is silent`() {
        #expect(state.ticks(0...2000) == [])
    }

    @Test mutating func `what somebody else remembers of the last good one counts`() {
        for minute in 0...180 {
            #expect(state.tick(start + minute, lastGood: start + -600) == [])
        }
        #expect(state.tick(start + 181, lastGood: start + -600).words == ["silent began"])
    }

    @Test mutating func `a clock that was put back makes nobody silent, and nothing wait for it`() {
        _ = state.tick(start)
        _ = state.finished(.ended(.succeeded))
        let before = start + -60 * 24
        #expect(state.ticks(0...180, from: before) == [])
        #expect(state.ticks(181...200, from: before).words == ["silent began"])
    }
}
