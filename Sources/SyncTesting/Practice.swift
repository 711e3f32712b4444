import Catalogue
import Central
import Foundation
import GRDB
import OneClickStore
import SampleOffice
import SyncEngine
import SyncModel
import SyncProtocol

/// A whole practice in a test: a SQLite Central with capture, the run, and a OneClick in memory or
/// in a file.
public final class Practice: Sendable {
    public let world: World
    public let catalogue: Catalogue
    public let cloud: StoreCloud
    public let journal: MemoryJournal
    public let id: PracticeID
    /// OneClick's file; nil where it is in memory.
    public let oneClickPath: String?
    private let central: TestCentral
    private let settings: RunSettings

    public static let today = LocalDate("2026-11-24")!

    public var path: String { central.path }

    /// - Parameters:
    ///   - isCaptured: whether change capture is installed in Central.
    ///   - isOneClickInFile: whether OneClick is a file beside Central, for other programs to read.
    ///   - fill: makes the new Central's tables and puts rows into them.
    public init(
        seed: UInt64 = 1, isCaptured: Bool = true, isOneClickInFile: Bool = false,
        limits: [TableName: RemovalLimits] = [:],
        fill: (Database) throws -> Void = Practice.fewClients
    ) async throws {
        world = World(seed: seed, today: Self.today)
        catalogue = try Catalogue.standard()
        central = try TestCentral(catalogue: catalogue, isCaptured: isCaptured, fill: fill)
        oneClickPath = isOneClickInFile ? central.folder.path(of: "oneclick.db") : nil
        let store = try OneClickStore.test(
            at: oneClickPath, shapes: catalogue.shapes, limits: limits)
        let installation = InstallationID(rawValue: "installation")
        id = try await store.addPractice(
            name: "Test", installation: installation, now: world.now)
        cloud = StoreCloud(store: store, installation: installation, world: world)
        journal = MemoryJournal(world: world)
        settings = RunSettings(
            practice: id, shapes: catalogue.shapes, server: "TEST", place: "here")
    }

    deinit { try? cloud.store.close() }

    // MARK: The office

    /// One transaction of the office.
    public func office(_ body: (Database) throws -> Void) throws { try central.office(body) }

    public func office(_ sql: String) throws { try central.office(sql) }

    /// One number out of Central.
    public func look(_ sql: String) throws -> Int {
        try central.read { try Int.fetchOne($0, sql: sql) ?? 0 }
    }

    /// A copy of Central as it is now.
    public func backUp() throws -> String { try central.backUp() }

    /// Puts a backup's contents in Central's place, as a restore does.
    public func restore(_ backup: String) throws { try central.restore(backup) }

    // MARK: Runs

    /// A new process on the premises: nothing is remembered but the files.
    @discardableResult
    public func run(
        _ kind: RunKind = .change, purpose: RunPurpose = .synchronise, only: [String]? = nil,
        retention: Retention = Retention(), changesPerRunMax: Int = 500_000,
        through recorder: (any Cloud)? = nil,
        settings change: (inout RunSettings) -> Void = { _ in }
    ) async throws -> RunRecord {
        let world = world
        var settings = settings
        change(&settings)
        let source = try central.open(
            retention: retention, changesPerRunMax: changesPerRunMax
        ) { world.now }
        let runner = Runner(
            source: ObservedSource(source, world: world), cloud: recorder ?? cloud,
            journal: journal, settings: settings, environment: world.environment)
        let record = await runner.run(
            RunRequest(kind: kind, trigger: .manual, purpose: purpose, only: only))
        try await source.close()
        return record
    }

    public func answer(_ answer: RemovalAnswer, _ table: TableName?, keys: [Key]? = nil)
        async throws
    {
        let now = world.now
        let request = AnswerRequest(
            answer: answer, table: table, keys: keys, seenAt: table == nil ? nil : now,
            person: "tester")
        _ = try await cloud.store.answer(request, practice: id, now: now)
    }

    public func exceptions() async throws -> [RowException] {
        try await cloud.store.status(practice: id).exceptions
    }

    // MARK: Looking

