import GRDB
import SampleOffice
import SyncEngine
import SyncModel
import SyncProtocol
import SyncTesting
import Testing

@Suite("Random histories")
struct RandomHistoryTests {
    /// An office at work, runs of every kind, crashes, days that pass: at the end both sides are
    /// equal but for what the last receipt excuses, and another run sends nothing.
    @Test("end equal", arguments: 1...24 as ClosedRange<UInt64>)
    func history(seed: UInt64) async throws {
        let practice = try await Practice(seed: seed) { db in
            _ = try SampleOffice.create(
                in: db,
                SampleOffice.Options(
                    clients: 12, seed: seed, transactions: 150, today: Practice.today.description))
        }
        var office = OfficeAtWork(seed: seed)
        for _ in 0..<12 {
            try work(&office, practice)
            try await disturbedRun(practice)
            if practice.world.random(below: 4) == 0 { practice.world.advance(days: 1) }
        }
        practice.world.restart()
        let last = try await settle(practice)
        #expect(try await practice.differences() == [], "seed \(seed)")
        let again = try await practice.run()
        #expect(again.rowsSent == 0, "seed \(seed)")
        #expect(again.outcome == last.outcome, "seed \(seed)")
    }

    private func work(_ office: inout OfficeAtWork, _ practice: Practice) throws {
        let today = practice.world.today.description
        for _ in 0..<practice.world.random(below: 12) {
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

    private func answerEverything(_ practice: Practice) async throws {
        let held = try await practice.exceptions().filter { $0.kind == .held && $0.origin == nil }
        for table in Set(held.map(\.table)).sorted() {
            let answer: RemovalAnswer = practice.world.random(below: 4) == 0 ? .keep : .approve
            try await practice.answer(answer, table)
        }
    }

    private func settle(_ practice: Practice) async throws -> RunRecord {
        let record = try await practice.run()
        #expect(record.outcome != .failed, "\(record.errors)")
        return record
    }
}
