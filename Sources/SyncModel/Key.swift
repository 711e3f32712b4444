/// One component of a key.
public enum KeyValue: Hashable, Sendable {
    case integer(Int64)
    case text(String)
}

/// A key, or a prefix of one, as canonical bytes whose order as bytes is the order of the rows.
///
/// An integer is `0x10` and eight bytes, big-endian, with the sign bit flipped; a text is `0x20`,
/// its UTF-8 and `0x00` (texts hold no U+0000). A key of several columns is their concatenation, so
/// that the bytes of a prefix begin those of everything below it.
public struct Key: Hashable, Sendable {
    public var bytes: [UInt8]

    public init(bytes: [UInt8]) { self.bytes = bytes }

    public init(_ values: [KeyValue]) {
        bytes = []
        bytes.reserveCapacity(values.count * 9)
        for value in values { Self.append(value, to: &bytes) }
    }

    public init(_ integers: Int64...) { self.init(integers.map(KeyValue.integer)) }

    public static func append(_ value: KeyValue, to bytes: inout [UInt8]) {
        switch value {
        case .integer(let number): append(number, to: &bytes)
        case .text(let text):
            bytes.append(0x20)
            bytes.append(contentsOf: text.utf8)
            bytes.append(0x00)
        }
    }

    @inline(__always)
    public static func append(_ number: Int64, to bytes: inout [UInt8]) {
        bytes.append(0x10)
        let ordered = UInt64(bitPattern: number) ^ (1 << 63)
        withUnsafeBytes(of: ordered.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// The components; nil if the bytes are not those of a key.
    public var values: [KeyValue]? { Self.values(bytes[...]) }

    static func values(_ bytes: ArraySlice<UInt8>) -> [KeyValue]? {
        var values: [KeyValue] = []
        var rest = bytes
        while let tag = rest.popFirst() {
            switch tag {
            case 0x10:
                guard rest.count >= 8 else { return nil }
                let ordered = rest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                values.append(.integer(Int64(bitPattern: ordered ^ (1 << 63))))
                rest = rest.dropFirst(8)
            case 0x20:
                guard let end = rest.firstIndex(of: 0x00),
                    let text = String(validating: rest[..<end], as: UTF8.self)
                else { return nil }
                values.append(.text(text))
                rest = rest[(end + 1)...]
            default: return nil
            }
        }
        return values
    }

    /// The keys of everything this one lies below: its first component, its first two, ...
    public var properPrefixes: [Key] {
        guard let values, values.count > 1 else { return [] }
        return (1..<values.count).map { Key(Array(values[..<$0])) }
    }

    /// The key of what this one hangs on: its first component, where there are several.
    public var parentPrefix: Key? { properPrefixes.first }

    public func hasPrefix(_ prefix: Key) -> Bool { bytes.starts(with: prefix.bytes) }
}

extension Key: Comparable {
    public static func < (a: Key, b: Key) -> Bool { Self.areInOrder(a.bytes, b.bytes) }

    static func areInOrder(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                let shared = min(a.count, b.count)
                var index = 0
                while index < shared {
                    if a[index] != b[index] { return a[index] < b[index] }
                    index += 1
                }
                return a.count < b.count
            }
        }
    }
}

/// For people and JSON: `5`, or `[5, 17]` for a path.
extension Key: Codable, CustomStringConvertible {
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        var values: [KeyValue] = []
        while !container.isAtEnd {
            if let number = try? container.decode(Int64.self) {
                values.append(.integer(number))
            } else {
                let text = try container.decode(String.self)
                guard !text.utf8.contains(0x00) else {
                    throw DecodingError.dataCorruptedError(
                        in: container, debugDescription: "a text of a key with U+0000")
                }
                values.append(.text(text))
            }
        }
        self.init(values)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for value in values ?? [] {
            switch value {
            case .integer(let number): try container.encode(number)
            case .text(let text): try container.encode(text)
            }
        }
    }

    public var description: String {
        let parts = (values ?? []).map { value in
            switch value {
            case .integer(let number): String(number)
            case .text(let text): "\"\(text)\""
            }
        }
        return parts.count == 1 ? parts[0] : "[" + parts.joined(separator: ", ") + "]"
    }
}
