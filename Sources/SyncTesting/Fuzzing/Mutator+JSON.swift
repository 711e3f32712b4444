import SyncModel

/// JSON whose structure is changed, value by value and field by field.
extension Mutator {
    mutating func json(_ seed: [UInt8], other: [UInt8]) -> [UInt8] {
        switch random.below(20) {
        case 0: return seed
        case 1...3: return bytes(seed, other: other)
        case 4: return odd(seed)
        default:
            var text = JSONTokens(seed)
            repeat { change(&text) } while random.below(3) == 0
            return text.bytes
        }
    }

    /// As texts come that were made by something else.
    private mutating func odd(_ seed: [UInt8]) -> [UInt8] {
        switch random.below(5) {
        case 0: return [0xEF, 0xBB, 0xBF] + seed
        case 1: return seed.flatMap { [$0, 0] }
        case 2: return [0xFE, 0xFF] + seed.flatMap { [0, $0] }
        case 3: return seed + seed
        default: return Array(repeating: 0x20, count: 1 + random.below(200)) + seed
        }
    }

    private mutating func change(_ text: inout JSONTokens) {
        let starts = text.starts
        guard !starts.isEmpty else { return }
        let value = text.value(at: pick(starts))
        switch random.below(8) {
        case 0...2: text.replace(value, by: anything())
        case 3: text.replace(value, by: text.tokens(text.value(at: pick(starts))))
        case 4: text.insert(text.field(of: value) + [","], at: text.field(at: value).lowerBound)
        case 5: text.remove(text.field(at: value))
        case 6:
            let name = pick(["protocolVersion", "run", "keys", "range", "", "x\\u0000", "\\ud800"])
            text.insert(
                ["\"\(name)\"", ":"] + anything() + [","], at: text.field(at: value).lowerBound)
        default:
            let depth = pick([1, 2, 100, 511, 512, 513, 5_000])
            let (open, close) = pick([("[", "]"), ("{\"a\":", "}")])
            text.replace(
                value,
                by: [String](repeating: open, count: depth) + text.tokens(value)
                    + [String](repeating: close, count: depth))
        }
    }

    private static let values = [
        "null", "true", "false", "{}", "[]", "[[]]", "\"\"", "0", "-0", "-1", "1.5", "1e2", "5.0",
        "9007199254740993", "2147483648", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551615", "1e400", "-1e400", "1e-400", "1e", "01",
        "0x10", "NaN", "-", "tru", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"",
        "\"\\udc00\\ud800\"", "\"\\uD83D\\uDE00\"", "\"\\x\"", "\"\u{301}\u{301}\"", "\"\u{7F}\"",
        "\"\n\"", "\"10\"", "\"ff\"", "\"1\"", "\"xyz\"", "[\"\",\"ff\"]", "[\"ff\",\"\"]",
        "[\"1080\",\"10\"]", "[1]", "[-1,\"a\"]", "[1,2,3,4]", "[9223372036854775807]",
        "[-9223372036854775808]", "[\"a\\u0000\"]", "[null]", "[1.5]", "\"0001-01-01\"",
        "\"9999-12-31\"", "\"2026-02-29\"", "\"0001-01-01T00:00:00.000000Z\"",
        "\"9999-12-31T23:59:59.999999Z\"", "\"change\"", "\"approve\"", "\"committed\"", "\"held\"",
    ]

    private mutating func anything() -> [String] {
        switch random.below(40) {
        case 0: ["\"" + String(repeating: pick(["x", "é", "\\n"]), count: 70_000) + "\""]
        case 1: [String(repeating: "9", count: pick([20, 400, 5_000]))]
        case 2: ["\"a" + String(repeating: "\u{301}", count: 20_000) + "\""]
        default: [pick(Self.values)]
        }
    }

    /// Eight megabytes, as many as OneClick takes.
    mutating func hugeJSON(_ seed: [UInt8]) -> [UInt8] {
        var text = JSONTokens(seed)
        guard !text.starts.isEmpty else { return seed }
        let value = text.value(at: pick(text.starts))
        let many = (8 << 20) - seed.count
        let huge =
            switch random.below(5) {
            case 0: "[" + String(repeating: "0,", count: many / 2 - 2) + "0]"
            case 1: "[" + String(repeating: "{},", count: many / 3 - 2) + "0]"
            case 2: String(repeating: "[", count: many)
            case 3: "\"" + String(repeating: "x", count: many) + "\""
            default: String(repeating: "1", count: many)
            }
        text.replace(value, by: [huge])
        return text.bytes
    }
}

/// A JSON text cut into its tokens. What is no JSON is cut somehow.
struct JSONTokens {
    private var all: [String] = []

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let first = rest.first {
            let token: ArraySlice<UInt8>
            switch first {
            case UInt8(ascii: "\""): token = Self.string(rest)
            case let byte where Self.punctuation.contains(byte): token = rest.prefix(1)
            default: token = rest.prefix { $0 != 0x22 && !Self.punctuation.contains($0) }
            }
            all.append(String(decoding: token, as: UTF8.self))
            rest = rest.dropFirst(token.count)
        }
    }

    private static let punctuation = Array("{}[]:,".utf8)

    private static func string(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var isEscaped = false
        for index in rest.indices.dropFirst() {
            if !isEscaped, rest[index] == 0x22 { return rest[...index] }
            isEscaped = !isEscaped && rest[index] == 0x5C
        }
        return rest
    }

    var bytes: [UInt8] { Array(all.joined().utf8) }

    /// Where values begin; names of fields are none.
    var starts: [Int] {
        all.indices.filter { index in
            if index + 1 < all.count, all[index + 1] == ":" { return false }
            return !["}", "]", ":", ","].contains(all[index])
        }
    }

    /// All tokens of the value that begins there.
    func value(at start: Int) -> Range<Int> {
        var depth = 0
        for index in start..<all.count {
            if all[index] == "{" || all[index] == "[" { depth += 1 }
            if all[index] == "}" || all[index] == "]" { depth -= 1 }
            if depth <= 0 { return start..<(index + 1) }
        }
        return start..<all.count
    }

    /// A value with its name and the comma behind it, where it has them.
    func field(at value: Range<Int>) -> Range<Int> {
        let named = value.lowerBound >= 2 && all[value.lowerBound - 1] == ":"
        let start = named ? value.lowerBound - 2 : value.lowerBound
        let comma = value.upperBound < all.count && all[value.upperBound] == ","
        return start..<(comma ? value.upperBound + 1 : value.upperBound)
    }

    /// The same without the comma.
    func field(of value: Range<Int>) -> [String] {
        Array(all[field(at: value).lowerBound..<value.upperBound])
    }

    func tokens(_ range: Range<Int>) -> [String] { Array(all[range]) }

    mutating func replace(_ range: Range<Int>, by tokens: [String]) {
        all.replaceSubrange(range, with: tokens)
    }

    mutating func insert(_ tokens: [String], at index: Int) {
        all.insert(contentsOf: tokens, at: index)
    }

    mutating func remove(_ range: Range<Int>) { all.removeSubrange(range) }
}
