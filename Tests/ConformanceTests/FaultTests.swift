import SyncTesting
import Testing

/// A kit that never fails proves nothing.
@Suite("A law is broken by an implementation that does not keep it")
struct FaultTests {
    @Test(
        "of a store",
        arguments: [
            (.forgetsException, "removals beyond the limits are held, every row of them named"),
            (.writesNoAbort, "aborted is written down before it is said"),
            (.findsAllEqual, "a plan's answer is what a naive comparison says"),
            (.answersUnseen, "an answer to a table is for what was held when the person looked"),
        ] as [(FaultyStore.Fault, String)])
    func store(_ fault: FaultyStore.Fault, law: String) async throws {
        let law = try #require(
            StoreConformance.laws.first { $0.description.hasPrefix(law) })
        await #expect(throws: BrokenLaw.self) { try await law.check(FaultyStore.kind(fault)) }
    }

    @Test(
        "of a source",
        arguments: [
            (.skipsChange, "every row that differs from a checkpoint lies in an affected range"),
            (.forgetsMark, "a mark that was inserted is known to later snapshots"),
            (.losesChunk, "rows come in the order of their keys"),
        ] as [(FaultySource.Fault, String)])
    func source(_ fault: FaultySource.Fault, law: String) async throws {
        let laws = SourceConformance.laws + SourceConformance.lawsOfCapture
        let law = try #require(laws.first { $0.description.hasPrefix(law) })
        await #expect(throws: BrokenLaw.self) { try await law.check(FaultyCentral.kind(fault)) }
    }
}