    /// Rows of OneClick's typed table, by the text of their key.
    public func oneClick(_ table: TableName) async throws -> [String: [String: String]] {
        let shape = catalogue.shapes[table]!
        let practice = id.rawValue
        return try await cloud.store.read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM \(table) WHERE practice_id = ?", arguments: [practice])
            return Self.texts(rows, shape)
        }
    }

    /// What the catalogue's query says should be there, as of the last checkpoint's date.
    public func expected(_ table: TableName) throws -> [String: [String: String]] {
        let entry = catalogue[table]!
        return Self.texts(try central.rows(entry, asOf: world.today), entry.shape)
    }

    private static func texts(
        _ rows: [Row], _ shape: TableShape
    ) -> [String: [String: String]] {
        var texts: [String: [String: String]] = [:]
        for row in rows {
            var fields: [String: String] = [:]
            for column in shape.columns where !column.type.isSealed {
                fields[column.name] = text(row[column.name], column.type)
            }
            texts[shape.key.map { fields[$0.name] ?? "" }.joined(separator: "/")] = fields
        }
        return texts
    }

    private static func text(_ value: DatabaseValue, _ type: ColumnType) -> String {
        switch (value.storage, type) {
        case (.null, _): "NULL"
        case (.string(""), .date), (.string(""), .timestamp): "NULL"
        case (.string(let text), .timestamp): Timestamp(text)?.sql ?? text
        case (.string(let text), _): text
        case (.int64(let number), _): String(number)
        case (let other, _): "\(other)"
        }
    }

    /// Every row that is not the same on both sides and that no exception explains, as table and
    /// key.
    public func differences() async throws -> [String] {
        let exceptions = try await exceptions()
        var found: [String] = []
        for shape in catalogue.shapes.tables {
            let ours = try await oneClick(shape.name)
            let theirs = try expected(shape.name)
            let excused = exceptions.filter { $0.table == shape.name }.map { exception in
                (exception.key.values ?? []).map { value in
                    switch value {
                    case .integer(let number): String(number)
                    case .text(let text): text
                    }
                }.joined(separator: "/")
            }
            for key in Set(ours.keys).union(theirs.keys).sorted() where ours[key] != theirs[key] {
                if excused.contains(where: { key == $0 || key.hasPrefix($0 + "/") }) { continue }
                let what =
                    ours[key] == nil ? "missing" : theirs[key] == nil ? "left over" : "different"
                found.append("\(shape.name) \(key) \(what)")
            }
        }
        return found
    }
}

extension Practice {
    /// Twelve clients with everything that hangs on them, six employees.
    public static func fewClients(_ db: Database) throws {
        try CentralSchema.create(in: db)
        try db.execute(
            sql: """
                INSERT INTO database_info
                VALUES ('11111111-2222-3333-4444-555555555555', 'Test', 1);
                INSERT INTO data_security (by_company, by_office, by_department) VALUES (0, 1, 0);
                INSERT INTO ap_chart (name) VALUES ('Limited'), ('Sole trader');
                """)
        for employee in 1...6 {
            try db.execute(
                sql: """
                    INSERT INTO employee (code, first_name, last_name, work_email, office_id,
                      oneclick_status) VALUES (?, ?, ?, ?, 1, 'activated')
                    """,
                arguments: [
                    "E\(employee)", "First\(employee)", "Last\(employee)",
                    "e\(employee)@example.com",
                ])
        }
        for nominal in 1...20 {
            try db.execute(
                sql: """
                    INSERT INTO ap_nominal (chart_id, main_code, description) VALUES (?, ?, ?)
                    """, arguments: [1 + nominal % 2, "\(nominal)00", "Nominal \(nominal)"])
        }
        for client in 1...12 { try addClient(db, client) }
        try db.execute(
            sql: """
                INSERT INTO hmrc_credential (level, scope_id, label, access_token, refresh_token,
                  granted_at, generation)
                VALUES ('practice', NULL, 'Agent', 'access-canary', 'refresh-canary',
                    '2026-01-05 09:30:00', 1),
                  ('employee', 2, 'Own', 'a2', 'r2', '2026-02-05 09:30:00.123456', 3)
                """)
    }

    static func addClient(_ db: Database, _ client: Int) throws {
        try db.execute(
            sql: """
                INSERT INTO contact (name, email) VALUES ('Client \(client)', 'c\(client)@x.org');
                INSERT INTO client (code, contact_id, contact_type, office_id, status)
                VALUES ('C\(client)', \(client), 'individual', 1, 'active');
                INSERT INTO client_team (client_id, employee_id, responsibility)
                VALUES (\(client), \(1 + client % 6), 'manager'),
                  (\(client), \(1 + (client + 1) % 6), 'partner');
                INSERT INTO business (client_id, name, kind)
                VALUES (\(client), 'Business \(client)', 'vat');
                INSERT INTO ap_period (client_id, period_start, period_end, type, chart_id, oi_mode)
                VALUES (\(client), '2025-04-06', '2026-04-05', 'company', \(1 + client % 2),
                  'transactions');
                """)
        for line in 1...4 {
            try db.execute(
                sql: """
                    INSERT INTO ap_transaction (period_id, nominal_id, journal_no, line_no,
                      posted_on, amount_pence, kind)
                    VALUES (\(client), \(line), 1, \(line), '2025-05-0\(line)',
                      \(line % 2 == 0 ? -100 : 100), 'journal')
                    """)
        }
    }
}
