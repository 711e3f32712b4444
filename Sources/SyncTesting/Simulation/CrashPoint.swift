import Catalogue
import Central
import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol

/// The one fault of a world that has no other.
struct SingleFault: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case crashBefore = "crash before a step"
        case crashAfter = "crash after a step"
        /// A transaction of OneClick is taken back when everything in it is done.
        case tear = "transaction torn"
    }
    var kind: Kind
    /// How many opportunities pass before it.
    var at: Int
}

/// One step of a small world at which something goes wrong, once: a first synchronisation, a change
/// run and a full, with the office at work between them, also in what was loaded already.
public struct CrashPoint: Sendable, CustomStringConvertible {
    private var flavour: CentralFlavour
    private var isRenewed: Bool
    private var fault: SingleFault

    public var kind: String { fault.kind.rawValue }

    public var description: String {
        let snapshots = isRenewed ? "a snapshot a chunk" : "one snapshot"
        return "\(flavour), \(snapshots), \(fault.kind.rawValue) \(fault.at)"
    }

    /// Every step of every kind of small world.
    public static func all(_ catalogue: Catalogue) -> [CrashPoint] {
        CentralFlavour.allCases.flatMap { flavour in
            // Where changes are captured, both ways of loading: a snapshot for all, or one a chunk.
            let isRenewed = flavour == .triggers || flavour == .transactions
            let world = world(catalogue, flavour, isRenewed, nil)
            Self.play(world, catalogue)
            return SingleFault.Kind.allCases.flatMap { kind in
                (0..<world.opportunities[kind, default: 0]).map {
                    CrashPoint(
                        flavour: flavour, isRenewed: isRenewed,
                        fault: SingleFault(kind: kind, at: $0))
                }
            }
        }
    }

    /// What is wrong afterwards; nil if nothing is.
    public func run(_ catalogue: Catalogue) -> Violation? {
        let world = Self.world(catalogue, flavour, isRenewed, fault)
        Self.play(world, catalogue)
        return world.violation
    }

    private static func world(
        _ catalogue: Catalogue, _ flavour: CentralFlavour, _ isRenewed: Bool,
        _ fault: SingleFault?
    ) -> SimulatedWorld {
        var random = SplitMix(seed: 1)
        var knobs = Knobs(random: &random, shapes: catalogue.shapes)
        knobs.flavour = flavour
        knobs.faults = [:]
        knobs.limits = [:]
        knobs.batches.rowsPerBatch = 7
        knobs.batches.batchesInFlight = 2
        knobs.snapshotLifetime = isRenewed ? .zero : .seconds(60)
        knobs.changesPerRunMax = 500_000
        knobs.retention.changesMax = 5_000_000
        knobs.retention.age = .seconds(30 * 86_400)
        knobs.tables = catalogue.shapes.closure(of: ["ap_transactions"])
        return SimulatedWorld(
            seed: 1, shapes: catalogue.shapes, keepsTrace: false, knobs: knobs, single: fault)
    }

    private static func play(_ world: SimulatedWorld, _ catalogue: Catalogue) {
        let simulation = Simulation(
            world: world, catalogue: catalogue.limited(to: world.knobs.tables))
        world.start { await simulation.playScript() }
        world.executor.run()
    }
}

extension Simulation {
    fileprivate func playScript() async {
        do {
            let oneClick = try SimulatedOneClick(world: world, shapes: catalogue.shapes)
            let practice = try await SimulatedPractice(
                world: world, oneClick: oneClick, catalogue: catalogue)
            oneClick.add(practice)
            defer { oneClick.close() }
            world.beginFaults()
            for kind in [RunKind.change, .change, .full] {
                try await untilCommitted(kind, practice)
                for _ in 0..<6 { try? practice.central.work(practice.office.transaction()) }
            }
            try await settle(practice, oneClick)
        } catch {
            world.violate("I14", "the world could not go on: \(error)")
        }
        world.executor.end()
    }

    /// Whoever crashed is started again, while the office goes on.
    private func untilCommitted(_ kind: RunKind, _ practice: SimulatedPractice) async throws {
        for _ in 0..<4 {
            let premises = SimulatedPremises(practice)
            let record = await premises.synchronise(RunRequest(kind: kind, trigger: .schedule))
            await premises.close()
            if record.outcome <= .held { return }
            for _ in 0..<3 { try? practice.central.work(practice.office.transaction()) }
            await world.sleep(.seconds(60))
        }
        world.violate("I14", "a crash was not recovered from in four runs")
    }
}
