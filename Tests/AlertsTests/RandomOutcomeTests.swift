import SyncEngine
import SyncModel
import SyncProtocol
import Testing

@testable import Alerts

/// Laws that hold whatever happens, in whatever order.
struct RandomOutcomeTests {
    private enum Step {
        case run(RunRecord)
        case ticks(Int, isPaused: Bool)
        case jump(minutes: Int)
    }

    private func step(_ dice: inout SplitMix, _ now: Timestamp) -> Step {
        switch Int.random(in: 0..<14, using: &dice) {
        case 0: .run(.ended(.failed, .noCentral, at: now))
        case 1, 2: .run(.ended(.failed, .unreachable, at: now))
        case 3: .run(.ended(.failed, at: now))
        case 4: .run(.ended(.held, .waiting, .refused, at: now))
        case 5: .run(.ended(.held, .lineage, at: now, held: 0))
        case 6: .run(.ended(.stopped, at: now))
        case 7: .run(.ended(.completedWithErrors, .badTable, at: now))
        case 8: .run(.ended(.completedWithErrors, .refused, at: now))
        case 9: .run(.ended(.failed, .noCentral, at: now, purpose: .verify))
        case 10, 11: .run(.ended(.succeeded, at: now))
        case 12:
            .ticks(
                [1, 4, 14, 50].randomElement(using: &dice)!,
                isPaused: Int.random(in: 0..<4, using: &dice) == 0)
        default: .jump(minutes: [-200, -1, 25, 400].randomElement(using: &dice)!)
        }
    }

    private func restarted(_ state: AlertState) throws -> AlertState {
        try WireJSON.decode(from: WireJSON.encode(state))
    }

    /// A state that lives on, and one that is read anew from its file now and then.
    private struct Twins {
        var steady = AlertState()
        var restarted = AlertState()
        var begun: Set<AlertCondition> = []
        var dice: SplitMix
    }

    private func check(
        _ event: AlertState.Event, _ now: Timestamp, _ twins: inout Twins
    ) throws {
        if Bool.random(using: &twins.dice) { twins.restarted = try restarted(twins.restarted) }
        let alerts = twins.steady.handle(event, at: now, rules: .halfHourly)
        #expect(twins.restarted.handle(event, at: now, rules: .halfHourly) == alerts)
        if case .finished(let record) = event, record.outcome == .succeeded {
            #expect(alerts.allSatisfy { $0.event == .ended }, "an alert on a success")
        }
        for alert in alerts {
            let condition = try #require(alert.condition)
            if alert.event == .began {
                #expect(twins.begun.insert(condition).inserted, "told twice: \(condition)")
            } else {
                #expect(twins.begun.remove(condition) != nil, "ended, but never told: \(condition)")
            }
        }
        #expect(twins.begun == Set(twins.steady.told))
        #expect(!twins.begun.isSuperset(of: [.failing, .silent]), "told as two things")
        for state in [\Twins.steady, \.restarted] {
            twins[keyPath: state].outbox.post(alerts, to: AlertChannel.allCases, at: now)
        }
        #expect(twins.restarted == twins.steady)
        let most = AlertCondition.allCases.count * AlertChannel.allCases.count
        #expect(twins.steady.outbox.deliveries.count <= most)
    }

    @Test(arguments: 0..<60)
    func `every beginning is followed by its end, and a restart changes nothing`(
        seed: UInt64
    ) throws {
        var dice = SplitMix(seed: seed)
        var now = Timestamp.morning
        var twins = Twins(dice: dice)
        for _ in 0..<120 {
            switch step(&dice, now) {
            case .run(let record):
                try check(.finished(record), now, &twins)
                now = now + 1
            case .ticks(let count, let isPaused):
                for _ in 0..<count {
                    now = now + 5
                    try check(.tick(lastGood: nil, isPaused: isPaused), now, &twins)
                }
            case .jump(let minutes): now = now + minutes
            }
        }
        try check(.finished(.ended(.succeeded, at: now)), now, &twins)
        #expect(twins.begun.isEmpty)
    }
}

/// Chance that is the same for the same seed.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
