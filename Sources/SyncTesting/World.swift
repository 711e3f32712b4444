import SyncEngine
import SyncModel
import Synchronization

/// Time, chance and faults of a test: the same seed gives the same world.
public final class World: Sendable {
    /// The durable steps of a run.
    public enum Step: String, Sendable, CaseIterable {
        case begin, open, saveFence, pin, mark, beginLoad, affected, read, plan, ship, commit
        case state, abandon, record
    }

    public enum Moment: String, Sendable, CaseIterable {
        case before
        /// It happened, and nobody was told.
        case after
    }

    /// The process died: nothing it does after this has an effect.
    public struct Crash: Error { public init() {} }

    private struct State {
        var random: SplitMix
        var now: Timestamp
        var today: LocalDate
        var steps: [Step: Int] = [:]
        var isDead = false
    }

    private let state: Mutex<State>
    private let fault: Mutex<@Sendable (Step, Moment, Int) throws -> Void>

    public init(seed: UInt64, today: LocalDate) {
        let midnight = Timestamp(microsecondsSince1970: today.daysSince1970 * 86_400_000_000)
        state = Mutex(
            State(
                random: SplitMix(seed: seed), now: midnight + .seconds(9 * 3600), today: today))
        fault = Mutex { _, _, _ in }
    }

    /// What happens at each step: throw to make it fail. The number counts the step's occurrences
    /// from 1.
    public func onStep(_ body: @escaping @Sendable (Step, Moment, Int) throws -> Void) {
        fault.withLock { $0 = body }
    }

    /// A new process after a crash, and no more faults.
    public func restart() {
        state.withLock {
            $0.isDead = false
            $0.steps = [:]
        }
        onStep { _, _, _ in }
    }

    func call<T>(_ step: Step, _ body: () async throws -> T) async throws -> T {
        let number = try state.withLock { state in
            if state.isDead { throw Crash() }
            state.steps[step, default: 0] += 1
            return state.steps[step]!
        }
        try raise(step, .before, number)
        let result = try await body()
        try raise(step, .after, number)
        return result
    }

    private func raise(_ step: Step, _ moment: Moment, _ number: Int) throws {
        do {
            try fault.withLock(\.self)(step, moment, number)
        } catch let crash as Crash {
            state.withLock { $0.isDead = true }
            throw crash
        }
    }

    /// How often each step was taken since the last start.
    public var steps: [Step: Int] { state.withLock(\.steps) }

    public var now: Timestamp {
        state.withLock { state in
            state.now = state.now + .milliseconds(1)
            return state.now
        }
    }

    public var today: LocalDate { state.withLock(\.today) }

    public func advance(days: Int) {
        state.withLock { state in
            state.now = state.now + .seconds(days * 86_400)
            state.today = LocalDate(daysSince1970: state.today.daysSince1970 + Int64(days))
        }
    }

    public func token() -> String {
        state.withLock { state in
            let number = state.random.next()
            return String(number, radix: 16) + String(state.random.next(), radix: 16)
        }
    }

    public func random(below bound: Int) -> Int {
        state.withLock { Int($0.random.next() % UInt64(bound)) }
    }

    public var environment: RunEnvironment {
        RunEnvironment(
            now: { self.now }, token: { self.token() },
            wait: { pause in self.state.withLock { $0.now = $0.now + pause } })
    }
}

/// A small generator with a seed: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators" (2014).
public struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension TableName: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(rawValue: value) }
}
