import SyncEngine
import SyncModel
import SyncProtocol

/// One request as it crosses the network.
struct SimulatedRequest: Sendable {
    enum Kind: String, Sendable { case open, beginLoad, plan, ship, commit, state, abandon }
    var kind: Kind
    var run: RunID
    var installation: InstallationID
    /// Which copy of the premises it comes from, which nobody but the world knows; nil for none.
    var copy: Int?
    var token = ""
    var body: [UInt8] = []
}

/// What lies between the premises and OneClick: bytes that are lost, late, cut short, or answered
/// by somebody else.
struct SimulatedNetwork {
    let world: SimulatedWorld
    let oneClick: SimulatedOneClick

    static let unreachable = SyncError(
        .unreachable, "OneClick did not answer in time.", hint: "It is tried again.",
        recovery: .retry, isOutcomeUnknown: true)

    /// How long a client waits for an answer.
    private static let patience = Duration.seconds(30)

    func send(_ request: SimulatedRequest) async throws -> [UInt8] {
        await world.sleep(.milliseconds(1 + world.random(below: 40)))
        if world.strikes(.requestDropped) { throw await lost() }
        if world.strikes(.requestLate) {
            arriveLater(request)
            throw await lost()
        }
        if world.strikes(.requestDuplicated) { arriveLater(request) }
        if let refusal = refusal() { throw refusal }
        var request = request
        if world.strikes(.requestTruncated) {
            request.body = Array(request.body.prefix(world.random(below: request.body.count + 1)))
        }
        let answer = try await oneClick.answer(request)
        await world.sleep(.milliseconds(1 + world.random(below: 40)))
        if world.strikes(.replyLost, of: request.kind == .commit ? 10 : 1) { throw await lost() }
        if world.strikes(.replyTruncated) {
            return Array(answer.prefix(world.random(below: answer.count)))
        }
        return answer
    }

    /// The answer's message; anything else is not OneClick's.
    func message<Message: Decodable>(_ request: SimulatedRequest) async throws -> Message {
        let bytes = try await send(request)
        do {
            return try WireJSON.decode(from: bytes)
        } catch let error as SyncError where error.code == .malformed {
            throw Self.foreign(.person)
        }
    }

    private func lost() async -> SyncError {
        await world.sleep(Self.patience)
        return Self.unreachable
    }

    /// Up to two hours late, when nobody waits for it any more.
    private func arriveLater(_ request: SimulatedRequest) {
        let delay = world.pick([1, 20, 600, 7200])
        world.start { [world, oneClick] in
            await world.sleep(.seconds(1 + world.random(below: delay)))
            world.note("late", request.kind.rawValue)
            _ = try? await oneClick.answer(request)
        }
    }

    private func refusal() -> SyncError? {
        if world.strikes(.pageOfProxy) {
            return Self.foreign(world.random(below: 2) == 0 ? .person : .retry)
        }
        if world.strikes(.tooLarge) {
            return SyncError("too_large", "Too large (413).", hint: "Ask the proxy's operator.")
        }
        if world.strikes(.tooMany) {
            let pause = Duration.seconds(1 + world.random(below: 120))
            return SyncError(
                "busy", "Too many requests (429).", hint: "Wait.", recovery: .retryAfter(pause))
        }
        if world.strikes(.unavailable) {
            return SyncError(
                "busy", "Not available (503).", hint: "Wait.", recovery: .retryAfter(.seconds(5)))
        }
        return nil
    }

    static func foreign(_ recovery: SyncError.Recovery) -> SyncError {
        SyncError(
            "not_oneclick", "Something else than OneClick answers.", hint: "Check the proxy.",
            recovery: recovery, isOutcomeUnknown: true)
    }
}
