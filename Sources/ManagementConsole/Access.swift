import SyncModel
import WebSupport

/// Somebody who is signed in.
public struct ConsoleUser: Hashable, Sendable {
    /// Stable, such as `central:12` or `local:support`.
    public var id: String
    public var name: String
    /// Nil where nobody can sign in as this user.
    public var password: PasswordHash?
    /// Whether the console is for this user.
    public var isPermitted: Bool

    /// Another one where the password is another.
    var credential: String { password?.credential ?? "" }

    public init(id: String, name: String, password: PasswordHash?, isPermitted: Bool) {
        self.id = id
        self.name = name
        self.password = password
        self.isPermitted = isPermitted
    }
}

/// Where users come from: Central's own, then local administrators. An OpenID provider would be
/// another of these.
public struct UserDirectory: Sendable {
    /// The beginning of the ids of this directory's users, such as `central:`.
    public var prefix: String
    /// By what a person types in; nil where there is no such user.
    public var byLogin: @Sendable (String) async throws -> ConsoleUser?
    /// By id, without the prefix.
    public var byID: @Sendable (String) async throws -> ConsoleUser?

    public init(
        prefix: String, byLogin: @escaping @Sendable (String) async throws -> ConsoleUser?,
        byID: @escaping @Sendable (String) async throws -> ConsoleUser?
    ) {
        self.prefix = prefix
        self.byLogin = byLogin
        self.byID = byID
    }
}

/// Who asks, and what may be done.
struct Visitor: Sendable {
    enum Access: Hashable, Sendable {
        case full
        /// Looking only, and why.
        case readOnly(SyncError)
        /// The console is not for this person.
        case none
        /// Nobody can say whether it is, and why.
        case unknown(SyncError)
    }

    var session: Session
    var name: String
    var access: Access

    /// Whether the visitor may look at the console.
    var isPermitted: Bool { (try? mayLook()) != nil }

    /// Throws unless the visitor may look at the console.
    func mayLook() throws {
        switch access {
        case .full, .readOnly: return
        case .none:
            throw SyncError(
                .forbidden, "The SyncWorker Management Console is not open to \(name).",
                hint: "It needs the task permission \"OneClick\" in one of your security groups in "
                    + "Central. Ask whoever looks after permissions; it counts at once.")
        case .unknown(let reason):
            throw SyncError(
                .forbidden,
                "Your permission cannot be looked up: \(reason.message)",
                hint: reason.hint + " A local administrator can sign in meanwhile.")
        }
    }

    /// Throws unless the visitor may change something.
    func mayAct() throws {
        try mayLook()
        guard case .readOnly(let reason) = access else { return }
        throw SyncError(
            .forbidden,
            "This cannot be done now, because your permission cannot be looked up: "
                + reason.message,
            hint: reason.hint + " You can look at the console meanwhile; a local administrator "
                + "can sign in and act.")
    }
}

extension SyncError.Code {
    /// This person may not do this.
    static let forbidden: Self = "forbidden"
    /// There is nothing at this address.
    static let notFound: Self = "not_found"
    /// A form does not come from a page of ours, or what stands in it is not right.
    static let form: Self = "form"
    /// Somebody guesses.
    static let tooMany: Self = "too_many"
    /// Nobody is signed in.
    static let signIn: Self = "sign_in"
}

/// Decides for each request who asks and what may be done.
struct Access: Sendable {
    let directories: [UserDirectory]
    let sessions: SessionStore
    let now: @Sendable () -> Timestamp

    /// While Central cannot be read, who was permitted may look for so long.
    static let readOnlyFor = Duration.seconds(15 * 60)

    /// Nil where nobody is signed in.
    func visitor(_ secret: String?) async throws -> Visitor? {
        guard let secret, let session = try await sessions.session(secret, now: now()),
            let directory = directories.first(where: { session.user.hasPrefix($0.prefix) })
        else { return nil }
        let id = String(session.user.dropFirst(directory.prefix.count))
        do {
            // Who has another password by now, or none, has to sign in again.
            guard let user = try await directory.byID(id), user.credential == session.credential
            else { return nil }
            await sessions.note(
                session, name: user.name, permittedAt: user.isPermitted ? now() : nil)
            return Visitor(
                session: session, name: user.name, access: user.isPermitted ? .full : .none)
        } catch let error as SyncError where error.code == .central {
            return unconfirmed(session, error)
        }
    }

    /// Central cannot be asked.
    private func unconfirmed(_ session: Session, _ reason: SyncError) -> Visitor {
        let isRecent =
            session.permittedAt.map { permitted in
                (.zero..<Self.readOnlyFor).contains(now() - permitted)
            } ?? false
        return Visitor(
            session: session, name: session.name,
            access: isRecent
                ? .readOnly(reason) : session.permittedAt == nil ? .none : .unknown(reason))
    }

    /// The user of a login, wherever it is known. A directory that cannot be asked is passed over,
    /// so that a local administrator can sign in; its error counts only where nobody else knows the
    /// login.
    func user(login: String) async throws -> ConsoleUser? {
        // A database may read it up to there only: the same person by another name, whose guesses
        // would be counted anew.
        if login.utf8.contains(0) { return nil }
        var failure: SyncError?
        for directory in directories {
            do {
                if let user = try await directory.byLogin(login) { return user }
            } catch let error as SyncError {
                failure = error
            }
        }
        if let failure { throw failure }
        return nil
    }
}
