import GRDB

extension Office {
    /// At work, and not the one who keeps the keys.
    private static let isThere =
        "left_on IS NULL AND is_super_user = 0 AND oneclick_status = 'activated'"

    mutating func addEmployee() throws -> String? {
        let stations = try stations()
        let number = try nextID(of: "employee")
        let (first, last) = (dice.pick(Names.first), dice.pick(Names.last))
        let mailbox = Names.mailbox(first) + "." + Names.mailbox(last) + String(number)
        let id = try insert(
            into: "employee",
            """
            code, title, first_name, last_name, salutation, work_email, company_id, office_id,
            department_id, login_name, oneclick_status
            """,
            [
                .text(Names.initials(last) + number.padded(3)), .text(dice.pick(Names.titles)),
                .text(first), .text(last), .text(first), .text(mailbox + "@sample.example"),
                Value(dice.pickAny(stations.companies)), Value(dice.pickAny(stations.offices)),
                Value(dice.pickAny(stations.departments)), .text(mailbox),
                .text(dice.pick(["pending", "activated", "activated"])),
            ])
        if let group = try row(of: "security_group") {
            try run(
                "INSERT INTO employee_security_group VALUES (?, ?)", .integer(id), .integer(group))
        }
        return "employee \(id) joins"
    }

    mutating func editEmployee() throws -> String? {
        guard let id = try row(of: "employee") else { return nil }
        if dice.chance(percent: 50), let office = try row(of: "office") {
            try run(
                "UPDATE employee SET office_id = ? WHERE id = ?", .integer(office), .integer(id))
            return "employee \(id) moves to office \(office)"
        }
        try run(
            "UPDATE employee SET last_name = ?, salutation = ? WHERE id = ?",
            .text(dice.pick(Names.last)), .text(dice.pick(Names.first)), .integer(id))
        return "employee \(id) has another name"
    }

    mutating func leaveToday() throws -> String? { try leave(on: today) }

    mutating func leaveLater() throws -> String? { try leave(on: today + dice.number(1...60)) }

    private mutating func leave(on day: Day) throws -> String? {
        // An office that everybody has left would do nothing any more.
        let there = try number("SELECT count(*) FROM employee WHERE \(Self.isThere)") ?? 0
        guard there > 3, let id = try row(of: "employee", where: Self.isThere) else { return nil }
        try run("UPDATE employee SET left_on = ? WHERE id = ?", Value(day), .integer(id))
        return "employee \(id) leaves on \(day)"
    }

    mutating func employeeReturns() throws -> String? {
        guard let id = try row(of: "employee", where: "left_on IS NOT NULL") else { return nil }
        try run("UPDATE employee SET left_on = NULL WHERE id = ?", .integer(id))
        return "employee \(id) returns"
    }

    mutating func flipLogin() throws -> String? {
        guard let id = try row(of: "employee", where: "is_super_user = 0") else { return nil }
        try run(
            "UPDATE employee SET login_disabled = NOT login_disabled WHERE id = ?", .integer(id))
        return "the login of employee \(id) is switched"
    }

    mutating func changeActivation() throws -> String? {
        guard let id = try row(of: "employee", where: "is_super_user = 0") else { return nil }
        let status = dice.pick(["activated", "activated", "activated", "pending", "suspended"])
        try run(
            "UPDATE employee SET oneclick_status = ? WHERE id = ?", .text(status), .integer(id))
        return "employee \(id) is \(status)"
    }

    mutating func shareEmail() throws -> String? {
        guard let (id, other) = try pair(of: "employee", where: Self.isThere),
            let email = try text("SELECT work_email FROM employee WHERE id = ?", .integer(other))
        else { return nil }
        // The same address to anyone but a computer.
        let spelling = dice.pick([email, email.uppercased(), " " + email])
        try run("UPDATE employee SET work_email = ? WHERE id = ?", .text(spelling), .integer(id))
        return "employee \(id) shares the e-mail of employee \(other)"
    }

    mutating func mendEmail() throws -> String? {
        let id = try row(
            of: "employee",
            where: """
                work_email IS NULL OR lower(trim(work_email)) IN (
                  SELECT lower(trim(e.work_email)) FROM employee AS e
                  GROUP BY 1 HAVING count(*) > 1)
                """)
        guard let id else { return nil }
        let email = "employee\(id)@sample.example"
        try run("UPDATE employee SET work_email = ? WHERE id = ?", .text(email), .integer(id))
        return "employee \(id) has an e-mail of their own"
    }

    /// One person entered twice: the second record's code goes to the first, and replaces it.
    mutating func mergeEmployees() throws -> String? {
        guard try number("SELECT count(*) FROM employee") ?? 0 > 6,
            let (id, gone) = try pair(of: "employee", where: "is_super_user = 0")
        else { return nil }
        let keep = Value.integer(id)
        let lose = Value.integer(gone)
        try run("UPDATE client SET partner_id = ? WHERE partner_id = ?", keep, lose)
        try run("UPDATE client SET manager_id = ? WHERE manager_id = ?", keep, lose)
        try run("UPDATE client_team SET employee_id = ? WHERE employee_id = ?", keep, lose)
        try run(
            "UPDATE OR IGNORE employee_security_group SET employee_id = ? WHERE employee_id = ?",
            keep, lose)
        try run("DELETE FROM employee_security_group WHERE employee_id = ?", lose)
        try run(
            "UPDATE hmrc_credential SET scope_id = ? WHERE level = 'employee' AND scope_id = ?",
            keep, lose)
        try run(
            """
            UPDATE OR REPLACE employee SET code = (SELECT code FROM employee WHERE id = ?)
            WHERE id = ?
            """, lose, keep)
        return "employee \(id) takes the place of employee \(gone)"
    }
}
