import GRDB

extension Office {
    mutating func addBusiness() throws -> String? {
        guard let client = try row(of: "client") else { return nil }
        let type = try text("SELECT contact_type FROM client WHERE id = ?", .integer(client))
        let id = try insert(
            into: "business", NewBusiness.columns,
            NewBusiness.values(
                client: client, isIndividual: type == "individual",
                credentials: numbers("SELECT id FROM hmrc_credential ORDER BY id"), today: today,
                &dice))
        return "business \(id) of client \(client) is new"
    }

    mutating func editBusiness() throws -> String? {
        guard let id = try row(of: "business") else { return nil }
        switch dice.below(3) {
        case 0:
            let name = Names.organisation(&dice, ending: "")
            try run("UPDATE business SET trading_name = ? WHERE id = ?", .text(name), .integer(id))
            return "business \(id) has another trading name"
        case 1:
            let credential = try row(of: "hmrc_credential")
            try run(
                "UPDATE business SET hmrc_credential_id = ? WHERE id = ?", Value(credential),
                .integer(id))
            return "business \(id) uses another HMRC credential"
        default:
            try run("UPDATE business SET ceased_on = ? WHERE id = ?", Value(today), .integer(id))
            return "business \(id) has ceased"
        }
    }

    mutating func moveBusiness() throws -> String? {
        guard let id = try row(of: "business"),
            let client = try anotherClient(than: "business", id)
        else { return nil }
        try run("UPDATE business SET client_id = ? WHERE id = ?", .integer(client), .integer(id))
        return "business \(id) moves to client \(client)"
    }

    mutating func deleteBusiness() throws -> String? {
        guard let id = try row(of: "business") else { return nil }
        try run("DELETE FROM business WHERE id = ?", .integer(id))
        return "business \(id) is deleted"
    }

    /// The practice authorises OneClick again: new tokens, a new generation.
    mutating func renewGrant() throws -> String? {
        guard let id = try row(of: "hmrc_credential") else { return nil }
        let grant = Grant(grantedOn: today, today: today, &dice)
        try run(
            """
            UPDATE hmrc_credential SET access_token = ?, access_expires_at = ?, refresh_token = ?,
              granted_at = ?, expires_at = ?, status = ?, generation = generation + 1
            WHERE id = ?
            """, .text(grant.accessToken), .text(grant.accessExpiresAt),
            .text(grant.refreshToken), .text(grant.grantedAt), .text(grant.expiresAt),
            .text(grant.status), .integer(id))
        return "HMRC credential \(id) is authorised again"
    }

    /// An employee's own.
    mutating func addCredential() throws -> String? {
        guard let employee = try row(of: "employee") else { return nil }
        let grant = Grant(grantedOn: today, today: today, &dice)
        let id = try insert(
            into: "hmrc_credential",
            """
            level, scope_id, label, gateway_user_id, arn, environment, scopes, access_token,
            access_expires_at, refresh_token, granted_at, expires_at, generation, status
            """,
            [
                "employee", .integer(employee), .text("Agent employee \(employee)"),
                .text(dice.digits(12)), .text(UKIdentifiers.arn(&dice)), "sandbox",
                "read:vat write:vat", .text(grant.accessToken), .text(grant.accessExpiresAt),
                .text(grant.refreshToken), .text(grant.grantedAt), .text(grant.expiresAt), 1,
                .text(grant.status),
            ])
        return "HMRC credential \(id) of employee \(employee) is new"
    }

    mutating func deleteCredential() throws -> String? {
        guard let id = try row(of: "hmrc_credential", where: "level <> 'practice'") else {
            return nil
        }
        try run(
            "UPDATE business SET hmrc_credential_id = NULL WHERE hmrc_credential_id = ?",
            .integer(id))
        try run("DELETE FROM hmrc_credential WHERE id = ?", .integer(id))
        return "HMRC credential \(id) is deleted"
    }
}
