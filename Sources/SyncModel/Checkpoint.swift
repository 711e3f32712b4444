/// What OneClick's contents of one table reflect. Kept in OneClick, moved in the transaction that
/// applies the data, so that it is never ahead of it.
public struct Checkpoint: Hashable, Sendable, Codable {
    public var position: Position
    /// The practice's local date for which the rows in scope were chosen.
    public var asOf: LocalDate
    /// Nil where Central has no capture.
    public var mark: Mark?
    /// Hash of the capture's triggers and the schema it stands on; another one means a full.
    public var epoch: String
    /// Hash of the table's description in the catalogue; another one means a full.
    public var fingerprint: String

    public init(
        position: Position, asOf: LocalDate, mark: Mark?, epoch: String, fingerprint: String
    ) {
        self.position = position
        self.asOf = asOf
        self.mark = mark
        self.epoch = epoch
        self.fingerprint = fingerprint
    }
}

/// A full of one table under way: a checkpoint not yet in force and the ranges already done.
public struct Load: Hashable, Sendable, Codable {
    public var id: LoadID
    /// P0: the closing change run starts here.
    public var base: Checkpoint
    /// The mark of the latest snapshot that rows were shipped from.
    public var latestMark: Mark?
    /// Ranges proved equal or stored, in ascending order and merged.
    public var done: [KeyRange]
    /// Where rows were refused in those ranges: the closing change run reads them again.
    public var unsettled: [KeyRange]

    public init(
        id: LoadID, base: Checkpoint, latestMark: Mark?, done: [KeyRange] = [],
        unsettled: [KeyRange] = []
    ) {
        self.id = id
        self.base = base
        self.latestMark = latestMark
        self.done = done
        self.unsettled = unsettled
    }
}

/// On the wire a bound is the hexadecimal form of its bytes.
extension KeyRange: Codable {
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        let bounds = [try container.decode(String.self), try container.decode(String.self)]
        let keys = bounds.compactMap { [UInt8](hexadecimal: $0).map(Key.init(bytes:)) }
        guard keys.count == 2 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no range of keys"))
        }
        self.init(after: keys[0], upTo: keys[1])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(after.bytes.hexadecimal)
        try container.encode(upTo.bytes.hexadecimal)
    }
}
