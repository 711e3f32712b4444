import SyncModel
@testable import SyncTesting
import Testing

@testable import OneClickStore

/// A random history of one practice's authorisations beside a model that is as naive as one can
/// be.
final class GrantHistory {
    typealias Credential = GrantPractice.Credential

    /// What the model knows of one grant.
    private struct Known {
        var greatest: Grant.Authorisation
        var token: String?
        var state: Grant.State
        /// Which lease is the latest, while nothing has ended it.
        var lease: Int?
        var leaseExpires = Timestamp.midday
    }

    private let practice: GrantPractice
    private var random: SplitMix
    private var now = Timestamp.midday
    private var central: [Int64: Credential] = [:]
    private var backup: [Int64: Credential] = [:]
    /// What Central had of credentials that are gone from it.
    private var gone: [Int64: Credential] = [:]
    private var changed: Set<Int64> = []
    private var mirror: [Int64: Credential] = [:]
    private var known: [Int64: Known] = [:]
    /// Tokens that were spent, replaced or destroyed: none of them may ever be there again.
    private var dead: Set<String> = []
    /// What each was given to refresh: good for as long as that is there.
    private var leases: [(number: Int, token: String?, lease: RefreshLease)] = []
    private var names = 0
    /// How often each kind of thing happened: a test looks that it did.
    private(set) var happened: [String: Int] = [:]

    /// One more that never goes: a table is not emptied without a person's word.
    private static let constant = Credential(99, day: 0, token: "constant")
    private static let ids: ClosedRange<Int64> = 1...4

    init(
        seed: UInt64,
        _ make: (Shapes, [TableName: RemovalLimits]) throws -> OneClickStore = {
            try OneClickStore.inMemory(shapes: $0, vault: TestVault.key, limits: $1)
        }
    ) async throws {
        practice = try await GrantPractice(make)
        random = SplitMix(seed: seed)
        central[99] = Self.constant
        changed = [99]
    }

    func play(steps: Int) async throws {
        for _ in 0..<steps {
            now = now + .seconds(pick(1...40))
            switch pick(0...13) {
            case 0...1: authorise()
            case 2: authoriseWithOlderClock()
            case 3: remove()
            case 4: comeBack()
            case 5: restoreCentral()
            case 6: backup = central
            case 7...9: try await run()
            case 10...11: await beginRefresh()
            default: await endRefresh()
            }
            try await check()
        }
    }

    // MARK: The premises

    private func authorise() {
        let id = pick(Self.ids)
        let generation = (central[id]?.authorisation?.generation ?? 0) + 1
        var credential = Credential(id, day: 0, token: newName("c"))
        credential.authorisation = .init(grantedAt: now, generation: generation)
        put(credential)
    }

    /// A granted_at that is not later: only a greater generation counts then.
    private func authoriseWithOlderClock() {
        guard var credential = central[pick(Self.ids)] else { return }
        credential.authorisation?.generation += Int64(pick(-1...1))
        credential.token = newName("c")
        put(credential)
    }

    private func put(_ credential: Credential) {
        note("authorised")
        central[credential.id] = credential
        changed.insert(credential.id)
    }

    private func remove() {
        let id = pick(Self.ids)
        guard let credential = central.removeValue(forKey: id) else { return }
        gone[id] = credential
        changed.insert(id)
    }

    /// As an employee who left and returned: with the tokens of before.
    private func comeBack() {
        guard let credential = gone.removeValue(forKey: pick(Self.ids)),
            central[credential.id] == nil
        else { return }
        note("came back")
        central[credential.id] = credential
        changed.insert(credential.id)
    }

    private func restoreCentral() {
        guard !backup.isEmpty else { return }
        note("restored")
        changed.formUnion(central.keys)
        changed.formUnion(backup.keys)
        central = backup
    }

    // MARK: Runs

