import GRDB

extension Office {
    /// A contact and a client of it; most are active.
    mutating func addClient() throws -> String? {
        let new = NewClient(&dice)
        let contact = try insert(
            into: "contact", NewClient.contactColumns, new.contactValues(&dice))
        let id = try insert(
            into: "client", NewClient.clientColumns,
            new.clientValues(
                number: nextID(of: "client"), contact: contact, stations: stations(), today: today,
                &dice))
        return "client \(id) is new"
    }

    mutating func editClient() throws -> String? {
        guard let id = try row(of: "client") else { return nil }
        switch dice.below(3) {
        case 0:
            let utr = UKIdentifiers.utr(&dice)
            try run("UPDATE client SET utr = ? WHERE id = ?", .text(utr), .integer(id))
            return "client \(id) has another UTR"
        case 1:
            let employee = try row(of: "employee")
            try run("UPDATE client SET manager_id = ? WHERE id = ?", Value(employee), .integer(id))
            return "client \(id) has another manager"
        default:
            let office = try row(of: "office")
            try run("UPDATE client SET office_id = ? WHERE id = ?", Value(office), .integer(id))
            return "client \(id) moves to another office"
        }
    }

    mutating func editContact() throws -> String? {
        guard let id = try row(of: "contact") else { return nil }
        if dice.chance(percent: 30) {
            let name = Names.organisation(&dice, ending: "Ltd")
            try run("UPDATE contact SET name = ? WHERE id = ?", .text(name), .integer(id))
            return "contact \(id) has another name"
        }
        let address = Names.address(&dice)
        try run(
            """
            UPDATE contact SET phone = ?, address_line1 = ?, address_line2 = ?, town = ?,
              postcode = ? WHERE id = ?
            """, .text(Names.phone(&dice)), .text(address.line1), Value(address.line2),
            .text(address.town), .text(address.postcode), .integer(id))
        return "contact \(id) has moved house"
    }

    mutating func closeClient() throws -> String? {
        guard let id = try row(of: "client", where: "status <> 'closed'") else { return nil }
        try run(
            "UPDATE client SET status = 'closed', closed_on = ? WHERE id = ?", Value(today),
            .integer(id))
        return "client \(id) is closed"
    }

    mutating func reopenClient() throws -> String? {
        guard let id = try row(of: "client", where: "status = 'closed'") else { return nil }
        try run(
            "UPDATE client SET status = 'active', closed_on = NULL WHERE id = ?", .integer(id))
        return "client \(id) is open again"
    }

    mutating func changeStatus() throws -> String? {
        guard let id = try row(of: "client", where: "status <> 'closed'") else { return nil }
        let status = dice.pick(["active", "active", "prospect", "suspended"])
        try run("UPDATE client SET status = ? WHERE id = ?", .text(status), .integer(id))
        return "client \(id) is \(status)"
    }

    mutating func flipTeamSecurity() throws -> String? {
        guard let id = try row(of: "client") else { return nil }
        try run(
            "UPDATE client SET apply_team_security = NOT apply_team_security WHERE id = ?",
            .integer(id))
        return "team security of client \(id) is switched"
    }

    /// By way of a third code, since no two clients may have the same one for a moment.
    mutating func swapCodes() throws -> String? {
        guard let (one, other) = try pair(of: "client") else { return nil }
        let code = "SELECT code FROM client WHERE id = ?"
        let codes = try (text(code, .integer(one)), text(code, .integer(other)))
        let set = "UPDATE client SET code = ? WHERE id = ?"
        try run(set, .text("~\(one)~\(other)"), .integer(one))
        try run(set, Value(codes.0), .integer(other))
        try run(set, Value(codes.1), .integer(one))
        return "clients \(one) and \(other) swap codes"
    }
}

/// What imports and tidying do: rows that disappear without a DELETE.
extension Office {
    /// An import that writes the whole row again under the same id.
    mutating func importClient() throws -> String? {
        guard let id = try row(of: "client") else { return nil }
        let columns = NewClient.clientColumns
        try run(
            """
            INSERT OR REPLACE INTO client (id, \(columns))
            SELECT id, \(columns.replacing("utr", with: "?")) FROM client WHERE id = ?
            """, .text(UKIdentifiers.utr(&dice)), .integer(id))
        return "client \(id) is imported again"
    }

    /// An import that knows the client by its code only: the row comes back with a new id.
    mutating func retakeClient() throws -> String? {
        guard let old = try row(of: "client") else { return nil }
        let columns = NewClient.clientColumns
        try run(
            "INSERT OR REPLACE INTO client (\(columns)) SELECT \(columns) FROM client WHERE id = ?",
            .integer(old))
        let id = Int(db.lastInsertedRowID)
        try giveEverything(of: old, to: id)
        return "client \(old) is now client \(id)"
    }

    /// One client entered twice: the second's code goes to the first, and replaces it.
    mutating func mergeClients() throws -> String? {
        guard try number("SELECT count(*) FROM client") ?? 0 > 3,
            let (id, gone) = try pair(of: "client")
        else { return nil }
        try giveEverything(of: gone, to: id)
        try run(
            "UPDATE OR REPLACE client SET code = (SELECT code FROM client WHERE id = ?) "
                + "WHERE id = ?",
            .integer(gone), .integer(id))
        return "client \(id) takes the place of client \(gone)"
    }

    private func giveEverything(of old: Int, to new: Int) throws {
        for table in ["client_team", "business", "ap_period"] {
            try run(
                "UPDATE \(table) SET client_id = ? WHERE client_id = ?", .integer(new),
                .integer(old))
        }
    }

    /// Only a prospect without much to lose is ever deleted.
    mutating func deleteClient() throws -> String? {
        guard let id = try row(of: "client", where: "status = 'prospect'") else { return nil }
        let client = Value.integer(id)
        let periods = "SELECT id FROM ap_period WHERE client_id = ?"
        let lines = try number(
            "SELECT count(*) FROM ap_transaction WHERE period_id IN (\(periods))", client)
        guard lines ?? 0 <= 1000 else { return nil }
        let contact = try number("SELECT contact_id FROM client WHERE id = ?", client)
        try run("DELETE FROM ap_transaction WHERE period_id IN (\(periods))", client)
        for table in ["client_team", "business", "ap_period"] {
            try run("DELETE FROM \(table) WHERE client_id = ?", client)
        }
        try run("DELETE FROM client WHERE id = ?", client)
        try run(
            """
            DELETE FROM contact WHERE id = ?1
              AND NOT EXISTS (SELECT 1 FROM client WHERE contact_id = ?1)
            """, Value(contact))
        return "client \(id) is deleted"
    }
}
