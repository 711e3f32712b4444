import Foundation
import SyncModel
import Synchronization
import Testing

@testable import SyncEngine

struct ProgressReportTests {
    private let names = ["a", "b", "c"].map(TableName.init(rawValue:))
    private let begun = Timestamp("2026-11-24T08:00:00Z")!

    private func start() -> RunStart {
        RunStart(
            id: RunID(rawValue: "1"), request: RunRequest(kind: .full, trigger: .manual),
            startedAt: begun)
    }

    @Test func `each data set says when work on it began and ended`() throws {
        let minutes = Mutex(0)
        let last = Mutex<RunProgress?>(nil)
        let shapes = Shapes(
            dataSets: [
                DataSet(name: "Two", tables: [names[0], names[1]]),
                DataSet(name: "One", tables: [names[2]]),
            ], tables: [])
        var report = ProgressReport(
            start(), shapes,
            now: {
                self.begun
                    + .seconds(
                        60
                            * minutes.withLock { minutes in
                                minutes += 1
                                return minutes
                            })
            }
        ) { progress in last.withLock { $0 = progress } }
        func sets() throws -> [RunProgress.DataSetProgress] {
            let progress = last.withLock { $0 }
            return try #require(progress).dataSets
        }
        report.carrying(names, [:])
        report.step("comparing")
        #expect(try sets().allSatisfy { $0.startedAt == nil && $0.finishedAt == nil })
        report.working(names[0], rows: 1, sent: 0)
        report.working(names[1], rows: 1, sent: 0)
        report.done(names[0], differs: true)
        #expect(try sets()[0].startedAt == begun + .seconds(60))
        #expect(try sets()[0].finishedAt == nil)
        report.done(names[1], differs: false)
        #expect(try sets()[0].finishedAt == begun + .seconds(120))
        #expect(try sets()[0].state == .shipped)
        // Nothing had to be read.
        report.done(names[2], differs: false)
        #expect(try sets()[1].startedAt == begun + .seconds(180))
        #expect(try sets()[1].finishedAt == begun + .seconds(240))
        // The closing run of a load comes back to it.
        report.working(names[0], rows: 1, sent: 0)
        #expect(try sets()[0].startedAt == begun + .seconds(60))
        #expect(try sets()[0].finishedAt == nil)
    }

    @Test func `what an earlier release said of its progress is read`() throws {
        let json = #"{"name":"Client List","state":"equal","rowsDone":7}"#
        let set = try JSONDecoder().decode(
            RunProgress.DataSetProgress.self, from: Data(json.utf8))
        #expect(set == .init(name: "Client List", state: .equal, rowsDone: 7))
    }
}
