import SyncModel
import SyncProtocol

/// What an installation asks and says over the network outside a run's own requests: it has to be
/// the practice's own at that moment, neither replaced nor revoked.
extension OneClickStore {
    public func state(
        of run: RunID, from installation: Installation, now: Timestamp
    ) async throws -> RunState {
        try await write(installation.practice) { store in
            try store.checkIsCurrent(installation.id)
            return try store.runs.settledState(of: run, now: now)
        }
    }

    public func status(from installation: Installation) async throws -> StatusAnswer {
        try await read(installation.practice) { store in
            try store.checkIsCurrent(installation.id)
            return try store.status()
        }
    }

    /// A person's answer. Throws `place` or `copy` where the installation is one that has no say.
    public func answer(
        _ request: AnswerRequest, from installation: Installation, now: Timestamp
    ) async throws -> AnswerReceipt {
        try await write(installation.practice) { store in
            try store.checkMayAnswer(request, installation.id)
            return try store.answer(request, now: now)
        }
    }

    /// A person's word which installation is the practice's, and from where.
    public func takeOver(
        _ request: TakeOverRequest, _ installation: Installation, now: Timestamp
    ) async throws -> TakeOverAnswer {
        try await write(installation.practice) {
            try $0.takeOver(request, installation.id, now: now)
        }
    }
}
