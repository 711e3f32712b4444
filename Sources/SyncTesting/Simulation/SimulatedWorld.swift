import SyncModel
import Synchronization

/// One thread, one seed: time, chance, what happened and what was found.
final class SimulatedWorld: Sendable {
    private struct State {
        var random: SplitMix
        var isCalm = false
        /// Faults become rarer where they leave nothing standing, and more where there are few.
        var faultsTimes = 16
        var faults: [Fault: Int] = [:]
        var occurrences: [Occurrence: Int] = [:]
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var trace: [String] = []
        var violation: Violation?
        var opportunities: [SingleFault.Kind: Int] = [:]
        var isBegun = false
        var skipped = Duration.zero
    }

    let seed: UInt64
    let knobs: Knobs
    let executor: SimulatedExecutor
    private let keepsTrace: Bool
    private let single: SingleFault?
    private let state: Mutex<State>

    /// - Parameters:
    ///   - knobs: instead of those that the seed draws.
    ///   - single: the one fault of a world that has no other.
    init(
        seed: UInt64, shapes: Shapes, keepsTrace: Bool, knobs: Knobs? = nil,
        single: SingleFault? = nil
    ) {
        var random = SplitMix(seed: seed)
        self.seed = seed
        self.keepsTrace = keepsTrace
        self.single = single
        let drawn = Knobs(random: &random, shapes: shapes)
        self.knobs = knobs ?? drawn
        let midnight = Practice.today.daysSince1970 * 86_400_000_000
        executor = SimulatedExecutor(
            seed: seed, now: Timestamp(microsecondsSince1970: midnight) + .seconds(9 * 3600))
        state = Mutex(State(random: random))
    }

    // MARK: Time

    var now: Timestamp { executor.now + state.withLock(\.skipped) }

    /// A day in which nothing happened.
    func skipDay() { state.withLock { $0.skipped += .seconds(86_400) } }

    func sleep(_ duration: Duration) async { await executor.sleep(duration) }

    /// A task of this world; the world does not end before it has.
    func start(_ body: @escaping @Sendable () async -> Void) {
        Task(executorPreference: executor, operation: body)
    }

    // MARK: Chance

    func random(below bound: Int) -> Int { state.withLock { $0.random.below(bound) } }

    func pick<T>(_ choices: [T]) -> T { choices[random(below: choices.count)] }

    func token() -> String {
        state.withLock { String($0.random.next(), radix: 16) + String($0.random.next(), radix: 16) }
    }

    func pause(around duration: Duration) async {
        await sleep(duration * (50 + random(below: 101)) / 100)
    }

    // MARK: Faults

    /// Whether it happens at this opportunity; counted and traced if so.
    func strikes(_ fault: Fault) -> Bool {
        let strikes = state.withLock { state in
            guard !state.isCalm, let rate = knobs.faults[fault] else { return false }
            guard state.random.below(1_600_000) < rate * state.faultsTimes else { return false }
            state.faults[fault, default: 0] += 1
            return true
        }
        if strikes { note("fault", fault.rawValue) }
        return strikes
    }

    /// Whether it happens at one of so many opportunities.
    func strikes(_ fault: Fault, of opportunities: Int) -> Bool {
        (0..<opportunities).contains { _ in strikes(fault) }
    }

    /// Whether the one fault of this world comes at the next opportunity of its kind.
    func strikesOnce(_ kind: SingleFault.Kind) -> Bool {
        state.withLock { state in
            guard state.isBegun, !state.isCalm else { return false }
            defer { state.opportunities[kind, default: 0] += 1 }
            return single?.kind == kind && single?.at == state.opportunities[kind, default: 0]
        }
    }

    /// What made the world is not part of it.
    func beginFaults() { state.withLock { $0.isBegun = true } }

    var opportunities: [SingleFault.Kind: Int] { state.withLock(\.opportunities) }

    func calm() { state.withLock { $0.isCalm = true } }
    func makeFaultsRarer() { state.withLock { $0.faultsTimes = max(1, $0.faultsTimes / 2) } }
    func makeFaultsMore() { state.withLock { $0.faultsTimes *= 2 } }
    var isCalm: Bool { state.withLock(\.isCalm) }

    func count(_ occurrence: Occurrence, _ number: Int = 1) {
        if number > 0 { state.withLock { $0.occurrences[occurrence, default: 0] += number } }
    }

    var faults: [Fault: Int] { state.withLock(\.faults) }
    var occurrences: [Occurrence: Int] { state.withLock(\.occurrences) }

    // MARK: Trace

    func note(_ what: String, _ details: @autoclosure () -> String = "") {
        state.withLock { state in
            let line = what + " " + details()
            for byte in line.utf8 { state.hash = (state.hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            if keepsTrace {
                let seconds = (executor.now - Practice.midnight) / .seconds(1)
                state.trace.append("\(Int(seconds))s  \(line)")
            }
        }
    }

    var hash: UInt64 { state.withLock(\.hash) }
    var trace: [String] { state.withLock(\.trace) }

    // MARK: Violations

    /// The first one ends the world.
    func violate(_ invariant: String, _ what: String) {
        note("VIOLATION", "\(invariant): \(what)")
        state.withLock { state in
            if state.violation == nil {
                state.violation = Violation(invariant: invariant, what: what)
            }
        }
        executor.end()
    }

    var violation: Violation? { state.withLock(\.violation) }
}

/// An invariant that did not hold.
public struct Violation: Sendable, Hashable, Codable {
    /// As the design numbers it, such as `I9`.
    public var invariant: String
    public var what: String

    public init(invariant: String, what: String) {
        self.invariant = invariant
        self.what = what
    }
}

extension Practice {
    static let midnight = Timestamp(
        microsecondsSince1970: today.daysSince1970 * 86_400_000_000)
}
