/// What a column may hold. Exact everywhere: a value that does not fit is refused with a reason,
/// never rounded, clamped, shortened or turned into NULL.
public enum ColumnType: Hashable, Sendable {
    /// A 64-bit signed integer.
    case integer
    /// A decimal of at most `precision` digits (1 to 18), `scale` of them after the point, held as
    /// an integer of 10^-scale.
    case decimal(precision: Int, scale: Int)
    case boolean
    /// UTF-8 of at most `characters` Unicode scalars, without U+0000.
    case text(characters: Int)
    case date
    /// A point in time in UTC, to the microsecond.
    case timestamp
    /// A time of day without zone, to the microsecond.
    case localTime
    case bytes(count: Int)
    /// Text that only OneClick's vault can read: leaves the premises encrypted.
    case sealed(characters: Int)

    public var isSealed: Bool {
        if case .sealed = self { true } else { false }
    }
}

extension ColumnType: CustomStringConvertible {
    /// As the catalogue spells it, such as `decimal(18,2)`.
    public var description: String {
        switch self {
        case .integer: "integer"
        case .decimal(let precision, let scale): "decimal(\(precision),\(scale))"
        case .boolean: "boolean"
        case .text(let characters): "text(\(characters))"
        case .date: "date"
        case .timestamp: "timestamp"
        case .localTime: "local_time"
        case .bytes(let count): "bytes(\(count))"
        case .sealed(let characters): "sealed(\(characters))"
        }
    }

    /// Reads the catalogue's spelling; nil if it is not one.
    public init?(_ spelling: String) {
        let parts = spelling.split(separator: "(", maxSplits: 1)
        var limits: [Int] = []
        if parts.count == 2 {
            guard parts[1].hasSuffix(")") else { return nil }
            for limit in parts[1].dropLast().split(separator: ",") {
                guard let number = Int(limit.filter { $0 != " " }), number >= 0 else { return nil }
                limits.append(number)
            }
        }
        switch (parts.first.map(String.init), limits.count) {
        case ("integer", 0): self = .integer
        case ("boolean", 0): self = .boolean
        case ("date", 0): self = .date
        case ("timestamp", 0): self = .timestamp
        case ("local_time", 0): self = .localTime
        case ("text", 1): self = .text(characters: limits[0])
        case ("bytes", 1): self = .bytes(count: limits[0])
        case ("sealed", 1): self = .sealed(characters: limits[0])
        case ("decimal", 2) where (1...18).contains(limits[0]) && limits[1] <= limits[0]:
            self = .decimal(precision: limits[0], scale: limits[1])
        default: return nil
        }
    }
}

extension ColumnType: Codable {
    public init(from decoder: any Decoder) throws {
        let spelling = try decoder.singleValueContainer().decode(String.self)
        guard let type = ColumnType(spelling) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no column type"))
        }
        self = type
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
