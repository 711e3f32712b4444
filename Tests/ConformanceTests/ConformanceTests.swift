import SyncTesting
import Testing

@Suite("Every implementation keeps the laws of its port")
struct ConformanceTests {
    @Test("of a source", arguments: SourceConformance.cases(over: CentralKind.sqlite))
    func source(_ law: LawCase<CentralKind>) async { await check(law) }

    @Test("of a store", arguments: StoreConformance.cases(over: StoreKind.sqlite))
    func store(_ law: LawCase<StoreKind>) async { await check(law) }

    private func check<Subject>(_ law: LawCase<Subject>) async {
        await #expect(throws: Never.self) { try await law.check() }
    }
}
