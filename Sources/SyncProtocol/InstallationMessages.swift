import SyncModel

/// A new public key of an installation. Authenticated by a client assertion signed with the key in
/// use; the new one is accepted from then on, and the old one for an hour after the new one was
/// first used.
public struct KeyRequest: Codable, Hashable, Sendable {
    /// PEM of a P-256 public key made on the premises.
    public var publicKey: String

    public init(publicKey: String) { self.publicKey = publicKey }
}

/// The key as OneClick now knows it.
public struct KeyAnswer: Codable, Hashable, Sendable {
    public var fingerprint: String

    public init(fingerprint: String) { self.fingerprint = fingerprint }
}

/// A person's word that this installation, at this place, is the practice's SyncWorker.
public struct TakeOverRequest: Codable, Hashable, Sendable {
    public var server: String
    public var place: String
    /// The last fence that this installation was given.
    public var lastFence: Int
    /// False to be told only whose place it would take.
    public var isConfirmed: Bool

    public init(server: String, place: String, lastFence: Int, isConfirmed: Bool) {
        self.server = server
        self.place = place
        self.lastFence = lastFence
        self.isConfirmed = isConfirmed
    }
}

public struct TakeOverAnswer: Codable, Hashable, Sendable {
    public var practiceName: String
    /// The fence to present next; nil where nothing was done, since it was not confirmed.
    public var fence: Int?
    /// Which server opened the last synchronisation, and when.
    public var server: String?
    public var openedAt: Timestamp?
    /// Set where two copies were found to run: which one was refused, and since when both are.
    public var refusedServer: String?
    public var refusedSince: Timestamp?

    public init(
        practiceName: String, fence: Int?, server: String?, openedAt: Timestamp?,
        refusedServer: String?, refusedSince: Timestamp?
    ) {
        self.practiceName = practiceName
        self.fence = fence
        self.server = server
        self.openedAt = openedAt
        self.refusedServer = refusedServer
        self.refusedSince = refusedSince
    }
}
