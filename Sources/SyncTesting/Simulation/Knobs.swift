import Central
import OneClickStore
import SyncModel
import SyncProtocol

/// How Central notes its changes.
public enum CentralFlavour: String, CaseIterable, Sendable {
    /// A SQLite file with the product's triggers and the product's source.
    case triggers
    /// A SQLite file without capture.
    case none
    /// Concurrent writers, each with a number of its own; a snapshot names those that it sees.
    case transactions
    /// Versions in the order of commits, with a retention for each table.
    case versions
}

/// What a seed decides before anything happens. Most faults are off in most worlds, so that those
/// which are on meet each other (Groce et al., "Swarm testing", 2012).
struct Knobs {
    var flavour: CentralFlavour
    /// Of a hundred thousand opportunities.
    var faults: [Fault: Int] = [:]
    var limits: [TableName: RemovalLimits] = [:]
    var batches: OpenAnswer.Limits
    var snapshotLifetime: Duration
    var verificationRowsMin: Int
    var verificationParts: Int
    var retention = Retention()
    var changesPerRunMax: Int
    var refusedRowsMax: Int
    var nodes: Int
    /// Between the end of one run and the beginning of the next.
    var interval: Duration
    /// Between two transactions of the office, on average.
    var officePause: Duration
    /// Between two looks of the person who answers.
    var personPause: Duration
    var hasNeighbour: Bool
    /// Whether the office goes on, and Central is backed up, between the steps of a run, so that it
    /// may be restored into the midst of one.
    var isTight: Bool
    /// The office works once in so many steps of such a run.
    var stepsPerWork = 6
    /// One run of so many is a full.
    var runsPerFull: Int
    /// How much of what the office does is about tables that nobody carries.
    var elsewherePercent: Int
    /// Which of its kinds of work the office does in this world: a bit for each.
    var office: UInt64
    /// What the catalogue of this world is about.
    var tables: Set<TableName>

    init(random: inout SplitMix, shapes: Shapes) {
        flavour = CentralFlavour.allCases[random.below(4)]
        batches = OpenAnswer.Limits(
            rowsPerBatch: [2, 7, 20, 10_000][random.below(4)],
            bytesPerBatch: [600, 4 << 20, 4 << 20][random.below(3)],
            batchesInFlight: 1 + random.below(3))
        snapshotLifetime = [.zero, .seconds(1), .seconds(60)][random.below(3)]
        // Where much is verified in each run, what was forgotten is mended before it is seen.
        verificationRowsMin = [1, 1, 2, 500][random.below(4)]
        verificationParts = [2, 48, 1000][random.below(3)]
        refusedRowsMax = random.below(3) == 0 ? 1 + random.below(2) : 100_000
        changesPerRunMax = [3, 40, 500_000][random.below(3)]
        nodes = 1 + random.below(3)
        interval = .seconds([60, 600, 1800][random.below(3)])
        officePause = interval / [1, 4, 10][random.below(3)]
        personPause = interval * [2, 6][random.below(2)]
        hasNeighbour = random.below(4) == 0
        isTight = random.below(3) == 0
        runsPerFull = [2, 4, 4, 20][random.below(4)]
        elsewherePercent = [0, 0, 30, 80][random.below(4)]
        // Everything, half of it, or a quarter: few kinds of work meet each other more often.
        office = [.max, random.next(), random.next() & random.next()][random.below(3)]
        retention.batch = 20
        if random.below(3) == 0 { retention.changesMax = Int64(5 + random.below(60)) }
        if random.below(3) == 0 { retention.age = .seconds(3600 + random.below(86_400)) }
        let asked = (0..<(1 + random.below(2))).map { _ in
            shapes.tables[random.below(shapes.tables.count)].name
        }
        tables =
            random.below(4) == 0
            ? Set(shapes.tables.map(\.name)) : shapes.closure(of: Set(asked))
        if random.below(2) == 0 {
            for shape in shapes.tables { limits[shape.name] = Self.limits(&random) }
        }
        for fault in Fault.allCases {
            let isOn = random.below(3) == 0 || fault.isOffice
            if isOn { faults[fault] = Self.rate(fault) * (1 + random.below(6)) }
        }
        if random.below(2) == 0 {
            stress(&random)
            // Where little is looked at, much of what the office does changes nothing there.
            if random.below(2) == 0 { tables = shapes.closure(of: [asked[0]]) }
        }
        if isTight {
            for fault in [Fault.crashBefore, .crashAfter] { faults[fault] = 4 * Self.rate(fault) }
        } else {
            for fault in Fault.allCases where fault.isIntoRun { faults[fault] = nil }
        }
    }

    /// Two things that befall a side come again and again, often with little else in their way.
    private mutating func stress(_ random: inout SplitMix) {
        // What takes a side back in time is where most can be lost.
        let befalling = Fault.allCases.filter(\.befallsSide)
        let restores = befalling.filter(\.takesBack)
        if random.below(2) == 0 { faults = faults.filter(\.key.isOffice) }
        for _ in 0..<2 {
            let choices = random.below(3) == 0 ? restores : befalling
            let fault = choices[random.below(choices.count)]
            faults[fault] = min(40_000, 16 * Self.rate(fault))
            guard fault.isIntoRun else { continue }
            // Long runs over many snapshots; a history shorter than they are would end each one.
            retention.changesMax = Retention().changesMax
            isTight = true
            snapshotLifetime = .zero
            batches.rowsPerBatch = 2
            stepsPerWork = 2
            runsPerFull = 2
        }
    }

    private static func limits(_ random: inout SplitMix) -> RemovalLimits {
        var limits = RemovalLimits()
        limits.rows = random.below(4)
        limits.percent = 10 * (1 + random.below(9))
        limits.halfOfRows = 2 + random.below(6)
        return limits
    }

    /// Opportunities differ: a step comes far more often than a day.
    private static func rate(_ fault: Fault) -> Int {
        switch fault {
        case .crashBefore, .crashAfter: 300
        case .zombie, .cancelled, .fullAsked: 100
        case .requestDropped, .requestDuplicated, .requestLate, .replyLost: 400
        case .requestTruncated, .replyTruncated, .pageOfProxy, .tooLarge, .tooMany, .unavailable:
            150
        case .nodeDied: 300
        case .commitTorn: 5_000
        case .commitSlow: 8_000
        // Of the slow ones.
        case .commitOvertaken: 20_000
        case .centralLocked, .centralDiskFull: 400
        case .journalBehind: 10_000
        case .lateCommit, .rolledBack, .prepared: 4_000
        case .massRemoval: 500
        // Once in so many passings of an hour.
        case .cloudDiskFull, .cloudRestored, .cloudClock, .rowChanged, .journalLost, .premisesClock,
            .copyRan,
            .newInstallation, .catalogueChanged, .centralRestored, .centralPowerCut, .captureOff,
            .schemaChanged, .historyExpired:
            2_500
        case .dayPassed: 12_000
        // Once in so many runs of a world where much happens within one.
        case .centralRestoredIntoRun: 20_000
        // Once in so many steps of such a run.
        case .cloudRestoredIntoRun: 100
        }
    }
}
