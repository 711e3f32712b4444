import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// Sealed values and the keys they are sealed to; nothing here can open them.
extension OneClickStore {
    /// A sealed value where it stands.
    public struct Sealed: Sendable {
        public var place: Sealing.Place
        public var value: SealedValue
    }

    /// Every sealed value of every practice: of its tables, and of the grants that were adopted.
    public func sealedValues() async throws -> [Sealed] {
        let shapes = shapes
        return try await read { db in
            var values: [Sealed] = []
            let practices = try Int64.fetchAll(db, cached: "SELECT id FROM practices ORDER BY id")
            for id in practices {
                let store = PracticeStore(db, shapes: shapes, id: PracticeID(rawValue: id))
                for shape in shapes.tables { values += try store.sealedValues(of: shape) }
                values += try Grants(db: db, practice: store.id).all().flatMap(\.sealedValues)
            }
            return values
        }
    }

    /// The key that runs are told to seal to.
    public func vaultKey() async throws -> VaultKey {
        try await read { try VaultKeys(db: $0).current() }
    }

    /// From now on runs are told to seal to this key. For a migrated database.
    public static func setVaultKey(
        _ key: VaultKey, path: String, by person: String, now: Timestamp
    ) throws {
        try opening(path) {
            let queue = try DatabaseQueue(path: path, configuration: waiting)
            try queue.write { db in
                guard try VaultKeys(db: db).add(key, now: now) else { return }
                try Audit(db: db, practice: nil).note(
                    .vaultKeyMade, by: person, subject: key.id, now: now)
            }
            try queue.close()
        }
    }

    private static var waiting: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        return configuration
    }
}

/// The public halves of the vault's keys, of all practices.
struct VaultKeys {
    let db: Database

    /// One that is known already stays where it is in their order; false then.
    @discardableResult
    func add(_ key: VaultKey, now: Timestamp) throws -> Bool {
        try db.execute(
            cached: """
                INSERT INTO vault_keys (id, public_key, since) VALUES (?, ?, ?)
                ON CONFLICT (id) DO NOTHING
                """, arguments: [key.id, key.publicKey, now.sql])
        return db.changesCount > 0
    }

    /// The one that runs seal to: the latest.
    func current() throws -> VaultKey {
        let row = try Row.fetchOne(
            db, cached: "SELECT id, public_key FROM vault_keys ORDER BY rowid DESC")
        guard let row else {
            throw SyncError(
                "vault", "OneClick's vault has no key yet.",
                hint: "Run `oneclick migrate`, which makes one.")
        }
        return VaultKey(id: row["id"], publicKey: row["public_key"])
    }
}

extension Grant {
    fileprivate var sealedValues: [OneClickStore.Sealed] {
        [("access_token", tokens?.access), ("refresh_token", tokens?.refresh)].compactMap {
            column, value in
            value.map { OneClickStore.Sealed(place: place(of: column), value: $0) }
        }
    }
}

extension PracticeStore {
    fileprivate func sealedValues(of shape: TableShape) throws -> [OneClickStore.Sealed] {
        var values: [OneClickStore.Sealed] = []
        for column in shape.columns where column.type.isSealed {
            let name = column.name
            let keys = shape.key.map(\.name).joined(separator: ", ")
            let rows = try Row.fetchAll(
                db,
                cached: """
                    SELECT \(name) AS cipher, \(name)_vault_key AS vault_key,
                      \(name)_fingerprint AS fingerprint, \(keys) FROM \(shape.name)
                    WHERE practice_id = ? AND \(name) IS NOT NULL
                    """, arguments: [id.rawValue])
            for row in rows {
                let key = Key(
                    shape.key.map { part in
                        if case .integer = part.type { return .integer(row[part.name]) }
                        return .text(row[part.name])
                    })
                values.append(
                    OneClickStore.Sealed(
                        place: Sealing.Place(
                            practice: id, table: shape.name, key: key, column: name),
                        value: SealedValue(
                            vaultKey: row["vault_key"], fingerprint: row.bytes("fingerprint") ?? [],
                            cipher: row.bytes("cipher") ?? [])))
            }
        }
        return values
    }
}
