import SyncModel

/// HMRC's authorisations, for whoever calls HMRC in a practice's name.
///
/// A refresh is: `beginRefresh`, ask HMRC, `saveRefreshed`, and only then use the new pair. Where
/// HMRC answers `invalid_grant`, `markRevoked`. A token is good for one refresh, so that a process
/// that dies between asking and saving costs the practice a new authorisation: HMRC gives no way
/// out of that.
extension OneClickStore {
    public func grants(of practice: PracticeID) async throws -> [Grant] {
        try await read { try Grants(db: $0, practice: practice).all() }
    }

    /// Nil where the premises never handed an authorisation over.
    public func grant(of credential: Int64, practice: PracticeID) async throws -> Grant? {
        try await read { try Grants(db: $0, practice: practice).grant(of: credential) }
    }

    /// The right to refresh, for one refresher at a time over all nodes.
    ///
    /// Throws `refreshing` while another has it, `authorise` where only the practice can help, and
    /// `grant` where there is nothing to refresh.
    ///
    /// - Parameter duration: longer than asking HMRC can take; afterwards another may take its
    ///   place.
    public func beginRefresh(
        of credential: Int64, practice: PracticeID, lasting duration: Duration, now: Timestamp
    ) async throws -> RefreshLease {
        try await write {
            try Grants(db: $0, practice: practice).beginRefresh(
                of: credential, lasting: duration, now: now)
        }
    }

    /// Saves the pair that HMRC answered, sealed with the places that `Grant.place` names. Throws
    /// `lease` if another was given the right since, or a newer authorisation was adopted.
    public func saveRefreshed(
        _ tokens: Grant.Tokens, _ lease: RefreshLease, now: Timestamp
    ) async throws {
        try await write {
            try Grants(db: $0, practice: lease.grant.practice).save(tokens, lease, now: now)
        }
    }

    /// HMRC answered `invalid_grant`. Throws `lease` as `saveRefreshed` does.
    public func markRevoked(_ lease: RefreshLease, now: Timestamp) async throws {
        try await write { try Grants(db: $0, practice: lease.grant.practice).end(lease, now: now) }
    }

    /// Gives up a refresh for which HMRC was not asked.
    public func giveBack(_ lease: RefreshLease) async throws {
        try await write { try Grants(db: $0, practice: lease.grant.practice).giveBack(lease) }
    }
}
