import Catalogue
import SyncTesting
import Testing

@Suite("A simulated world")
struct SimulationTests {
    private static let catalogue = Result { try Catalogue.standard() }

    @Test("is the same twice for the same seed", arguments: 1...4 as ClosedRange<UInt64>)
    func repeats(seed: UInt64) throws {
        let catalogue = try Self.catalogue.get()
        let first = Simulation.run(seed: seed, catalogue: catalogue)
        let second = Simulation.run(seed: seed, catalogue: catalogue)
        #expect(first.hash == second.hash)
        #expect(first.counts == second.counts)
        #expect(first.violation == nil, "seed \(seed)")
    }

    @Test("is another one for another seed")
    func differs() throws {
        let catalogue = try Self.catalogue.get()
        let worlds = (5...8 as ClosedRange<UInt64>).map {
            Simulation.run(seed: $0, catalogue: catalogue)
        }
        #expect(Set(worlds.map(\.hash)).count == worlds.count)
    }

    @Test("has seen so many commits and faults that it proves something")
    func isRich() throws {
        let report = Simulation.run(seed: 9, catalogue: try Self.catalogue.get())
        #expect(report.occurrences[.commits, default: 0] >= Simulation.commitsMin)
        #expect(report.faults.values.reduce(0, +) >= Simulation.faultsMin)
    }

    @Test(
        "shows of a model Central what a real SQLite shows",
        arguments: 1...12 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        #expect(try ModelCheck.differences(seed: seed, Self.catalogue.get()) == [])
    }
}