    private func run() async throws {
        let kind: GrantPractice.Kind = pick(0...2) == 0 ? .full : .change
        let others = Self.ids.filter { _ in pick(0...3) == 0 }
        let keys = changed.union(others)
        guard kind == .full || !keys.isEmpty else { return }
        note("\(kind)")
        let rows = central.values.sorted { $0.id < $1.id }
        // Between shipping and committing OneClick may refresh as well.
        let refreshes = pick(0...2) == 0
        try await practice.run(
            kind, newName("run"), rows: rows, keys: Array(keys), now: now
        ) {
            guard refreshes else { return }
            await beginRefresh()
            await endRefresh()
        }
        for key in kind == .full ? Set(mirror.keys).union(central.keys) : keys {
            mirror[key] = central[key]
        }
        changed = []
        follow()
    }

    /// The rule of DOMAIN.md, once more.
    private func follow() {
        for id in Set(known.keys).union(mirror.keys) {
            let row = mirror[id]
            if let row, let authorisation = row.authorisation,
                known[id].map({ $0.greatest < authorisation }) ?? true
            {
                if let token = known[id]?.token { dead.insert(token) }
                known[id] = Known(greatest: authorisation, token: row.token, state: .active)
                note("adopted")
            } else if row == nil, known[id]?.state != .removed {
                if let token = known[id]?.token { dead.insert(token) }
                known[id]?.token = nil
                known[id]?.state = .removed
                known[id]?.lease = nil
                note("destroyed")
            } else if row != nil, known[id]?.state == .removed {
                known[id]?.state = .returned
                note("returned")
            }
        }
    }

    // MARK: The cloud

    private func beginRefresh() async {
        let id = pick(Self.ids)
        let expected = refusalOfRefresh(of: id)
        let code = await refusal {
            let lease = try await practice.store.beginRefresh(
                of: id, practice: practice.id, lasting: .seconds(60), now: now)
            known[id]?.lease = leases.count
            known[id]?.leaseExpires = lease.expires
            leases.append((leases.count, known[id]?.token, lease))
        }
        #expect(code == expected, "beginning to refresh \(id)")
        note(code?.rawValue ?? "begun")
    }

    private func refusalOfRefresh(of id: Int64) -> SyncError.Code? {
        guard let known = known[id] else { return "grant" }
        guard known.state == .active else { return "authorise" }
        return known.lease != nil && known.leaseExpires > now ? "refreshing" : nil
    }

    /// Of the leases that were given, one of the latest: it may be lost since.
    private func endRefresh() async {
        guard let given = leases.suffix(3).randomElement(using: &random) else { return }
        let id = given.lease.grant.credential
        let isMine = given.token != nil && known[id]?.token == given.token
        let isRevoked = pick(0...5) == 0
        let name = newName("r")
        let code = await refusal {
            if isRevoked {
                try await practice.store.markRevoked(given.lease, now: now)
            } else {
                try await practice.store.saveRefreshed(.named(name), given.lease, now: now)
            }
        }
        #expect(code == (isMine ? nil : "lease"), "ending a refresh of \(id)")
        guard isMine else { return note("lost") }
        if let token = known[id]?.token { dead.insert(token) }
        known[id]?.token = isRevoked ? nil : name
        if isRevoked { known[id]?.state = .ended }
        known[id]?.lease = nil
        note(isRevoked ? "revoked" : "refreshed")
    }

    private func refusal(_ body: () async throws -> Void) async -> SyncError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? SyncError)?.code ?? "another error"
        }
    }

    // MARK: Looking

    private func check() async throws {
        for id in Self.ids {
            let grant = try await practice.store.grant(of: id, practice: practice.id)
            let expected = known[id]
            #expect(grant?.authorisation == expected?.greatest, "credential \(id)")
            #expect(grant?.state == expected?.state, "credential \(id)")
            #expect(grant?.tokens?.refresh == expected?.token.map { .made(of: $0) })
            if let token = grant?.tokens?.refresh {
                #expect(!dead.contains { SealedValue.made(of: $0) == token }, "an older token")
            }
        }
    }

    // MARK: Chance

    private func pick<T: FixedWidthInteger>(_ range: ClosedRange<T>) -> T {
        T.random(in: range, using: &random)
    }

    private func newName(_ kind: String) -> String {
        names += 1
        return "\(kind)-\(names)"
    }

    private func note(_ what: String) { happened[what, default: 0] += 1 }
}
