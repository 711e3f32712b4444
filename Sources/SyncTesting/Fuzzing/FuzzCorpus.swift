import Foundation
import SyncModel

/// Bodies as they cross the wire, to begin mutations with: files of one folder.
public struct FuzzCorpus: Sendable {
    public struct Entry: Sendable {
        public var name: String
        public var input: FuzzInput
    }

    public private(set) var entries: [Entry]

    /// Throws `corpus` where the folder has not every kind.
    public init(folder: URL) throws {
        let files = FileManager.default
        let names = (try? files.contentsOfDirectory(atPath: folder.path)) ?? []
        entries = try names.sorted().compactMap { name in
            guard let kind = FuzzInput.kind(ofFile: name) else { return nil }
            let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
            return Entry(name: name, input: FuzzInput(kind: kind, bytes: bytes))
        }
        let missing = Set(FuzzKind.allCases).subtracting(entries.map(\.input.kind))
        guard missing.isEmpty else {
            let words = missing.map(\.rawValue).sorted().joined(separator: ", ")
            throw SyncError(
                "corpus", "\(folder.path) has no \(words).",
                hint: "`syncworker-sim --write-corpus` writes the fuzzer's files anew.")
        }
    }

    public init(entries: [Entry]) { self.entries = entries }

    /// One file's input; throws `corpus` where its name does not say of which kind it is.
    public static func input(file: URL) throws -> FuzzInput {
        guard let kind = FuzzInput.kind(ofFile: file.lastPathComponent) else {
            throw SyncError(
                "corpus", "The name of \(file.path) does not say what it is.",
                hint: "Name it WHAT.KIND.frame or WHAT.KIND.json, as those of Tests/FuzzCorpus.")
        }
        return FuzzInput(kind: kind, bytes: [UInt8](try Data(contentsOf: file)))
    }

    /// Replaces the folder's files by these.
    public func write(to folder: URL) throws {
        let files = FileManager.default
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: folder.path)
        where FuzzInput.kind(ofFile: name) != nil {
            try files.removeItem(at: folder.appending(path: name))
        }
        for entry in entries {
            try Data(entry.input.bytes).write(to: folder.appending(path: entry.name))
        }
    }

    func inputs(_ kind: FuzzKind) -> [[UInt8]] {
        entries.filter { $0.input.kind == kind }.map(\.input.bytes)
    }
}
