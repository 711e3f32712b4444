import SyncModel

/// The one write there is: within `range` these are now all the rows; leave the excepted keys as
/// they are.
///
/// Idempotent, needs no knowledge of what the other side held, carries deletions, heals whatever
/// is wrong inside its range.
public struct Replace: Hashable, Sendable {
    public var range: KeyRange
    /// Keys inside the range whose rows are refused: neither written nor removed.
    public var except: [Key]
    /// Encoded rows (`RowBlock`), in the order of their keys.
    public var rows: [UInt8]
    public var rowCount: Int

    public init(range: KeyRange, except: [Key], rows: [UInt8], rowCount: Int) {
        self.range = range
        self.except = except
        self.rows = rows
        self.rowCount = rowCount
    }
}

/// Replaces of one table from one snapshot, numbered within their run.
public struct Batch: Hashable, Sendable {
    public var table: TableName
    public var run: RunID
    /// 1, 2, 3 ... within the run.
    public var number: Int
    /// Set where the batch is part of a load; nil in the closing change run.
    public var load: LoadID?
    /// The mark of the snapshot that the rows were read from.
    public var mark: Mark?
    /// Tiles of the load that are done once this batch is stored.
    public var covers: [KeyRange]
    public var replaces: [Replace]

    public init(
        table: TableName, run: RunID, number: Int, load: LoadID?, mark: Mark?, covers: [KeyRange],
        replaces: [Replace]
    ) {
        self.table = table
        self.run = run
        self.number = number
        self.load = load
        self.mark = mark
        self.covers = covers
        self.replaces = replaces
    }

    public var rowCount: Int { replaces.reduce(0) { $0 + $1.rowCount } }

    public func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.text(table.rawValue)
        writer.text(run.rawValue)
        writer.number(number)
        writer.text(load?.rawValue ?? "")
        writer.text(mark?.rawValue ?? "")
        writer.number(covers.count)
        for range in covers { writer.range(range) }
        writer.number(replaces.count)
        for replace in replaces {
            writer.range(replace.range)
            writer.keys(replace.except)
            writer.number(replace.rowCount)
            writer.block(replace.rows)
        }
        return Frame.seal(.batch, writer.bytes)
    }

    public init(frame: [UInt8], contentBytesMax: Int) throws {
        var reader = WireReader(try Frame.open(.batch, frame, contentBytesMax: contentBytesMax))
        table = TableName(rawValue: try reader.name())
        run = RunID(rawValue: try reader.name())
        number = Int(clamping: try reader.number())
        load = try reader.optional(LoadID.init(rawValue:))
        mark = try reader.optional(Mark.init(rawValue:))
        covers = []
        for _ in 0..<(try reader.elementCount()) { covers.append(try reader.range()) }
        guard Tiling.overlap(in: covers) == nil else {
            throw WireReader.malformed("covers a tile of the load twice, or an empty one")
        }
        replaces = []
        for _ in 0..<(try reader.elementCount()) {
            let range = try reader.range()
            let except = try reader.keys()
            let rowCount = try reader.rowCount()
            replaces.append(
                Replace(
                    range: range, except: except, rows: try reader.block(), rowCount: rowCount))
        }
        guard reader.isAtEnd else { throw WireReader.malformed("goes on behind its end") }
    }
}

extension WireReader {
    mutating func optional<ID>(_ make: (String) -> ID?) throws -> ID? {
        let text = try name()
        return text.isEmpty ? nil : make(text)
    }
}
