import SyncModel
import Testing

@testable import WebSupport

struct SignInAttemptsTests {
    private static let start = Timestamp("2026-11-24T08:00:00Z")!

    /// The same numbers for the same seed (SplitMix64).
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    /// A wrong password that was compared, with how long the clock has gone forward before.
    private struct Guess {
        var attempt: SignInAttempts.Attempt
        var passed: Duration
    }

    @Test(arguments: 0..<40)
    func `whatever the clock does, no window has more guesses than it may`(_ seed: Int) {
        var dice = Dice(state: UInt64(seed))
        let attempts = SignInAttempts()
        var now = Self.start
        var passed = Duration.zero
        var guesses: [Guess] = []
        for _ in 0..<1_500 {
            let step: Duration =
                switch Int.random(in: 0..<20, using: &dice) {
                case 0: .seconds(-Int.random(in: 0..<7_200, using: &dice))
                case 1: .seconds(Int.random(in: 0..<1_000, using: &dice))
                default: .milliseconds(Int.random(in: 0..<5_000, using: &dice))
                }
            now = now + step
            passed += max(.zero, step)
            let attempt = SignInAttempts.Attempt(
                name: "name \(Int.random(in: 0..<4, using: &dice))",
                address: "address \(Int.random(in: 0..<3, using: &dice))")
            guard attempts.begin(attempt, now: now) == nil else { continue }
            switch Int.random(in: 0..<10, using: &dice) {
            case 0:
                attempts.succeeded(attempt)
                guesses.removeAll { $0.attempt == attempt }
            case 1: attempts.withdraw(attempt)
            default: guesses.append(Guess(attempt: attempt, passed: passed))
            }
            let recent = guesses.filter { passed - $0.passed < SignInAttempts.window }
            #expect(recent.count { $0.attempt == attempt } <= SignInAttempts.failuresMax)
            #expect(
                recent.count { $0.attempt.address == attempt.address }
                    <= SignInAttempts.failuresOfAddressMax)
            #expect(
                recent.count { $0.attempt.name == attempt.name }
                    <= SignInAttempts.failuresOfNameMax)
        }
        #expect(guesses.count > 40)
    }

    @Test(arguments: 0..<20)
    func `whoever waits as long as was said may try again`(_ seed: Int) {
        var dice = Dice(state: UInt64(seed))
        let attempts = SignInAttempts()
        var now = Self.start
        for _ in 0..<300 {
            now = now + .seconds(Int.random(in: -30..<60, using: &dice))
            let attempt = SignInAttempts.Attempt(
                name: "name \(Int.random(in: 0..<2, using: &dice))", address: "address")
            guard let wait = attempts.begin(attempt, now: now) else { continue }
            #expect(wait > .zero && wait <= SignInAttempts.window)
            // Asking early does not put it off.
            #expect(attempts.begin(attempt, now: now + (wait - .milliseconds(1))) != nil)
            now = now + wait
            #expect(attempts.begin(attempt, now: now) == nil)
        }
    }

    @Test func `a thousand wrong passwords are refused, and remembered no more than they must`() {
        let attempts = SignInAttempts()
        let attempt = SignInAttempts.Attempt(name: "Jane", address: "10.0.0.1")
        let made = (0..<1_000).count { second in
            attempts.begin(attempt, now: Self.start + .milliseconds(second)) == nil
        }
        #expect(made == SignInAttempts.failuresMax)
        #expect(attempts.count == SignInAttempts.failuresMax)
    }

    @Test func `one address guesses no more with many names, nor one name from many addresses`() {
        let many = SignInAttempts()
        let names = (0..<1_000).count {
            many.begin(.init(name: "name \($0)", address: "10.0.0.1"), now: Self.start) == nil
        }
        #expect(names == SignInAttempts.failuresOfAddressMax)
        let addresses = (0..<1_000).count {
            many.begin(.init(name: "Jane", address: "10.1.0.\($0)"), now: Self.start) == nil
        }
        #expect(addresses == SignInAttempts.failuresOfNameMax)
        #expect(many.begin(.init(name: "Bob", address: "10.2.0.1"), now: Self.start) == nil)
    }

    @Test func `the memory has an end, and is empty again after the window`() {
        let attempts = SignInAttempts(failuresKept: 200)
        for number in 0..<400 {
            let attempt = SignInAttempts.Attempt(name: "\(number)", address: "\(number)")
            _ = attempts.begin(attempt, now: Self.start + .milliseconds(number))
        }
        #expect(attempts.count == 200)
        let jane = SignInAttempts.Attempt(name: "Jane", address: "here")
        let later = Self.start + .seconds(20)
        #expect(attempts.begin(jane, now: later) == SignInAttempts.window - .seconds(20))
        #expect(attempts.begin(jane, now: later + SignInAttempts.window) == nil)
        #expect(attempts.count == 1)
    }

    @Test func `the right password ends what was counted for this name here`() {
        let attempts = SignInAttempts()
        let here = SignInAttempts.Attempt(name: "Jane", address: "here")
        let there = SignInAttempts.Attempt(name: "jane", address: "there")
        for _ in 0..<4 {
            #expect(attempts.begin(here, now: Self.start) == nil)
            #expect(attempts.begin(there, now: Self.start) == nil)
        }
        #expect(attempts.begin(here, now: Self.start) == nil)
        attempts.succeeded(.init(name: "JANE", address: "here"))
        #expect(attempts.count == 4)
        #expect(attempts.begin(there, now: Self.start) == nil)
        #expect(attempts.begin(there, now: Self.start) != nil)
    }

    @Test func `a clock that was put back keeps nobody out for longer than the window`() {
        let attempts = SignInAttempts()
        let jane = SignInAttempts.Attempt(name: "Jane", address: "here")
        for _ in 0..<5 { _ = attempts.begin(jane, now: Self.start) }
        let before = Self.start + .seconds(-86_400)
        #expect(attempts.begin(jane, now: before) == SignInAttempts.window)
        #expect(attempts.begin(jane, now: before + SignInAttempts.window) == nil)
    }
}
