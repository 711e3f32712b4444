import SyncModel

/// One mistake of a catalogue and where it stands.
public struct Mistake: Sendable, Hashable, CustomStringConvertible {
    public var file: String
    public var line: Int
    public var text: String

    public init(file: String, line: Int, text: String) {
        self.file = file
        self.line = line
        self.text = text
    }

    public var description: String { "\(file), line \(line): \(text)" }
}

extension SyncError.Code {
    /// The catalogue has mistakes.
    public static let catalogue: Self = "catalogue"
}

extension [Mistake] {
    /// All of them in one error, in the order of the file.
    public func thrown() throws {
        guard !isEmpty else { return }
        let lines = sorted { $0.line < $1.line }.map(\.description)
        throw SyncError(
            .catalogue,
            "The catalogue has \(count) mistake\(count == 1 ? "" : "s"):\n"
                + lines.joined(separator: "\n") + "\n",
            hint: "Mend them and start again; nothing was synchronised with it.")
    }
}
