/// A practice of OneClick, one tenant. Assigned by OneClick, never reused.
public struct PracticeID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    public var rawValue: Int64
    public init(rawValue: Int64) { self.rawValue = rawValue }
    public var description: String { String(rawValue) }
}

/// An identifier that is text on the wire and in every database.
public protocol TextIdentifier: RawRepresentable, Hashable, Sendable, Codable,
    CustomStringConvertible
where RawValue == String {
    init(rawValue: String)
}

extension TextIdentifier {
    public var description: String { rawValue }
}

/// One synchronisation. Made on the premises and saved there before OneClick hears of it.
public struct RunID: TextIdentifier {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// One enrolled SyncWorker: a key pair of its own.
public struct InstallationID: TextIdentifier {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// One load: a full of one table that may take several runs.
public struct LoadID: TextIdentifier {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A random token in our own table in Central, named by a checkpoint: how a restored or copied
/// Central is recognised. Inserted, never changed.
public struct Mark: TextIdentifier {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// A place in Central's history, in the words of the source that gave it (for SQLite the greatest
/// change number of a snapshot). Only that source may interpret it.
public struct Position: TextIdentifier {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}

/// The name of a table of the catalogue, such as `clients`.
public struct TableName: TextIdentifier, Comparable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static func < (a: TableName, b: TableName) -> Bool { a.rawValue < b.rawValue }
}

// As dictionary keys of messages, identifiers are plain JSON object keys.
extension TableName: CodingKeyRepresentable {}
