/// A point in time in UTC, counted in microseconds since 1970-01-01T00:00:00Z; years 0001 to 9999.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var microsecondsSince1970: Int64

    public init(microsecondsSince1970: Int64) {
        self.microsecondsSince1970 = microsecondsSince1970
    }

    private static let microsecondsPerDay: Int64 = 86_400_000_000

    /// Reads `YYYY-MM-DD HH:MM:SS`, with `T` for the blank, up to six decimals of a second and a
    /// closing `Z` allowed. Nil for anything else: a zone other than UTC, a seventh decimal, 24:00.
    public init?(_ text: some StringProtocol) {
        self.init(utf8: Array(text.utf8))
    }

    /// The same from bytes.
    public init?(utf8 bytes: some RandomAccessCollection<UInt8>) {
        var bytes = Array(bytes)
        if bytes.last == UInt8(ascii: "Z") { bytes.removeLast() }
        guard bytes.count >= 19, let date = LocalDate(utf8: bytes[0..<10]),
            bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "T"),
            let time = Self.microsecondsOfDay(bytes[11...])
        else { return nil }
        microsecondsSince1970 = date.daysSince1970 * Self.microsecondsPerDay + time
    }

    /// Reads `HH:MM:SS` with up to six decimals; nil for anything else.
    public static func microsecondsOfDay(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let bytes = Array(bytes)
        guard bytes.count >= 8, bytes[2] == UInt8(ascii: ":"), bytes[5] == UInt8(ascii: ":"),
            let hour = number(bytes[0..<2]), let minute = number(bytes[3..<5]),
            let second = number(bytes[6..<8]), hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction: Int64 = 0
        if bytes.count > 8 {
            let digits = bytes[9...]
            guard bytes[8] == UInt8(ascii: "."), (1...6).contains(digits.count),
                let value = number(digits)
            else { return nil }
            fraction = value
            for _ in digits.count..<6 { fraction *= 10 }
        }
        return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for byte in digits {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }

    /// The day that this moment lies on in UTC.
    public var dateInUTC: LocalDate {
        let days = microsecondsSince1970.dividedFloor(by: Self.microsecondsPerDay)
        return LocalDate(daysSince1970: days)
    }

    /// `YYYY-MM-DD HH:MM:SS.ffffff`: the form in OneClick's tables, always with six decimals.
    public var sql: String {
        let date = dateInUTC
        let time = microsecondsSince1970 - date.daysSince1970 * Self.microsecondsPerDay
        return date.description + " " + Self.clock(time)
    }

    /// ISO 8601 with milliseconds: `2026-11-23T08:30:00.123Z`.
    public var description: String {
        let text = sql
        return text.prefix(10) + "T" + text.dropFirst(11).prefix(12) + "Z"
    }

    /// ISO 8601 with microseconds, as on the wire.
    public var exact: String { sql.replacing(" ", with: "T") + "Z" }

    /// `HH:MM:SS.ffffff` of a time of day in microseconds.
    public static func clock(_ microsecondsOfDay: Int64) -> String {
        let seconds = Int(microsecondsOfDay / 1_000_000)
        return [
            LocalDate.padded(seconds / 3600, 2), ":", LocalDate.padded(seconds / 60 % 60, 2), ":",
            LocalDate.padded(seconds % 60, 2), ".",
            LocalDate.padded(Int(microsecondsOfDay % 1_000_000), 6),
        ].joined()
    }

    public static func < (a: Timestamp, b: Timestamp) -> Bool {
        a.microsecondsSince1970 < b.microsecondsSince1970
    }

    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(
            microsecondsSince1970: time.microsecondsSince1970 + seconds * 1_000_000
                + attoseconds / 1_000_000_000_000)
    }

    public static func - (a: Timestamp, b: Timestamp) -> Duration {
        .microseconds(a.microsecondsSince1970 - b.microsecondsSince1970)
    }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let time = Timestamp(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a time in UTC"))
        }
        self = time
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(exact)
    }
}

extension Int64 {
    fileprivate func dividedFloor(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
