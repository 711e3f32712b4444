import Foundation

/// What the command says, on standard output.
enum Output {
    static func write(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }

    static func json(_ answer: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        write(String(decoding: try encoder.encode(answer), as: UTF8.self) + "\n")
    }

    static func rounded(_ seconds: Double) -> String { String(format: "%.1f", seconds) }
}

/// The wall clock, which only the executable asks.
enum WallClock {
    /// The date in London, where the practice is.
    static func today() -> String {
        let london = TimeZone(identifier: "Europe/London") ?? .gmt
        return Date.now.formatted(Date.ISO8601FormatStyle(timeZone: london).year().month().day())
    }
}
