import GRDB

/// The schema of Central that the sample and the shipped catalogue use.
///
/// Ids are AUTOINCREMENT: SQLite never gives one twice, whatever was deleted. No foreign keys are
/// declared, since a practice's program keeps them itself; `CentralSchema.orphans(in:)` checks
/// them.
public enum CentralSchema {
    /// What `database_info.schema_version` says.
    public static let version = 1

    /// Makes all tables and indexes, in the caller's transaction.
    public static func create(in db: Database) throws {
        for statement in practice + people + clients + tax + accounts + indexes {
            try db.execute(sql: statement)
        }
    }

    /// Whether every table of the schema is there.
    public static func isComplete(in db: Database) throws -> Bool {
        let tables = Set(references.flatMap { [$0.table, $0.target] })
        return try tables.union(["database_info", "data_security"]).allSatisfy {
            try db.tableExists($0)
        }
    }

    static let practice = [
        """
        CREATE TABLE database_info (
          database_id TEXT NOT NULL, practice_name TEXT NOT NULL,
          schema_version INTEGER NOT NULL) STRICT
        """,
        """
        CREATE TABLE company (
          id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL, name TEXT NOT NULL) STRICT
        """,
        """
        CREATE TABLE office (
          id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL, name TEXT NOT NULL) STRICT
        """,
        """
        CREATE TABLE department (
          id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL, name TEXT NOT NULL) STRICT
        """,
        """
        CREATE TABLE data_security (
          id INTEGER PRIMARY KEY AUTOINCREMENT, by_company INTEGER NOT NULL DEFAULT 0,
          by_office INTEGER NOT NULL DEFAULT 0, by_department INTEGER NOT NULL DEFAULT 0) STRICT
        """,
    ]

    static let people = [
        """
        CREATE TABLE employee (
          id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL UNIQUE, title TEXT,
          first_name TEXT, last_name TEXT, salutation TEXT, work_email TEXT,
          company_id INTEGER, office_id INTEGER, department_id INTEGER,
          is_super_user INTEGER NOT NULL DEFAULT 0, login_name TEXT,
          password_hash TEXT NOT NULL DEFAULT '', login_disabled INTEGER NOT NULL DEFAULT 0,
          oneclick_status TEXT NOT NULL DEFAULT 'none', left_on TEXT) STRICT
        """,
        """
        CREATE TABLE security_group (
          id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL) STRICT
        """,
        """
        CREATE TABLE employee_security_group (
          employee_id INTEGER NOT NULL, security_group_id INTEGER NOT NULL,
          PRIMARY KEY (employee_id, security_group_id)) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE task_permission (
          id INTEGER PRIMARY KEY AUTOINCREMENT, product TEXT NOT NULL, task TEXT NOT NULL,
          security_group_id INTEGER NOT NULL, allowed INTEGER NOT NULL DEFAULT 0) STRICT
        """,
    ]

    static let clients = [
        """
        CREATE TABLE contact (
          id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, first_name TEXT, last_name TEXT,
          email TEXT, phone TEXT, address_line1 TEXT, address_line2 TEXT, town TEXT,
          postcode TEXT) STRICT
        """,
        """
        CREATE TABLE client (
          id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL UNIQUE,
          contact_id INTEGER NOT NULL, contact_type TEXT NOT NULL, company_id INTEGER,
          office_id INTEGER, department_id INTEGER, partner_id INTEGER, manager_id INTEGER,
          utr TEXT, nino TEXT, vrn TEXT, company_number TEXT, status TEXT NOT NULL,
          closed_on TEXT, apply_team_security INTEGER NOT NULL DEFAULT 0,
          year_end_month INTEGER, year_end_day INTEGER, oneclick_status TEXT) STRICT
        """,
        """
        CREATE TABLE client_team (
          id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL,
          employee_id INTEGER NOT NULL, responsibility TEXT,
          allowed INTEGER NOT NULL DEFAULT 1) STRICT
        """,
    ]

    static let tax = [
        """
        CREATE TABLE business (
          id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, name TEXT,
          trading_name TEXT, kind TEXT NOT NULL, vrn TEXT, vat_scheme TEXT, vat_stagger TEXT,
          nino TEXT, mtd_it_id TEXT, income_source_id TEXT, accounting_type TEXT,
          period_start TEXT, period_end TEXT, commenced_on TEXT, ceased_on TEXT,
          hmrc_credential_id INTEGER) STRICT
        """,
        """
        CREATE TABLE hmrc_credential (
          id INTEGER PRIMARY KEY AUTOINCREMENT, level TEXT NOT NULL, scope_id INTEGER, label TEXT,
          gateway_user_id TEXT, arn TEXT, environment TEXT, scopes TEXT, access_token TEXT,
          access_expires_at TEXT, refresh_token TEXT, granted_at TEXT, expires_at TEXT,
          generation INTEGER NOT NULL DEFAULT 1, status TEXT) STRICT
        """,
    ]

    static let accounts = [
        """
        CREATE TABLE ap_chart (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT) STRICT
        """,
        """
        CREATE TABLE ap_nominal (
          id INTEGER PRIMARY KEY AUTOINCREMENT, chart_id INTEGER NOT NULL, main_code TEXT,
          sub_code TEXT, description TEXT, category TEXT, kind TEXT) STRICT
        """,
        """
        CREATE TABLE ap_period (
          id INTEGER PRIMARY KEY AUTOINCREMENT, client_id INTEGER NOT NULL, period_start TEXT,
          period_end TEXT, type TEXT NOT NULL, entity TEXT, master_pack TEXT, chart_id INTEGER,
          finalised_at TEXT, oi_mode TEXT NOT NULL) STRICT
        """,
        """
        CREATE TABLE ap_transaction (
          id INTEGER PRIMARY KEY AUTOINCREMENT, period_id INTEGER NOT NULL,
          nominal_id INTEGER NOT NULL, journal_no INTEGER, line_no INTEGER, posted_on TEXT,
          reference TEXT, narrative TEXT, amount_pence INTEGER NOT NULL, kind TEXT NOT NULL,
          source TEXT) STRICT
        """,
    ]

    /// What the catalogue's queries and lookups need to find rows without scanning.
    static let indexes = [
        "CREATE INDEX employee_left_on ON employee (left_on)",
        "CREATE INDEX client_contact ON client (contact_id)",
        "CREATE INDEX client_team_client ON client_team (client_id, id)",
        "CREATE INDEX client_team_employee ON client_team (employee_id)",
        "CREATE INDEX business_client ON business (client_id, id)",
        "CREATE INDEX business_credential ON business (hmrc_credential_id)",
        "CREATE INDEX hmrc_credential_scope ON hmrc_credential (level, scope_id)",
        "CREATE INDEX ap_nominal_chart ON ap_nominal (chart_id, id)",
        "CREATE INDEX ap_period_client ON ap_period (client_id, id)",
        "CREATE INDEX ap_period_chart ON ap_period (chart_id)",
        "CREATE INDEX ap_transaction_period ON ap_transaction (period_id, id)",
    ]
}
