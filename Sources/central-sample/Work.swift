import ArgumentParser
import Foundation
import GRDB
import SampleOffice

struct Work: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Plays a busy office on a practice that exists.",
        discussion: """
            Edits, new clients, closing and reopening, team moves, journals, imports, employees \
            who leave: one real transaction for each operation, now and then for several, while \
            others read the file. Ends after --seconds or --operations, or with Ctrl-C, and says \
            what it did.
            """)

    @Option(help: ArgumentHelp("How long; until Ctrl-C if not given.", valueName: "d"))
    var seconds: Double?

    @Option(help: ArgumentHelp("Operations a second.", valueName: "r"))
    var rate = 1.0

    @Option(help: ArgumentHelp("Stop after so many operations.", valueName: "n"))
    var operations: Int?

    @Option(help: ArgumentHelp("Which day's work: any whole number from 0 on.", valueName: "s"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("The day the office is at; today if not given.", valueName: "date"))
    var today: String?

    @Flag(help: "Say each operation.")
    var verbose = false

    @Flag(help: "Answer in JSON.")
    var json = false

    @Argument(help: ArgumentHelp("A file that `create` made.", valueName: "file"))
    var file: String

    func validate() throws {
        guard rate.isFinite, rate > 0, rate <= 100_000 else {
            throw ValidationError("--rate must be a number above 0, and at most 100000.")
        }
        if let seconds, !(seconds.isFinite && seconds > 0 && seconds <= 1e9) {
            throw ValidationError("--seconds must be a number above 0.")
        }
        if let operations, operations < 1 {
            throw ValidationError("--operations must be at least 1.")
        }
    }

    func run() throws {
        Interruption.listen()
        let queue = try SampleOffice.open(file, busyTimeout: .seconds(30))
        var day = WorkingDay(seed: seed)
        let clock = ContinuousClock()
        let start = clock.now
        let end = seconds.map { start + .seconds($0) }
        while !Interruption.isAsked, day.operations < operations ?? .max {
            let due = start + .seconds(Double(day.operations) / rate)
            if let end, due >= end { break }
            guard Interruption.wait(until: due, clock) else { break }
            let left = (operations ?? .max) - day.operations
            let done = try day.transaction(queue, today: today ?? WallClock.today(), atMost: left)
            if verbose { Output.write(done.map { "\($0.kind.rawValue): \($0)\n" }.joined()) }
        }
        try queue.close()
        try say(day, seconds: (clock.now - start) / .seconds(1))
    }

    private func say(_ day: WorkingDay, seconds: Double) throws {
        if json {
            try Output.json(
                Answer(
                    operations: day.operations, transactions: day.transactions, seconds: seconds,
                    kinds: Dictionary(
                        uniqueKeysWithValues: day.counts.map { ($0.key.rawValue, $0.value) })))
            return
        }
        let kinds = OfficeAtWork.Operation.Kind.allCases.compactMap { kind in
            day.counts[kind].map { "\(kind.rawValue) \($0)" }
        }
        Output.write(
            "\(day.operations) operations in \(day.transactions) transactions, "
                + "\(Output.rounded(seconds)) seconds: \(kinds.joined(separator: ", "))\n")
    }

    private struct Answer: Encodable {
        var operations: Int
        var transactions: Int
        var seconds: Double
        var kinds: [String: Int]
    }
}

/// The office and what it has done so far.
struct WorkingDay {
    private var office: OfficeAtWork
    private var grouping: Dice
    private(set) var counts: [OfficeAtWork.Operation.Kind: Int] = [:]
    private(set) var operations = 0
    private(set) var transactions = 0

    init(seed: UInt64) {
        office = OfficeAtWork(seed: seed)
        grouping = Dice(seed: ~seed)
    }

    /// One transaction: of one operation, or one time in ten of up to five.
    mutating func transaction(
        _ queue: DatabaseQueue, today: String, atMost: Int
    ) throws -> [OfficeAtWork.Operation] {
        let isGroup = Int.random(in: 0..<10, using: &grouping) == 0
        let size = min(atMost, isGroup ? Int.random(in: 2...5, using: &grouping) : 1)
        // A copy, which is kept only if the transaction is.
        var office = office
        let done: [OfficeAtWork.Operation]
        do {
            done = try queue.write { db in
                try (0..<size).map { _ in try office.step(db, today: today) }
            }
        } catch let error as DatabaseError {
            if let full = SampleOfficeError.diskFull(error, queue.path) { throw full }
            guard error.resultCode == .SQLITE_BUSY else { throw error }
            throw SampleOfficeError(
                .locked, "Another program has kept the file locked for more than 30 seconds.",
                hint: "End that program, or wait until it is done; then run `work` again.")
        }
        self.office = office
        for operation in done { counts[operation.kind, default: 0] += 1 }
        operations += size
        transactions += 1
        return done
    }
}
