import SyncModel
import SyncProtocol

/// What OneClick holds of one authorisation by HMRC.
///
/// The premises hand it over with a credential; from then on only OneClick refreshes it, and the
/// synchronised row goes on mirroring Central beside it.
public struct Grant: Sendable, Hashable {
    public var practice: PracticeID
    /// The id of the row of `hmrc_credentials`.
    public var credential: Int64
    /// Which authorisation was adopted last.
    public var authorisation: Authorisation
    public var adoptedAt: Timestamp
    /// Nil once they are destroyed.
    public var tokens: Tokens?
    /// When the authorisation itself ends: 18 months after it was given, whatever is refreshed.
    public var expiresAt: Timestamp?
    /// How often OneClick itself has refreshed it.
    public var refreshes: Int
    public var refreshedAt: Timestamp?
    public var state: State
    public var stateSince: Timestamp

    /// An authorisation on the premises. One is adopted if it is greater than any before.
    public struct Authorisation: Sendable, Hashable, Comparable {
        public var grantedAt: Timestamp
        public var generation: Int64

        public init(grantedAt: Timestamp, generation: Int64) {
            self.grantedAt = grantedAt
            self.generation = generation
        }

        public static func < (a: Self, b: Self) -> Bool {
            (a.grantedAt, a.generation) < (b.grantedAt, b.generation)
        }
    }

    /// A pair of tokens, sealed to OneClick's vault.
    public struct Tokens: Sendable, Hashable {
        public var access: SealedValue?
        public var accessExpiresAt: Timestamp?
        /// Good for one refresh.
        public var refresh: SealedValue

        public init(access: SealedValue?, accessExpiresAt: Timestamp?, refresh: SealedValue) {
            self.access = access
            self.accessExpiresAt = accessExpiresAt
            self.refresh = refresh
        }
    }

    public enum State: String, Sendable, Hashable {
        case active
        /// HMRC refuses it: the practice has to authorise again.
        case ended
        /// Its credential is gone from Central, or its employee out of scope.
        case removed
        /// The credential is back with an authorisation that OneClick adopted before, whose tokens
        /// it destroyed: the practice has to authorise again.
        case returned
    }

    /// A token column's place: the associated data with which its cipher text opens, the same
    /// whether the premises sealed it or OneClick, which refreshed it.
    public func place(of column: String) -> Sealing.Place {
        Sealing.Place(
            practice: practice, table: Grants.table, key: Key(credential), column: column)
    }
}

/// The right to refresh one grant, for as long as nobody else was given it.
public struct RefreshLease: Sendable, Hashable {
    public var grant: Grant
    public var tokens: Grant.Tokens
    /// Each lease of a grant has a greater one than the lease before.
    public var number: Int
    /// When another refresher may take its place.
    public var expires: Timestamp
}
