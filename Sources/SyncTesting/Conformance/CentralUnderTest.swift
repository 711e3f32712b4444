import Catalogue
import SyncEngine
import SyncModel

/// A Central of some kind, as the laws of `SourceConformance` need it.
public protocol CentralUnderTest: Sendable {
    var catalogue: Catalogue { get }
    /// A new source over it. Sealed values are compared under `TestCentral.fingerprintKey`.
    func open() async throws -> any Source
    /// One transaction of the office, in SQL that every kind understands.
    func office(_ sql: String) async throws
    /// Steps of an office at work, a transaction each.
    func work(_ office: inout TestOffice, steps: Int, today: LocalDate) async throws
    /// Every row that the catalogue's query gives as of a date, in no order, read without the
    /// source. A value of another type than its column stands there as it is, a sealed one in
    /// clear.
    func rows(_ table: TableName, asOf: LocalDate) async throws -> [TypedRow]
    /// A copy of Central as it is now, and putting it back as a restore does.
    func backUp() async throws -> String
    func restore(_ backup: String) async throws
    /// Lets changes of every table pass unnoticed from now on, as an upgrade of the office's
    /// program may.
    func stopCapture() async throws
    /// Removes capture as its command does, but for the marks.
    func removeCapture() async throws
    func installCapture() async throws
}

/// An implementation of Central and its source.
public struct CentralKind: Sendable, CustomStringConvertible {
    public let description: String
    /// Whether change capture is installed.
    public let isCaptured: Bool
    /// A Central with a sample office of some clients, read by the catalogue that ships.
    public let office: @Sendable (_ clients: Int, _ seed: UInt64) throws -> any CentralUnderTest
    /// A Central with the table `specimen` of one row a literal of `specimens`, read by a catalogue
    /// with the tables of `Specimens`.
    public let specimens: @Sendable () throws -> any CentralUnderTest
    /// Values as this kind can hold them, and what must become of each.
    public let literals: [Specimen]

    public init(
        _ description: String, isCaptured: Bool, literals: [Specimen],
        office: @escaping @Sendable (Int, UInt64) throws -> any CentralUnderTest,
        specimens: @escaping @Sendable () throws -> any CentralUnderTest
    ) {
        self.description = description
        self.isCaptured = isCaptured
        self.literals = literals
        self.office = office
        self.specimens = specimens
    }
}

/// One value in one column of a Central, and what its source has to make of it.
public struct Specimen: Sendable {
    public enum Fate: Sendable {
        case value(Value)
        /// Sealed: the text that the vault has to find.
        case secret(String)
        /// The whole row is refused with this code, naming the column.
        case refused(String)
    }
    public var column: String
    /// As SQL of this kind of Central.
    public var literal: String
    public var fate: Fate

    init(_ column: String, _ literal: String, _ fate: Fate) {
        self.column = column
        self.literal = literal
        self.fate = fate
    }
}
