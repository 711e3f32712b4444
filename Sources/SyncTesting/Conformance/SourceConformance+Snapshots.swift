import Catalogue
import SyncEngine
import SyncModel
import SyncProtocol

extension SourceConformance {
    static let snapshotLaws: [Law<CentralKind>] = [
        Law("a snapshot stands still while the office writes, until the next one is pinned") {
            try await standsStill(try await OpenCentral($0.office(12, 5)))
        },
        Law("nothing is read without a snapshot") { kind in
            let it = try await OpenCentral(kind.office(2, 6))
            try await requireRefusal(.central, of: "a read before a pin") {
                _ = try await it.read("clients")
            }
            try await it.pin()
            await it.source.unpin()
            try await requireRefusal(.central, of: "a read after the end of the snapshot") {
                _ = try await it.read("clients")
            }
        },
        Law("a table is read in full unless a checkpoint of its own description says not to") {
            try await saysWhyInFull(try await OpenCentral($0.office(2, 7)), $0.isCaptured)
        },
        Law("positions never go back: a Central that does is not the one of the checkpoint") {
            try await noticesAnEarlierCentral(try await OpenCentral($0.office(6, 8)))
        },
    ]

    private static func standsStill(_ it: OpenCentral) async throws {
        var office = TestOffice(seed: 5)
        for _ in 0..<3 {
            try await it.pin()
            let first = try await it.contents("clients")
            let independent = try await it.central.rows("ap_transactions", asOf: Practice.today)
            try await it.central.work(&office, steps: 20, today: Practice.today)
            try requireEqual(try await it.contents("clients"), first, "clients under writes")
            // A table read for the first time after the writes is of the same moment.
            let lines = try await it.contents("ap_transactions")
            let shape = try require(it.central.catalogue["ap_transactions"], "no lines").shape
            try requireEqual(
                lines.keys.sorted(), independent.map { $0.key(shape) }.sorted(),
                "transactions under writes")
            let everything = try await it.everything()
            try await it.central.work(&office, steps: 20, today: Practice.today)
            try requireEqual(try await it.everything(), everything, "everything, read twice")
        }
    }

    private static func saysWhyInFull(_ it: OpenCentral, _ isCaptured: Bool) async throws {
        let first = try await it.pin()
        try requireEqual(first.isCaptured, isCaptured, "whether changes are captured")
        try requireEqual(first.lineage, .intact, "the lineage of a first synchronisation")
        try requireEqual(Set(first.tables.keys), Set(it.tables.map(\.name)), "tables")
        for (name, table) in first.tables {
            try requireEqual(table.fullReason, .neverSynchronised, "why \(name) is read in full")
        }
        var checkpoints = it.checkpoints(first)
        checkpoints["clients"]?.fingerprint = "another"
        // Under another vault key what is sealed is another value.
        let sealed: TableName = "hmrc_credentials"
        checkpoints[sealed]?.fingerprint =
            it.central.catalogue[sealed]?.fingerprint(sealedTo: "the key before") ?? ""
        for (name, table) in try await it.pin(checkpoints).tables {
            let expected: FullReason? =
                switch name {
                case "clients": .catalogueChanged
                case sealed: .vaultKeyChanged
                default: isCaptured ? nil : .noCapture
                }
            try requireEqual(table.fullReason, expected, "why \(name) is read in full")
        }
    }

    private static func noticesAnEarlierCentral(_ it: OpenCentral) async throws {
        var office = TestOffice(seed: 8)
        let before = it.checkpoints(try await it.pin())
        let backup = try await it.central.backUp()
        try await it.central.office("INSERT INTO contact (name) VALUES ('New')")
        try await it.central.work(&office, steps: 10, today: Practice.today)
        let later = try await it.pin(before)
        try requireEqual(later.lineage, .intact, "the lineage of a Central that went on")
        let after = it.checkpoints(later)
        await it.source.unpin()

        try await it.central.restore(backup)
        guard case .broken = try await it.pin(after).lineage else {
            throw BrokenLaw(description: "a Central from before the checkpoint was not noticed")
        }
        try requireEqual(
            try await it.pin(before).lineage, .intact, "the lineage of a Central put back")
    }
}
