import GRDB

extension NewPractice {
    private static let responsibilities = ["Partner", "Manager", "Accounts", "Tax", "Payroll"]

    func insertClients(_ db: Database) throws {
        var dice = dice("clients")
        let stations = Stations(
            employees: Array(1...size.employees), companies: Array(1...size.companies),
            offices: Array(1...size.offices), departments: Array(1...size.departments))
        let contact = try Insertion(db, into: "contact", NewClient.contactColumns)
        let client = try Insertion(db, into: "client", NewClient.clientColumns)
        let team = try Insertion(
            db, into: "client_team", "client_id, employee_id, responsibility, allowed")
        let business = try Insertion(db, into: "business", NewBusiness.columns)
        let credentials = Array(1...size.credentials)
        var lastContact = 0
        for id in 1...size.clients {
            let new = NewClient(&dice)
            // A contact may be two clients, and some contacts are no clients at all.
            if lastContact == 0 || !dice.chance(percent: 1) {
                try contact.insert(new.contactValues(&dice))
                lastContact += 1
            }
            try client.insert(
                new.clientValues(
                    number: id, contact: lastContact, stations: stations, today: today, &dice))
            for member in members(&dice) {
                try team.insert(
                    .integer(id), .integer(member), .text(dice.pick(Self.responsibilities)),
                    Value(dice.chance(percent: 90)))
            }
            for _ in 0..<dice.pick([0, 0, 1, 1, 1, 1, 2, 3]) {
                try business.insert(
                    NewBusiness.values(
                        client: id, isIndividual: new.contactType == .individual,
                        credentials: credentials, today: today, &dice))
            }
            if dice.chance(percent: 5) {
                try contact.insert(NewClient(&dice).contactValues(&dice))
                lastContact += 1
            }
        }
    }

    /// Up to four different employees.
    private func members(_ dice: inout Dice) -> [Int] {
        var members: [Int] = []
        for _ in 0..<dice.number(1...4) {
            let employee = dice.number(1...size.employees)
            if !members.contains(employee) { members.append(employee) }
        }
        return members
    }
}
