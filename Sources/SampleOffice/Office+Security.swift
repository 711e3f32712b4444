import GRDB

extension Office {
    mutating func flipSwitch() throws -> String? {
        guard let id = try row(of: "data_security") else { return nil }
        let column = dice.pick(["by_company", "by_office", "by_department"])
        try run("UPDATE data_security SET \(column) = NOT \(column) WHERE id = ?", .integer(id))
        return "data security \(column) is switched"
    }

    mutating func flipPermission() throws -> String? {
        // The first group keeps its permissions: it is the one that gives them.
        guard let id = try row(of: "task_permission", where: "security_group_id > 1") else {
            return nil
        }
        try run("UPDATE task_permission SET allowed = NOT allowed WHERE id = ?", .integer(id))
        return "task permission \(id) is switched"
    }

    mutating func changeGroups() throws -> String? {
        guard let employee = try row(of: "employee"), let group = try row(of: "security_group")
        else { return nil }
        let values = (Value.integer(employee), Value.integer(group))
        let isMember = try number(
            """
            SELECT count(*) FROM employee_security_group
            WHERE employee_id = ? AND security_group_id = ?
            """, values.0, values.1)
        if isMember == 1 {
            try run(
                """
                DELETE FROM employee_security_group
                WHERE employee_id = ? AND security_group_id = ?
                """, values.0, values.1)
            return "employee \(employee) leaves security group \(group)"
        }
        try run("INSERT INTO employee_security_group VALUES (?, ?)", values.0, values.1)
        return "employee \(employee) joins security group \(group)"
    }

    mutating func addMember() throws -> String? {
        guard let client = try row(of: "client"), let employee = try row(of: "employee")
        else { return nil }
        let id = try insert(
            into: "client_team", "client_id, employee_id, responsibility, allowed",
            [
                .integer(client), .integer(employee),
                .text(dice.pick(["Accounts", "Tax", "Payroll"])),
                Value(dice.chance(percent: 90)),
            ])
        return "employee \(employee) joins the team of client \(client) (\(id))"
    }

    mutating func removeMember() throws -> String? {
        guard let id = try row(of: "client_team") else { return nil }
        try run("DELETE FROM client_team WHERE id = ?", .integer(id))
        return "team member \(id) is removed"
    }

    mutating func flipMember() throws -> String? {
        guard let id = try row(of: "client_team") else { return nil }
        try run("UPDATE client_team SET allowed = NOT allowed WHERE id = ?", .integer(id))
        return "team member \(id) is switched"
    }

    mutating func moveMember() throws -> String? {
        guard let id = try row(of: "client_team"),
            let client = try anotherClient(than: "client_team", id)
        else { return nil }
        try run("UPDATE client_team SET client_id = ? WHERE id = ?", .integer(client), .integer(id))
        return "team member \(id) moves to client \(client)"
    }

    /// A client that this row of a table does not hang on.
    mutating func anotherClient(than table: String, _ id: Int) throws -> Int? {
        let client = try number("SELECT client_id FROM \(table) WHERE id = ?", .integer(id))
        return try row(of: "client", where: "id <> ?", Value(client))
    }
}
