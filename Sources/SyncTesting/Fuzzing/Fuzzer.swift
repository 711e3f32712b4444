import SyncModel
import SyncProtocol

/// Gives inputs to the decoders and to OneClick's store, and says what may not be.
public struct Fuzzer: Sendable {
    public enum Verdict: String, Codable, Sendable { case accepted, refused }

    private let store: FuzzStore

    public init(_ corpus: FuzzCorpus) async throws { store = try await FuzzStore(corpus) }

    /// Throws a `FuzzViolation` where the input does what none may; a trap ends the process.
    public func judge(_ input: FuzzInput) async throws -> Verdict {
        do {
            try input.kind.roundTrip(input.bytes)
            return try await FuzzVisit(store, input).execute()
        } catch let violation as FuzzViolation {
            try store.restore()
            throw violation
        } catch let error as SyncError {
            try Self.check(error)
            return .refused
        } catch {
            try store.restore()
            throw FuzzViolation("\(type(of: error)) instead of a refusal: \(error)")
        }
    }

    /// Codes that say that OneClick itself, not the input, is at fault.
    private static let faults: Set<SyncError.Code> = [
        "store_failed", "recount", "internal", "time_zone",
    ]

    static let messageBytesMax = 1_000

    /// A refusal says in a few words what is wrong with the input.
    static func check(_ error: SyncError) throws {
        try FuzzViolation.unless(
            !faults.contains(error.code), "refused as a fault of OneClick's: \(error)")
        let length = error.description.utf8.count
        try FuzzViolation.unless(
            length <= messageBytesMax,
            "refused in \(length) bytes: \(error.message.prefix(200).debugDescription)")
        try FuzzViolation.unless(
            error.message.hasSuffix(".") && !error.hint.isEmpty,
            "refused without a sentence: \(error)")
    }
}
