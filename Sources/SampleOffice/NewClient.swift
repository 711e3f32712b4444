/// The ids that a new client or employee may name.
struct Stations {
    var employees: [Int]
    var companies: [Int]
    var offices: [Int]
    var departments: [Int]
}

/// A client and its contact before they have ids: as likely good as a practice's own records are.
struct NewClient {
    enum ContactType: String {
        case individual, partnership, limited_company, llp, trust, charity, other
    }

    static let contactColumns = """
        name, first_name, last_name, email, phone, address_line1, address_line2, town, postcode
        """
    static let clientColumns = """
        code, contact_id, contact_type, company_id, office_id, department_id, partner_id,
        manager_id, utr, nino, vrn, company_number, status, closed_on, apply_team_security,
        year_end_month, year_end_day, oneclick_status
        """

    let contactType: ContactType
    let name: String
    private let firstName: String?
    private let lastName: String?

    init(_ dice: inout Dice) {
        contactType =
            switch dice.below(20) {
            case 0..<7: .individual
            case 7..<15: .limited_company
            case 15: .llp
            case 16, 17: .partnership
            case 18: dice.chance(percent: 50) ? .trust : .charity
            default: .other
            }
        switch contactType {
        case .individual:
            firstName = dice.pick(Names.first)
            lastName = dice.pick(Names.last)
            name = "\(firstName ?? "") \(lastName ?? "")"
        case .limited_company: (firstName, lastName, name) = Self.named(&dice, "Ltd")
        case .llp: (firstName, lastName, name) = Self.named(&dice, "LLP")
        case .trust: (firstName, lastName, name) = Self.named(&dice, "Trust")
        case .charity: (firstName, lastName, name) = Self.named(&dice, "Foundation")
        case .partnership, .other: (firstName, lastName, name) = Self.named(&dice, "")
        }
    }

    private static func named(
        _ dice: inout Dice, _ ending: String
    ) -> (String?, String?, String) {
        (nil, nil, Names.organisation(&dice, ending: ending))
    }

    /// In the order of `contactColumns`.
    func contactValues(_ dice: inout Dice) -> [Value] {
        let address = Names.address(&dice)
        let mailbox = Names.mailbox(name)
        let email =
            dice.chance(percent: 85) ? "\(mailbox.isEmpty ? "info" : mailbox)@client.example" : nil
        return [
            .text(name), Value(firstName), Value(lastName), Value(email),
            .text(Names.phone(&dice)), .text(address.line1), Value(address.line2),
            .text(address.town), .text(address.postcode),
        ]
    }

    /// In the order of `clientColumns`. `number` makes the code unlike any other.
    func clientValues(
        number: Int, contact: Int, stations: Stations, today: Day, _ dice: inout Dice
    ) -> [Value] {
        let status = Self.status(&dice)
        let closedOn = status == "closed" ? today - dice.number(1...1500) : nil
        let (month, day) = yearEnd(&dice)
        return [
            .text(code(number, &dice)), .integer(contact), .text(contactType.rawValue),
            Value(dice.pickAny(stations.companies)), Value(dice.pickAny(stations.offices)),
            Value(dice.pickAny(stations.departments)), Value(dice.pickAny(stations.employees)),
            Value(dice.pickAny(stations.employees)), Value(utr(&dice)), Value(nino(&dice)),
            Value(vrn(&dice)), Value(companyNumber(&dice)), .text(status), Value(closedOn),
            Value(dice.chance(percent: 15)), .integer(month), .integer(day),
            .text(dice.pick(["none", "pending", "activated", "activated"])),
        ]
    }

    /// Some codes end in blanks, some are in lower case: they are codes all the same.
    private func code(_ number: Int, _ dice: inout Dice) -> String {
        let code = Names.initials(name) + number.padded(4)
        switch dice.below(40) {
        case 0: return code + "  "
        case 1: return code.lowercased()
        default: return code
        }
    }

    private static func status(_ dice: inout Dice) -> String {
        switch dice.below(100) {
        case 0..<8: "closed"
        case 8..<12: "suspended"
        case 12..<18: "prospect"
        default: "active"
        }
    }

    private func yearEnd(_ dice: inout Dice) -> (month: Int, day: Int) {
        if contactType == .individual { return (4, 5) }
        let month = dice.pick([3, 3, 3, 12, 12, 6, 9, dice.number(1...12)])
        return (month, month == 2 ? 28 : [4, 6, 9, 11].contains(month) ? 30 : 31)
    }

    // MARK: Identifiers

    /// Of a hundred identifiers this many are bad.
    static let badPercent = 3

    private func utr(_ dice: inout Dice) -> String? {
        guard dice.chance(percent: 90) else { return nil }
        return dice.chance(percent: Self.badPercent)
            ? UKIdentifiers.Spoiled.utr(&dice) : UKIdentifiers.utr(&dice)
    }

    private func nino(_ dice: inout Dice) -> String? {
        guard contactType == .individual else { return nil }
        return dice.chance(percent: Self.badPercent)
            ? UKIdentifiers.Spoiled.nino(&dice) : UKIdentifiers.nino(&dice)
    }

    private func vrn(_ dice: inout Dice) -> String? {
        guard dice.chance(percent: contactType == .individual ? 20 : 60) else { return nil }
        return dice.chance(percent: Self.badPercent)
            ? UKIdentifiers.Spoiled.vrn(&dice) : UKIdentifiers.vrn(&dice)
    }

    private func companyNumber(_ dice: inout Dice) -> String? {
        guard contactType == .limited_company || contactType == .llp else { return nil }
        return dice.chance(percent: Self.badPercent)
            ? UKIdentifiers.Spoiled.companyNumber(&dice)
            : UKIdentifiers.companyNumber(&dice, llp: contactType == .llp)
    }
}
