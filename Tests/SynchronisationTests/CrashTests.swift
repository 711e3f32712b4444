import SyncEngine
import SyncModel
import SyncTesting
import Testing

@Suite("A crash at any step")
struct CrashTests {
    struct Point: CustomTestStringConvertible, Sendable {
        var step: World.Step
        var moment: World.Moment
        var number: Int
        var testDescription: String { "\(moment) \(step) \(number)" }
    }

    /// What the office does between the crash and the next run: touches loaded ranges, ranges not
    /// loaded yet, scope, parents and keys.
    private static let atWork = """
        UPDATE contact SET name = 'Renamed' WHERE id IN (1, 6, 12);
        UPDATE client SET status = 'closed' WHERE id = 3;
        UPDATE client SET code = 'X' WHERE id = 4;
        UPDATE client SET code = 'C4' WHERE id = 5;
        UPDATE client SET code = 'C5' WHERE id = 4;
        UPDATE ap_period SET client_id = 7 WHERE id = 8;
        DELETE FROM ap_transaction WHERE id IN (1, 48);
        UPDATE employee SET left_on = '2026-11-24' WHERE id = 2;
        INSERT INTO business (client_id, name, kind) VALUES (1, 'New', 'vat');
        """

    @Test("of the first load loses nothing")
    func firstLoad() async throws {
        try await everyPoint { practice in
        } run: {
            try await $0.run()
        }
    }

    @Test("of a full loses nothing")
    func full() async throws {
        try await everyPoint { practice in
            try await practice.run()
            try practice.office("UPDATE client SET utr = '1123456789' WHERE id = 9")
        } run: {
            try await $0.run(.full)
        }
    }

    @Test("of a change run loses nothing")
    func change() async throws {
        try await everyPoint { practice in
            try await practice.run()
            try practice.office(
                """
                UPDATE ap_transaction SET amount_pence = 7 WHERE id = 5;
                DELETE FROM client_team WHERE id = 2;
                UPDATE client SET status = 'closed' WHERE id = 11
                """)
        } run: {
            try await $0.run()
        }
    }

    @Test("whose answer was lost, and another before OneClick heard of it, is no copy")
    func twoLostOpenings() async throws {
        let practice = try await Practice()
        try await practice.run()
        for (step, moment) in [(World.Step.open, World.Moment.after), (.open, .before)] {
            practice.world.onStep { at, when, _ in
                if at == step, when == moment { throw World.Crash() }
            }
            #expect(try await practice.run().outcome == .failed)
            practice.world.restart()
        }
        let next = try await practice.run()
        #expect(next.outcome == .succeeded, "\(next.errors)")
    }

    @Test("whose commit is not answered says that OneClick may have it all the same")
    func unansweredCommit() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE contact SET name = 'Renamed' WHERE id = 3")
        practice.world.onStep { step, moment, _ in
            guard step == .commit || step == .state, moment == .after else { return }
            throw SyncError(
                .unreachable, "OneClick did not answer.", hint: "-", recovery: .retry,
                isOutcomeUnknown: true)
        }
        let record = try await practice.run()
        #expect(record.outcome == .failed)
        #expect(record.notes.contains { $0.contains("did not say whether it committed") })
        practice.world.restart()
        let next = try await practice.run()
        #expect(next.outcome == .succeeded)
        #expect(next.rowsSent == 0)
        #expect(!next.notes.contains { $0.contains("did not say") })
    }

    /// Crashes at each step that the undisturbed run takes, goes on with the office at work, and
    /// must be equal after one more run; the one after that sends nothing.
    private func everyPoint(
        prepare: @Sendable (Practice) async throws -> Void,
        run: @Sendable (Practice) async throws -> RunRecord
    ) async throws {
        let rehearsal = try await Practice()
        try await prepare(rehearsal)
        rehearsal.world.restart()
        _ = try await run(rehearsal)
        let steps = rehearsal.world.steps
        var points: [Point] = []
        for step in World.Step.allCases {
            let count = steps[step] ?? 0
            for number in Set([1, 2, count / 2, count]) where number > 0 && number <= count {
                for moment in World.Moment.allCases {
                    points.append(Point(step: step, moment: moment, number: number))
                }
            }
        }
        #expect(points.count > 20)
        for point in points { try await crash(at: point, prepare, run) }
    }

    private func crash(
        at point: Point, _ prepare: @Sendable (Practice) async throws -> Void,
        _ run: @Sendable (Practice) async throws -> RunRecord
    ) async throws {
        let practice = try await Practice()
        try await prepare(practice)
        practice.world.restart()
        practice.world.onStep { step, moment, number in
            guard step == point.step, moment == point.moment, number == point.number else { return }
            throw World.Crash()
        }
        let crashed = try await run(practice)
        #expect(crashed.outcome == .failed, "\(point)")
        practice.world.restart()
        try practice.office(Self.atWork)
        let next = try await practice.run()
        #expect(next.outcome == .succeeded, "\(point): \(next.errors)")
        #expect(try await practice.differences() == [], "\(point)")
        let last = try await practice.run()
        #expect(last.rowsSent == 0, "\(point)")
        #expect(last.outcome == .succeeded, "\(point)")
    }
}
