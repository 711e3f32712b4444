import GRDB

extension CentralSchema {
    /// A column whose value, where there is one, is the id of a row of another table.
    public struct Reference: Sendable, Hashable, CustomStringConvertible {
        public var table: String
        public var column: String
        public var target: String

        init(_ table: String, _ column: String, _ target: String) {
            (self.table, self.column, self.target) = (table, column, target)
        }

        public var description: String { "\(table).\(column) -> \(target)" }
    }

    /// Every reference of the schema. The scope of an HMRC credential depends on its level and is
    /// not among them.
    public static let references = [
        Reference("employee", "company_id", "company"),
        Reference("employee", "office_id", "office"),
        Reference("employee", "department_id", "department"),
        Reference("employee_security_group", "employee_id", "employee"),
        Reference("employee_security_group", "security_group_id", "security_group"),
        Reference("task_permission", "security_group_id", "security_group"),
        Reference("client", "contact_id", "contact"),
        Reference("client", "company_id", "company"),
        Reference("client", "office_id", "office"),
        Reference("client", "department_id", "department"),
        Reference("client", "partner_id", "employee"),
        Reference("client", "manager_id", "employee"),
        Reference("client_team", "client_id", "client"),
        Reference("client_team", "employee_id", "employee"),
        Reference("business", "client_id", "client"),
        Reference("business", "hmrc_credential_id", "hmrc_credential"),
        Reference("ap_nominal", "chart_id", "ap_chart"),
        Reference("ap_period", "client_id", "client"),
        Reference("ap_period", "chart_id", "ap_chart"),
        Reference("ap_transaction", "period_id", "ap_period"),
        Reference("ap_transaction", "nominal_id", "ap_nominal"),
    ]

    /// The references that lead nowhere, with how many rows have them. Reads every table.
    public static func orphans(in db: Database) throws -> [(reference: Reference, rows: Int)] {
        var found: [(reference: Reference, rows: Int)] = []
        for reference in references {
            let rows = try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM \(reference.table) AS t
                    WHERE t.\(reference.column) IS NOT NULL AND NOT EXISTS (
                      SELECT 1 FROM \(reference.target) AS r WHERE r.id = t.\(reference.column))
                    """)
            if let rows, rows > 0 { found.append((reference, rows)) }
        }
        for (level, target) in scopes {
            let rows = try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM hmrc_credential AS h WHERE h.level = ? AND NOT EXISTS (
                      SELECT 1 FROM \(target) AS r WHERE r.id = h.scope_id)
                    """, arguments: [level])
            let reference = Reference("hmrc_credential", "scope_id", target)
            if let rows, rows > 0 { found.append((reference, rows)) }
        }
        return found
    }

    /// The levels of an HMRC credential that have a scope, and the table it is in.
    private static let scopes = [
        ("company", "company"), ("office", "office"), ("department", "department"),
        ("employee", "employee"),
    ]
}
