import ArgumentParser
import SampleOffice

struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a practice in a new file.",
        discussion: """
            The same arguments make the same practice, on any machine: give --today too where it \
            must stay the same tomorrow. A practice of 2,000 clients with a million transaction \
            lines takes a few seconds and about 110 MB.
            """)

    @Option(help: ArgumentHelp("How many clients.", valueName: "n"))
    var clients = 500

    @Option(help: ArgumentHelp("Which practice: any whole number from 0 on.", valueName: "s"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp("Transaction lines in all; 50 a client if not given.", valueName: "t"))
    var transactions: Int?

    @Option(
        help: ArgumentHelp("The day the practice is at; today if not given.", valueName: "date"))
    var today: String?

    @Option(
        help: ArgumentHelp(
            "What stands in the column password_hash of every employee; nobody can sign in with "
                + "an empty one.", valueName: "hash"))
    var passwordHash = ""

    @Flag(help: "Replace the file if it exists.")
    var force = false

    @Flag(help: "Answer in JSON.")
    var json = false

    @Argument(help: ArgumentHelp("The file to make.", valueName: "file"))
    var file: String

    func run() throws {
        let options = SampleOffice.Options(
            clients: clients, seed: seed, transactions: transactions,
            today: today ?? WallClock.today(), passwordHash: passwordHash)
        let clock = ContinuousClock()
        let start = clock.now
        let contents = try SampleOffice.create(at: file, options, replacing: force)
        let seconds = (clock.now - start) / .seconds(1)
        if json {
            try Output.json(
                Answer(
                    file: file, seconds: seconds,
                    tables: Dictionary(uniqueKeysWithValues: contents.map { ($0.table, $0.rows) })))
        } else {
            let rows = contents.map { "  \($0.table): \($0.rows)\n" }.joined()
            Output.write("Made \(file) in \(Output.rounded(seconds)) seconds:\n\(rows)")
        }
    }

    private struct Answer: Encodable {
        var file: String
        var seconds: Double
        var tables: [String: Int]
    }
}
