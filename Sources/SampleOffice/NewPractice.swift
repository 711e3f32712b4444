import GRDB

/// A practice in the making: what later rows refer to of earlier ones, table after table. Every
/// subject has dice of its own, so that, say, the number of lines does not change the clients.
struct NewPractice {
    let options: SampleOffice.Options
    let today: Day
    let size: PracticeSize
    let journals = JournalMaker()

    init(_ options: SampleOffice.Options) throws {
        guard let today = Day(options.today) else {
            throw SampleOfficeError(
                .badOption, "\"\(options.today)\" is not a date.",
                hint: "Write it as YYYY-MM-DD, for example 2026-11-24.")
        }
        guard (1...1_000_000).contains(options.clients) else {
            throw SampleOfficeError(
                .badOption, "A practice cannot have \(options.clients) clients.",
                hint: "Choose a number from 1 to 1000000.")
        }
        let transactions = options.transactions ?? options.clients * 50
        guard (0...1_000_000_000).contains(transactions) else {
            throw SampleOfficeError(
                .badOption, "A practice cannot have \(transactions) transaction lines.",
                hint: "Choose a number from 0 to 1000000000.")
        }
        self.options = options
        self.today = today
        size = PracticeSize(clients: options.clients, transactions: transactions)
    }

    func dice(_ subject: String) -> Dice { Dice(seed: options.seed, subject: subject) }

    func fill(_ db: Database) throws -> SampleOffice.Contents {
        try insertPractice(db)
        try insertEmployees(db)
        try insertSecurity(db)
        try insertCredentials(db)
        try insertClients(db)
        try insertCharts(db)
        let periods = try insertPeriods(db)
        try insertTransactions(db, periods: periods)
        return try Self.count(db)
    }

    private static func count(_ db: Database) throws -> SampleOffice.Contents {
        let tables = try String.fetchAll(
            db,
            sql: """
                SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                ORDER BY rowid
                """)
        return try tables.map { table in
            (table, try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0)
        }
    }
}

/// How many there are of what, beside clients and lines. Ids begin at 1, so that every number up to
/// one of these is the id of a row.
struct PracticeSize {
    var clients: Int
    var transactions: Int
    var employees: Int
    var companies: Int
    var offices: Int
    var departments = 6
    var credentials: Int

    init(clients: Int, transactions: Int) {
        self.clients = clients
        self.transactions = transactions
        employees = min(300, 20 + clients / 80)
        companies = clients < 500 ? 1 : 3
        offices = clients < 100 ? 2 : min(12, 3 + clients / 1000)
        // One of the practice, one of each station, and those of some employees.
        credentials = 1 + companies + offices + departments + employees / 4
    }
}
