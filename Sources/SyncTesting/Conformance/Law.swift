import SyncModel

/// What every implementation of a port has to keep, whatever it is made of.
public struct Law<Subject: Sendable>: Sendable, CustomStringConvertible {
    /// A sentence.
    public let description: String
    private let body: @Sendable (Subject) async throws -> Void

    init(_ description: String, _ body: @escaping @Sendable (Subject) async throws -> Void) {
        self.description = description
        self.body = body
    }

    /// Throws `BrokenLaw`, or what the subject throws where it should not.
    public func check(_ subject: Subject) async throws { try await body(subject) }
}

/// One law to be checked on one implementation.
public struct LawCase<Subject: Sendable & CustomStringConvertible>: Sendable,
    CustomStringConvertible
{
    public let law: Law<Subject>
    public let subject: Subject

    public var description: String { "\(subject): \(law)" }

    public func check() async throws { try await law.check(subject) }
}

/// An implementation does something else than a law says.
public struct BrokenLaw: Error, CustomStringConvertible {
    /// What was found, and where.
    public let description: String
}

func require(_ condition: Bool, _ evidence: @autoclosure () -> String) throws {
    guard condition else { throw BrokenLaw(description: evidence()) }
}

func require<T>(_ value: T?, _ evidence: @autoclosure () -> String) throws -> T {
    guard let value else { throw BrokenLaw(description: evidence()) }
    return value
}

func requireEqual<T: Equatable>(
    _ found: T, _ expected: T, _ what: @autoclosure () -> String
) throws {
    guard found != expected else { return }
    throw BrokenLaw(description: "\(what()): found \(found), expected \(expected)")
}

/// Something has to be refused with one of these codes.
func requireRefusal(
    _ codes: SyncError.Code..., of what: String, _ body: () async throws -> Void
) async throws {
    do {
        try await body()
    } catch let error as SyncError where codes.contains(error.code) {
        return
    }
    throw BrokenLaw(description: "\(what) was not refused")
}
