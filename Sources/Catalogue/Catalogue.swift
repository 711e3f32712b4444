import CatalogueResource
import SyncModel

/// What is read from Central, what is in scope, what is secret, what must hold.
public struct Catalogue: Sendable {
    /// Tables, columns and data sets: what OneClick has to know.
    public var shapes: Shapes
    /// Parents before the tables that hang on them.
    public var tables: [CatalogueTable]
    /// A query whose single value names this Central; nil if the catalogue names none.
    public var identity: String?
    /// Where it was read from, for messages.
    public var file: String

    public subscript(name: TableName) -> CatalogueTable? {
        tables.first { $0.name == name }
    }

    /// The catalogue that ships with the product, for Central's own schema.
    public static func standard() throws -> Catalogue {
        let bytes = UnsafeBufferPointer(
            start: catalogue_yaml_start(), count: catalogue_yaml_length())
        return try CatalogueDraft(
            yaml: String(decoding: bytes, as: UTF8.self), file: "the built-in catalogue"
        ).checked()
    }
}

/// One table of the catalogue.
public struct CatalogueTable: Sendable, Hashable {
    public var shape: TableShape
    public var query: String
    public var watches: [Watch]
    /// Queries for the keys that a passing date affects.
    public var clock: [String]
    public var requires: [RequireRule]
    public var uniques: [UniqueRule]
    /// Another description of the table has another fingerprint.
    public var fingerprint: String
    /// The line of the file where the table begins.
    public var line: Int

    public var name: TableName { shape.name }

    /// As checkpoints name the table. Rows with sealed columns are others under another vault key.
    public func fingerprint(sealedTo vaultKey: String) -> String {
        shape.columns.contains(where: \.type.isSealed)
            ? "\(fingerprint) \(vaultKey)" : fingerprint
    }

    /// Whether the fingerprint of a checkpoint is of this description, whatever its vault key.
    public func isDescribed(by fingerprint: String) -> Bool {
        fingerprint.split(separator: " ").first.map(String.init) == self.fingerprint
    }
}

/// Which rows of a table a changed row of one of Central's tables affects.
public struct Watch: Sendable, Hashable {
    public enum Rule: Sendable, Hashable {
        /// Columns of the changed row, before and after, are the key, or its first components.
        case path([String])
        /// A query over the new snapshot, given columns of the changed row as `:column`.
        case lookup(String)
        /// Rows that share the value of a unique column, before or after the change.
        case byValue(String)
    }

    /// The table of Central.
    public var base: String
    public var rule: Rule
    /// Only if one of these columns changed; nil means any change.
    public var when: [String]?
    public var line: Int
}

/// A column that may not be blank.
public struct RequireRule: Sendable, Hashable {
    public var column: String
    public var code: String
    public var message: String
    public var hint: String
}

/// A column of which no two rows in scope may share a value; the smaller key keeps it.
public struct UniqueRule: Sendable, Hashable {
    public enum Fold: String, Sendable, Hashable, CaseIterable {
        case exact
        case trimmedLowercase = "trimmed_lowercase"
    }
    public var column: String
    public var fold: Fold
    public var code: String
    /// `{other}` stands for the row that keeps the value.
    public var message: String
    public var hint: String
}
