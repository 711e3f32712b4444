import GRDB

extension NewPractice {
    /// Groups in the order of their ids, with whether they may use the task OneClick.
    private static let groups = [
        ("Administrators", true), ("Partners", true), ("Managers", false), ("Staff", false),
        ("Payroll", false), ("Temporary", false),
    ]

    func insertPractice(_ db: Database) throws {
        var dice = dice("practice")
        let parts = [8, 4, 4, 4, 12].map { dice.hexadecimal($0) }
        try Insertion(db, into: "database_info", "database_id, practice_name, schema_version")
            .insert(
                .text(parts.joined(separator: "-")), .text(options.practiceName),
                .integer(CentralSchema.version))
        let company = try Insertion(db, into: "company", "code, name")
        for id in 1...size.companies {
            let name = ["Partners LLP", "Tax Ltd", "Payroll Ltd"][id - 1]
            try company.insert(.text("CO\(id)"), .text("O'Neill Royal \(name)"))
        }
        let office = try Insertion(db, into: "office", "code, name")
        for id in 1...size.offices {
            try office.insert(.text("OFF\(id)"), .text(Names.towns[id - 1].0))
        }
        let department = try Insertion(db, into: "department", "code, name")
        let names = ["Accounts", "Audit", "Tax", "Payroll", "Corporate finance", "Support"]
        for id in 1...size.departments {
            try department.insert(.text("D\(id)"), .text(names[id - 1]))
        }
        // Clients are seen by their own office unless the practice decides otherwise.
        try Insertion(db, into: "data_security", "by_company, by_office, by_department")
            .insert(false, true, false)
    }

    func insertEmployees(_ db: Database) throws {
        var dice = dice("employees")
        let employee = try Insertion(
            db, into: "employee",
            """
            code, title, first_name, last_name, salutation, work_email, company_id, office_id,
            department_id, is_super_user, login_name, password_hash, login_disabled,
            oneclick_status, left_on
            """)
        for id in 1...size.employees {
            let first = dice.pick(Names.first)
            let last = dice.pick(Names.last)
            let mailbox = Names.mailbox(first) + "." + Names.mailbox(last) + String(id)
            let login = mailbox
            let standing = standing(of: id, &dice)
            try employee.insert(
                .text(Names.initials(last) + id.padded(3) + (id % 17 == 0 ? "  " : "")),
                .text(dice.pick(Names.titles)), .text(first), .text(last), .text(first),
                Value(email(of: id, mailbox)), .integer(dice.number(1...size.companies)),
                .integer(dice.number(1...size.offices)),
                .integer(dice.number(1...size.departments)), Value(id <= 2), .text(login),
                .text(options.passwordHash), Value(standing.isDisabled),
                .text(standing.status), Value(standing.leftOn))
        }
    }

    /// The first eight are one of each kind that matters; the others as it comes.
    private func standing(
        of id: Int, _ dice: inout Dice
    ) -> (isDisabled: Bool, status: String, leftOn: Day?) {
        switch id {
        case 1, 2, 5, 6, 7: (false, "activated", nil)
        case 3: (false, "activated", today - 40)
        case 4: (true, "activated", nil)
        case 8: (false, "activated", today + 20)
        default:
            switch dice.below(20) {
            case 0: (false, "pending", nil)
            case 1: (false, "none", nil)
            case 2: (false, "suspended", nil)
            case 3: (false, "activated", today - dice.number(0...900))
            case 4: (true, "activated", nil)
            default: (false, "activated", nil)
            }
        }
    }

    /// Employees 5 and 6 share an address, written differently; the seventh has none.
    private func email(of id: Int, _ mailbox: String) -> String? {
        switch id {
        case 5: "front.desk@sample.example"
        case 6: " Front.Desk@sample.example"
        case 7: nil
        default: mailbox + "@sample.example"
        }
    }

    func insertSecurity(_ db: Database) throws {
        var dice = dice("security")
        let group = try Insertion(db, into: "security_group", "name")
        let permission = try Insertion(
            db, into: "task_permission", "product, task, security_group_id, allowed")
        for (index, (name, mayUseOneClick)) in Self.groups.enumerated() {
            try group.insert(.text(name))
            let id = index + 1
            try permission.insert("OneClick", "OneClick", .integer(id), Value(mayUseOneClick))
            try permission.insert("Central", "Client Maintenance", .integer(id), Value(id < 5))
            try permission.insert(
                "Accounts Production", "Post Journals", .integer(id), Value(id < 4))
        }
        let member = try Insertion(
            db, into: "employee_security_group", "employee_id, security_group_id")
        for employee in 1...size.employees {
            let main = employee <= 2 ? employee : dice.number(2...Self.groups.count)
            try member.insert(.integer(employee), .integer(main))
            if main != 4, dice.chance(percent: 30) { try member.insert(.integer(employee), 4) }
        }
    }

    func insertCredentials(_ db: Database) throws {
        var dice = dice("credentials")
        let credential = try Insertion(
            db, into: "hmrc_credential",
            """
            level, scope_id, label, gateway_user_id, arn, environment, scopes, access_token,
            access_expires_at, refresh_token, granted_at, expires_at, generation, status
            """)
        var scopes: [(level: String, id: Int?)] = [("practice", nil)]
        scopes += (1...size.companies).map { ("company", $0) }
        scopes += (1...size.offices).map { ("office", $0) }
        scopes += (1...size.departments).map { ("department", $0) }
        scopes += (1...(size.employees / 4)).map { ("employee", $0) }
        for (number, scope) in scopes.enumerated() {
            let grant = Grant(grantedOn: today - dice.number(1...600), today: today, &dice)
            try credential.insert(
                .text(scope.level), Value(scope.id),
                .text("Agent \(scope.level) \(scope.id ?? 0)"), .text(dice.digits(12)),
                .text(UKIdentifiers.arn(&dice)), "sandbox",
                .text(number % 5 == 4 ? "read:vat" : "read:vat write:vat"),
                .text(grant.accessToken), .text(grant.accessExpiresAt), .text(grant.refreshToken),
                .text(grant.grantedAt), .text(grant.expiresAt), 1, .text(grant.status))
        }
    }
}

/// An authorisation at HMRC with tokens that nobody can take for real ones.
struct Grant {
    var accessToken: String
    var refreshToken: String
    var grantedAt: String
    var accessExpiresAt: String
    var expiresAt: String
    var status: String

    /// HMRC's access tokens live for four hours, a grant for 18 months.
    init(grantedOn: Day, today: Day, _ dice: inout Dice) {
        accessToken = "fake-access-token-" + dice.hexadecimal(24)
        refreshToken = "fake-refresh-token-" + dice.hexadecimal(24)
        let hour = dice.number(8...17)
        let rest = ":" + dice.below(60).padded(2) + ":" + dice.below(60).padded(2)
        grantedAt = "\(grantedOn) " + hour.padded(2) + rest
        accessExpiresAt = "\(grantedOn) " + (hour + 4).padded(2) + rest
        let end = grantedOn.adding(months: 18)
        expiresAt = "\(end) " + hour.padded(2) + rest
        status = end <= today ? "expired" : "authorised"
    }
}
