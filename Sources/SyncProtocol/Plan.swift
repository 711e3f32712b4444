import SyncModel

/// Asks OneClick what it holds in some ranges of one table.
public struct Plan: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var range: KeyRange
        /// Keys inside the range whose rows are refused: left out of OneClick's digest.
        public var except: [Key]
        public var content: Content

        public init(range: KeyRange, except: [Key], content: Content) {
            self.range = range
            self.except = except
            self.content = content
        }
    }

    public enum Content: Hashable, Sendable {
        /// Number of rows and the SHA-256 over their canonical encodings.
        case probe(count: Int, digest: [UInt8])
        /// Key and 16 bytes of digest of every row, in order.
        case detail([RowName])
    }

    public struct RowName: Hashable, Sendable {
        public var key: Key
        public var digest: [UInt8]
        public init(key: Key, digest: [UInt8]) {
            self.key = key
            self.digest = digest
        }
    }

    public var table: TableName
    public var entries: [Entry]

    public init(table: TableName, entries: [Entry]) {
        self.table = table
        self.entries = entries
    }

    public func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.text(table.rawValue)
        writer.number(entries.count)
        for entry in entries {
            writer.range(entry.range)
            writer.keys(entry.except)
            switch entry.content {
            case .probe(let count, let digest):
                writer.byte(0)
                writer.number(count)
                writer.bytes += digest
            case .detail(let names):
                writer.byte(1)
                writer.number(names.count)
                for name in names {
                    writer.block(name.key.bytes)
                    writer.bytes += name.digest
                }
            }
        }
        return Frame.seal(.plan, writer.bytes)
    }

    public init(frame: [UInt8], contentBytesMax: Int) throws {
        var reader = WireReader(try Frame.open(.plan, frame, contentBytesMax: contentBytesMax))
        table = TableName(rawValue: try reader.name())
        entries = []
        for _ in 0..<(try reader.elementCount()) {
            let range = try reader.range()
            let except = try reader.keys()
            let content: Content
            switch try reader.byte() {
            case 0:
                content = .probe(
                    count: Int(clamping: try reader.number()),
                    digest: try reader.block(exactly: 32))
            case 1:
                content = .detail(
                    try (0..<(try reader.elementCount())).map { _ in
                        RowName(
                            key: try reader.key(),
                            digest: try reader.block(exactly: 16))
                    })
            default: throw WireReader.malformed("has a question that is not known")
            }
            entries.append(Entry(range: range, except: except, content: content))
        }
        guard reader.isAtEnd else { throw WireReader.malformed("goes on behind its end") }
    }
}

/// OneClick's answer, one verdict an entry, counted from its typed columns.
public struct PlanAnswer: Hashable, Sendable {
    public enum Verdict: Hashable, Sendable {
        /// To a probe: these are the rows that OneClick holds.
        case equal
        /// To a probe: they are not; ask in detail.
        case differs
        case detail(Detail)
    }

    /// What OneClick makes of one row of a detail.
    public enum RowVerdict: UInt8, Hashable, Sendable {
        case equal = 0
        case changed = 1
        case added = 2
    }

    public struct Detail: Hashable, Sendable {
        /// One a row asked for, in its order.
        public var rows: [RowVerdict]
        /// Keys that OneClick holds in the range and that were not named, held ones among them; the
        /// first ones, where they are many.
        public var removed: [Key]
        /// How many more there are: the range is then replaced as a whole.
        public var unlisted: Int
        /// How many of all these wait for an answer, or were answered with "keep".
        public var held: Int

        public init(rows: [RowVerdict], removed: [Key], unlisted: Int = 0, held: Int) {
            self.rows = rows
            self.removed = removed
            self.unlisted = unlisted
            self.held = held
        }
    }

    public var verdicts: [Verdict]

    /// Removed keys that one answer lists at most, over all its verdicts.
    public static let removedMax = 20_000

    public init(verdicts: [Verdict]) { self.verdicts = verdicts }

    public func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.number(verdicts.count)
        for verdict in verdicts {
            switch verdict {
            case .equal: writer.byte(0)
            case .differs: writer.byte(1)
            case .detail(let detail):
                writer.byte(2)
                writer.block(detail.rows.map(\.rawValue))
                writer.keys(detail.removed)
                writer.number(detail.unlisted)
                writer.number(detail.held)
            }
        }
        return Frame.seal(.planAnswer, writer.bytes)
    }

    public init(frame: [UInt8], contentBytesMax: Int) throws {
        var reader = WireReader(
            try Frame.open(.planAnswer, frame, contentBytesMax: contentBytesMax))
        verdicts = []
        for _ in 0..<(try reader.elementCount()) {
            switch try reader.byte() {
            case 0: verdicts.append(.equal)
            case 1: verdicts.append(.differs)
            case 2:
                let rows = try reader.block().map { byte in
                    guard let verdict = RowVerdict(rawValue: byte) else {
                        throw WireReader.malformed("has a verdict that is not known")
                    }
                    return verdict
                }
                let removed = try reader.keys()
                let unlisted = try reader.rowCount()
                verdicts.append(
                    .detail(
                        Detail(
                            rows: rows, removed: removed, unlisted: unlisted,
                            held: try reader.rowCount())))
            default: throw WireReader.malformed("has a verdict that is not known")
            }
        }
        guard reader.isAtEnd else { throw WireReader.malformed("goes on behind its end") }
    }
}
