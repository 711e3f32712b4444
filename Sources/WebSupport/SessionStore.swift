import Crypto
import GRDB
import SQLDrivers
import SyncModel

/// Somebody who is signed in.
public struct Session: Hashable, Sendable {
    /// Whose it is, in words of the service that made it.
    public var user: String
    /// The user's name when the permission was last seen to be there.
    public var name: String
    /// Names the password that the user had; it may say nothing of it to who reads the file.
    public var credential: String
    /// Proves that a form was one of ours.
    public var formToken: String
    var startedAt: Timestamp
    var usedAt: Timestamp
    /// When the user's permission was last seen to be there; nil if it was not when last asked.
    public var permittedAt: Timestamp?
    /// Names it in the store; nobody signs in with it.
    var digest: String
}

/// Who is signed in, in a SQLite file of its own: a restart signs nobody out.
///
/// A session ends when its user signs out, 12 hours after it began, or when nothing was asked for
/// two hours.
public final class SessionStore: Sendable {
    private let queue: DatabaseQueue
    private let path: String

    public static let lifetime = Duration.seconds(12 * 3600)
    public static let idleMax = Duration.seconds(2 * 3600)
    /// Sessions that one user may have at a time; the oldest give way.
    static let countMax = 20
    /// Use is noted so often, not at each request.
    static let noteEvery = Duration.seconds(60)

    public init(path: String) throws {
        self.path = path
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.write { db in
                try db.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS sessions (
                          digest TEXT PRIMARY KEY, user TEXT NOT NULL, name TEXT NOT NULL,
                          credential TEXT NOT NULL, form_token TEXT NOT NULL,
                          started_at TEXT NOT NULL, used_at TEXT NOT NULL, permitted_at TEXT
                        ) STRICT, WITHOUT ROWID
                        """)
            }
        } catch let error as DatabaseError {
            throw error.explained("the sessions' file", path: path)
        }
    }

    public func close() throws { try queue.close() }

    /// Begins a session and answers the secret for its cookie. Whether the user is permitted is
    /// noted with the first request.
    ///
    /// - Parameters:
    ///   - credential: another one where the user has another password.
    ///   - token: makes 32 random bytes, in hexadecimal.
    public func begin(
        user: String, name: String, credential: String, now: Timestamp, token: () -> String
    ) async throws -> String {
        let (secret, formToken) = (token(), token())
        try await queue.write { db in
            try Self.removeOver(db, now)
            try db.execute(
                sql: """
                    INSERT INTO sessions
                    (digest, user, name, credential, form_token, started_at, used_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    Self.digest(secret), user, name, credential, formToken, now.sql, now.sql,
                ])
            try db.execute(
                sql: """
                    DELETE FROM sessions WHERE user = ? AND digest NOT IN
                    (SELECT digest FROM sessions WHERE user = ?
                     ORDER BY digest = ? DESC, started_at DESC LIMIT ?)
                    """, arguments: [user, user, Self.digest(secret), Self.countMax])
        }
        return secret
    }

    /// The session of a cookie; nil if there is none any more.
    public func session(_ secret: String, now: Timestamp) async throws -> Session? {
        guard secret.utf8.count <= 128 else { return nil }
        let digest = Self.digest(secret)
        let found = try await queue.read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM sessions WHERE digest = ?", arguments: [digest]
            ).flatMap(Session.init)
        }
        guard let session = found, now - session.startedAt < Self.lifetime,
            now - session.usedAt < Self.idleMax
        else { return nil }
        if now - session.usedAt >= Self.noteEvery {
            // A full disk keeps nobody out who is signed in.
            try? await queue.write { db in
                try db.execute(
                    sql: "UPDATE sessions SET used_at = ? WHERE digest = ?",
                    arguments: [now.sql, digest])
            }
        }
        return session
    }

    /// Notes what the user's name is, and whether the permission is there (`permittedAt`), as far
    /// as the disk has room for it.
    public func note(_ session: Session, name: String, permittedAt: Timestamp?) async {
        let isSame = session.name == name && (session.permittedAt == nil) == (permittedAt == nil)
        if isSame {
            guard let permittedAt, let before = session.permittedAt else { return }
            // A clock that was put back makes the time before a wrong one.
            if (.zero..<Self.noteEvery).contains(permittedAt - before) { return }
        }
        try? await queue.write { db in
            try db.execute(
                sql: "UPDATE sessions SET permitted_at = ?, name = ? WHERE digest = ?",
                arguments: [permittedAt?.sql, name, session.digest])
        }
    }

    public func end(_ session: Session) async throws {
        try await queue.write { db in
            try db.execute(
                sql: "DELETE FROM sessions WHERE digest = ?", arguments: [session.digest])
        }
    }

    private static func removeOver(_ db: Database, _ now: Timestamp) throws {
        try db.execute(
            sql: "DELETE FROM sessions WHERE started_at < ? OR used_at < ?",
            arguments: [(now + (.zero - lifetime)).sql, (now + (.zero - idleMax)).sql])
    }

    private static func digest(_ secret: String) -> String {
        Array(SHA256.hash(data: Array(secret.utf8))).hexadecimal
    }
}

extension Session {
    fileprivate init?(_ row: Row) {
        guard let started = Timestamp(row["started_at"] as String),
            let used = Timestamp(row["used_at"] as String)
        else { return nil }
        self.init(
            user: row["user"], name: row["name"], credential: row["credential"],
            formToken: row["form_token"], startedAt: started,
            usedAt: used, permittedAt: (row["permitted_at"] as String?).flatMap { Timestamp($0) },
            digest: row["digest"])
    }
}
