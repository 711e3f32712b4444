import SyncModel
import SyncProtocol

/// A few batches on their way at once: the next rows are read while the last ones travel.
struct Shipping {
    let limit: Int
    private var underway = 0

    init(limit: Int) { self.limit = max(1, limit) }

    mutating func ship(
        _ group: inout ThrowingTaskGroup<Void, any Error>,
        _ send: @escaping @Sendable () async throws -> Void
    ) async throws {
        while underway >= limit {
            _ = try await group.next()
            underway -= 1
        }
        underway += 1
        group.addTask { try await send() }
    }

    mutating func drain(_ group: inout ThrowingTaskGroup<Void, any Error>) async throws {
        while underway > 0 {
            _ = try await group.next()
            underway -= 1
        }
    }
}
