import Central
import GRDB
import SyncEngine
import SyncModel
import SyncTesting
import Testing

@Suite("Change rows")
struct RetentionTests {
    @Test("beyond their number go, and a checkpoint below the floor means a full")
    func number() async throws {
        let practice = try await Practice()
        var retention = Retention()
        retention.changesMax = 3
        try await practice.run(retention: retention)
        // Only this data set moves on; the others' checkpoints stay behind.
        for client in 1...6 {
            try practice.office("UPDATE client SET utr = 'x' WHERE id = \(client)")
        }
        try await practice.run(only: ["Business List"], retention: retention)
        let left = try practice.look("SELECT count(*) FROM syncworker_change")
        #expect(left == 3)
        #expect(try practice.look("SELECT value FROM syncworker_meta WHERE name = 'floor'") == 3)
        let record = try await practice.run(retention: retention)
        #expect(record.notes.contains { $0.contains("its change history has expired") })
        #expect(record.outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }

    @Test("are kept while they are young, acknowledged or not")
    func kept() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE client SET utr = 'x'")
        try await practice.run()
        try await practice.run()
        #expect(try practice.look("SELECT count(*) FROM syncworker_change") >= 12)
        #expect(try practice.look("SELECT value FROM syncworker_meta WHERE name = 'floor'") == 0)
    }

    @Test("go with age, and quiet tables never expire")
    func age() async throws {
        let practice = try await Practice()
        try practice.office("UPDATE client SET utr = 'x'")
        try await practice.run()
        // The triggers stamp the real time: this purge looks back from a month and a day later.
        var retention = Retention()
        retention.age = .seconds(-86_400 * 365)
        try await practice.run(retention: retention)
        #expect(try practice.look("SELECT count(*) FROM syncworker_change") == 0)
        let record = try await practice.run(retention: retention)
        #expect(!record.notes.contains { $0.contains("in full") })
        #expect(try await practice.differences() == [])
    }
}

extension RetentionTests {
    @Test("that are purged under a run with a load are not passed over")
    func purgedUnderway() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE contact SET name = 'Changed' WHERE id = 5")
        // The clients are a change, the businesses a full whose snapshots are renewed; the first
        // mark of the run purges what the clients' change run would read.
        try await practice.cutOffFull(of: "Business List")
        var retention = Retention()
        retention.changesMax = 0
        try await practice.run(retention: retention) { $0.snapshotLifetime = .zero }
        try await practice.run()
        #expect(try await practice.oneClick("clients")["5"]?["name"] == "Changed")
        #expect(try await practice.differences() == [])
    }
}

extension Practice {
    /// A full of one data set that ends before its commit: its load waits for a later run.
    fileprivate func cutOffFull(of dataSet: String) async throws {
        world.restart()
        world.onStep { step, moment, _ in
            if step == .commit, moment == .before { throw World.Crash() }
        }
        try await run(.full, only: [dataSet])
        world.restart()
    }
}
