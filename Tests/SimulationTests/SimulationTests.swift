import Catalogue
import Foundation
import GRDB
import Testing

@testable import SyncTesting

@Suite("A simulated world", .serialized)
struct SimulationTests {
    private static let catalogue = Result { try Catalogue.standard() }

    /// A world keeps its thread for seconds: the other tests need those that they share.
    private func onThread<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }

    private func world(_ seed: UInt64) async throws -> Simulation.Report {
        let catalogue = try Self.catalogue.get()
        return await onThread { Simulation.run(seed: seed, catalogue: catalogue) }
    }

    @Test("is the same twice for the same seed", arguments: 1...3 as ClosedRange<UInt64>)
    func repeats(seed: UInt64) async throws {
        let first = try await world(seed)
        let second = try await world(seed)
        #expect(first.hash == second.hash)
        #expect(first.counts == second.counts)
        #expect(first.violation == nil, "seed \(seed)")
    }

    @Test("is another one for another seed, and rich enough to prove something")
    func differs() async throws {
        let worlds = [try await world(5), try await world(6)]
        #expect(worlds[0].hash != worlds[1].hash)
        for world in worlds {
            #expect(world.occurrences[.commits, default: 0] >= Simulation.commitsMin)
            #expect(world.faults.values.reduce(0, +) >= Simulation.faultsMin)
        }
    }

    @Test(
        "shows of a model Central what a real SQLite shows", arguments: 1...8 as ClosedRange<UInt64>
    )
    func model(seed: UInt64) async throws {
        let catalogue = try Self.catalogue.get()
        let differences = await onThread { ModelCheck.differences(seed: seed, catalogue) }
        #expect(differences == [])
    }

    @Test("binds the numbers and the texts of what its office says, and nothing else")
    func bound() {
        let statement = BoundStatement(
            "UPDATE t_2 SET a1 = 1 - a1, b = 'it is', c = '' WHERE id IN (3, 40) AND d = -5")
        #expect(
            statement.sql
                == "UPDATE t_2 SET a1 = ? - a1, b = ?, c = ? WHERE id IN (?, ?) AND d = -?")
        #expect(statement.arguments == [1, "it is", "", 3, 40, 5])
    }
}
