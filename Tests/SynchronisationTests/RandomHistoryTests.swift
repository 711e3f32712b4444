import Foundation
import GRDB
import SampleOffice
import SyncEngine
import SyncModel
import SyncProtocol
import SyncTesting
import Testing

/// An office at work, runs of every kind, crashes, days that pass: at the end both sides are equal
/// but for what the last receipt excuses, and another run sends nothing.
@Suite("Random histories")
struct RandomHistoryTests {
    /// How large the practice is and how long it is at work.
    struct Size {
        var clients, transactions, rounds, operationsMax: Int

        static let small = Size(clients: 12, transactions: 150, rounds: 12, operationsMax: 12)
        static let large = Size(clients: 40, transactions: 1500, rounds: 24, operationsMax: 40)
    }

    /// How many histories of a large practice `scripts/soak` asks for.
    static let slowCount =
        ProcessInfo.processInfo.environment["SYNCWORKER_HISTORIES"].flatMap(UInt64.init) ?? 0

    @Test("end equal", arguments: 4...24 as ClosedRange<UInt64>)
    func history(seed: UInt64) async throws {
        _ = try await play(seed, .small, isOneClickInFile: false)
    }

    @Test("end equal for the checker too", arguments: 1...3 as ClosedRange<UInt64>)
    func checked(seed: UInt64) async throws {
        try await check(try await play(seed, .small, isOneClickInFile: true), seed)
    }

    @Test(
        "of a large practice end equal for the checker too", .enabled(if: slowCount > 0),
        .serialized,
        arguments: Array(1..<(slowCount + 1)))
    func slow(seed: UInt64) async throws {
        try await check(try await play(seed, .large, isOneClickInFile: true), seed)
    }

    private func play(
        _ seed: UInt64, _ size: Size, isOneClickInFile: Bool
    ) async throws -> Practice {
        let practice = try await Practice(seed: seed, isOneClickInFile: isOneClickInFile) { db in
            _ = try SampleOffice.create(
                in: db,
                SampleOffice.Options(
                    clients: size.clients, seed: seed, transactions: size.transactions,
                    today: Practice.today.description))
        }
        var office = OfficeAtWork(seed: seed)
        for _ in 0..<size.rounds {
            try work(&office, practice, operationsMax: size.operationsMax)
            try await disturbedRun(practice)
            if practice.world.random(below: 4) == 0 { practice.world.advance(days: 1) }
        }
        practice.world.restart()
        let last = try await settle(practice)
        #expect(try await practice.differences() == [], "seed \(seed)")
        let again = try await practice.run()
        #expect(again.rowsSent == 0, "seed \(seed)")
        #expect(again.outcome == last.outcome, "seed \(seed)")
        return practice
    }

    private func check(_ practice: Practice, _ seed: UInt64) async throws {
        let verdict = try await Checker.compare(
            central: practice.path, oneClick: #require(practice.oneClickPath))
        #expect(verdict.status == 0, "seed \(seed): \(verdict.text)")
    }

    private func work(
        _ office: inout OfficeAtWork, _ practice: Practice, operationsMax: Int
    ) throws {
        let today = practice.world.today.description
        for _ in 0..<practice.world.random(below: operationsMax) {
            try practice.office { db in _ = try office.step(db, today: today) }
        }
    }

    private func disturbedRun(_ practice: Practice) async throws {
        let world = practice.world
        world.restart()
        if world.random(below: 2) == 0 {
            let step = World.Step.allCases[world.random(below: World.Step.allCases.count)]
            let moment = World.Moment.allCases[world.random(below: 2)]
            let number = 1 + world.random(below: 6)
            world.onStep { at, when, count in
                if at == step, when == moment, count == number { throw World.Crash() }
            }
        }
        let only = world.random(below: 5) == 0 ? ["Business List", "AP Nominals"] : nil
        let record = try await practice.run(
            world.random(below: 4) == 0 ? .full : .change, only: only
        ) { settings in
            // A new snapshot for every chunk, now and then.
            if world.random(below: 2) == 0 { settings.snapshotLifetime = .zero }
        }
        world.restart()
        if record.outcome == .held, world.random(below: 2) == 0 {
            try await answerEverything(practice)
        }
    }

    /// All that is held at once, or by key, and then also what was kept before.
    private func answerEverything(_ practice: Practice) async throws {
        let roots = try await practice.exceptions().filter {
            $0.kind != .refused && $0.origin == nil
        }
        for table in Set(roots.map(\.table)).sorted() {
            let answer: RemovalAnswer = practice.world.random(below: 4) == 0 ? .keep : .approve
            let keys = roots.filter { $0.table == table }.map(\.key)
            try await practice.answer(
                answer, table, keys: practice.world.random(below: 3) == 0 ? keys : nil)
        }
    }

    private func settle(_ practice: Practice) async throws -> RunRecord {
        let record = try await practice.run()
        #expect(record.outcome != .failed, "\(record.errors)")
        return record
    }
}
