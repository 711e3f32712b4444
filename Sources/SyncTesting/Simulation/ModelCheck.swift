import Catalogue
import GRDB
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization

/// The same history on a model Central and on a real SQLite: what a snapshot shows, and what is
/// affected since an earlier one, must be the same.
public enum ModelCheck {
    /// What the two show differently, in words.
    public static func differences(seed: UInt64, _ catalogue: Catalogue) -> [String] {
        let world = SimulatedWorld(seed: seed, shapes: catalogue.shapes, keepsTrace: false)
        let found = Mutex<[String]>(["the history did not end"])
        world.start {
            do {
                let differences = try await compare(world, catalogue)
                found.withLock { $0 = differences }
            } catch {
                found.withLock { $0 = ["\(error)"] }
            }
        }
        world.executor.run()
        return found.withLock { $0 }
    }

    private static func compare(
        _ world: SimulatedWorld, _ catalogue: Catalogue
    ) async throws -> [String] {
        let office = SimulatedOffice(world: world)
        let real = try FileCentral(world: world, catalogue, isCaptured: true)
        let models = try [CentralFlavour.transactions, .versions].map {
            try ModelCentral(world: world, catalogue, flavour: $0)
        }
        let centrals: [any SimulatedCentral] = [real] + models
        var found: [String] = []
        var before = try await look(centrals, catalogue, world, since: nil)
        for step in 0..<12 {
            for _ in 0..<(1 + world.random(below: 6)) {
                let statements = step == 0 ? office.opening() : office.transaction()
                let outcomes = centrals.map { (try? $0.work(statements)) != nil }
                if Set(outcomes).count > 1 { found.append("step \(step): one refused the work") }
            }
            let now = try await look(centrals, catalogue, world, since: before)
            for (index, view) in now.enumerated() where view.contents != now[0].contents {
                found.append("step \(step): model \(index) shows other rows")
            }
            for (index, view) in now.enumerated() where view.affected != now[0].affected {
                found.append("step \(step): model \(index) has other rows affected")
            }
            before = now
        }
        return found
    }

    private struct View {
        var contents: Contents
        var affected: [TableName: [KeyRange]]
        var checkpoints: [TableName: Checkpoint]
    }

    private static func look(
        _ centrals: [any SimulatedCentral], _ catalogue: Catalogue, _ world: SimulatedWorld,
        since before: [View]?
    ) async throws -> [View] {
        var views: [View] = []
        for (index, central) in centrals.enumerated() {
            let source = try central.source(catalogue, world: world) { world.now }
            let names = catalogue.tables.map(\.name)
            let snapshot = try await source.pin(
                PinRequest(
                    tables: names, checkpoints: [:], loads: [:], latestMark: nil, approved: nil,
                    vault: TestVault.key, practice: PracticeID(rawValue: 1)))
            var affected: [TableName: [KeyRange]] = [:]
            for name in names {
                guard let checkpoint = before?[index].checkpoints[name] else { continue }
                affected[name] = try await source.affected(
                    name, since: checkpoint, asOf: Practice.today)
            }
            await source.unpin()
            let contents = try central.read {
                try Contents(central: $0, catalogue, asOf: Practice.today)
            }
            let checkpoints = snapshot.tables.mapValues { table in
                Checkpoint(
                    position: snapshot.position, asOf: Practice.today, mark: nil,
                    epoch: table.epoch, fingerprint: table.fingerprint)
            }
            views.append(View(contents: contents, affected: affected, checkpoints: checkpoints))
        }
        return views
    }
}
