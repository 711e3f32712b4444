import SyncModel
import SyncProtocol

/// Rows of typed values to bytes and back, by the public reader and writer alone.
enum Rows {
    static func encode(_ rows: [[Value]], _ shape: TableShape) -> RowBlock {
        var block = RowBlock()
        for row in rows {
            block.beginRow()
            for value in row[..<shape.keyCount] { key(value, &block) }
            block.endKey()
            for value in row[shape.keyCount...] { append(value, &block) }
            block.endRow()
        }
        return block
    }

    private static func key(_ value: Value, _ block: inout RowBlock) {
        switch value {
        case .integer(let number): block.key(number)
        case .text(let text): Array(text.utf8).withUnsafeBytes { block.key($0) }
        default: preconditionFailure("no value of a key: \(value)")
        }
    }

    private static func append(_ value: Value, _ block: inout RowBlock) {
        switch value {
        case .null: block.null()
        case .integer(let number): block.integer(number)
        case .boolean(let flag): block.boolean(flag)
        case .text(let text): Array(text.utf8).withUnsafeBytes { block.block($0) }
        case .bytes(let bytes): bytes.withUnsafeBytes { block.block($0) }
        case .sealed(let sealed): block.sealed(sealed)
        }
    }

    /// All rows of `bytes`; throws what the reader throws, and `malformed` for a text that is no
    /// UTF-8.
    static func decode(_ bytes: [UInt8], _ shape: TableShape) throws -> [[Value]] {
        var reader = WireReader(bytes)
        var rows: [[Value]] = []
        while !reader.isAtEnd {
            var row: [Value] = []
            for column in shape.key {
                row.append(try value(try reader.keyValue(column.type), column, reader))
            }
            for column in shape.values {
                row.append(try value(try reader.value(column), column, reader))
            }
            for index in row.indices {
                guard case .sealed(var sealed) = row[index] else { continue }
                sealed.cipher = try reader.block()
                row[index] = .sealed(sealed)
            }
            rows.append(row)
        }
        return rows
    }

    private static func value(
        _ value: WireValue, _ column: Column, _ reader: WireReader
    ) throws -> Value {
        switch value {
        case .null: return .null
        case .integer(let number): return .integer(number)
        case .boolean(let flag): return .boolean(flag)
        case .block(let bounds):
            guard case .text = column.type else { return .bytes(Array(reader.bytes[bounds])) }
            return .text(try text(bounds, reader))
        case .sealed(let vaultKey, let fingerprint):
            return .sealed(
                SealedValue(
                    vaultKey: try text(vaultKey, reader),
                    fingerprint: Array(reader.bytes[fingerprint]), cipher: []))
        }
    }

    private static func text(_ bounds: Range<Int>, _ reader: WireReader) throws -> String {
        guard let text = String(validating: reader.bytes[bounds], as: UTF8.self) else {
            throw WireReader.malformed("has a text that is not UTF-8")
        }
        return text
    }
}
