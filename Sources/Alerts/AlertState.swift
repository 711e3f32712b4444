import SyncEngine
import SyncModel

/// What is wrong at the moment, what of it was told, and which messages still have to be sent.
///
/// A machine without I/O: events in, messages out. It is remembered as a whole, so that a restart
/// changes nothing.
public struct AlertState: Codable, Hashable, Sendable {
    public enum Event: Hashable, Sendable {
        /// A synchronisation of all data sets has ended.
        case finished(RunRecord)
        /// A minute has passed.
        ///
        /// - lastGood: the last synchronisation that was good, where somebody else remembers it.
        /// - isPaused: whether a person has stopped the schedule.
        case tick(lastGood: Timestamp?, isPaused: Bool)
    }

    /// A condition that has begun.
    struct Standing: Codable, Hashable, Sendable {
        var since: Timestamp
        var runs = 0
        /// Borne for a while where it may pass by itself.
        var isTold = false
        /// The latest run that met it.
        var verdict: RunVerdict?
    }

    var standings: [AlertCondition: Standing] = [:]
    var lastGood: Timestamp?
    /// Since when the clock is looked at without a gap, while nothing is paused.
    var watchedSince: Timestamp?
    var lastTick: Timestamp?
    /// Messages on their way.
    var outbox = Outbox()

    /// Nothing is wrong.
    public init() {}

    /// What was told and has not ended.
    public var told: [AlertCondition] {
        AlertCondition.allCases.filter { standings[$0]?.isTold == true }
    }

    /// Takes an event in, and answers with what has to be told. Endings come before beginnings.
    public mutating func handle(
        _ event: Event, at now: Timestamp, rules: AlertRules
    ) -> [Alert] {
        switch event {
        case .finished(let record):
            guard let verdict = RunVerdict(record) else { return [] }
            return judge(verdict, at: now)
        case .tick(let lastGood, let isPaused):
            look(at: now, lastGood: lastGood, isPaused: isPaused, rules)
            return isPaused ? [] : overdue(at: now, rules)
        }
    }

    // MARK: Runs

    private mutating func judge(_ verdict: RunVerdict, at now: Timestamp) -> [Alert] {
        switch verdict.kind {
        case .failed(let passes):
            meet(.failing, verdict)
            // Silence that was told stands for its cause, too.
            guard !isTold(.silent), !passes || (standings[.failing]?.runs ?? 0) > 1 else {
                return []
            }
            return tell(.failing, at: now)
        case .lineage:
            let ended = end([.failing], verdict, at: now)
            meet(.lineage, verdict)
            return ended + tell(.lineage, at: now)
        case .good:
            lastGood = now
            let unmet = AlertCondition.allCases.filter { !meets($0, verdict) }
            let ended = end(unmet, verdict, at: now)
            let met = AlertCondition.allCases.filter { meets($0, verdict) }
            for condition in met { meet(condition, verdict) }
            return ended + met.flatMap { tell($0, at: now) }
        }
    }

    private func meets(_ condition: AlertCondition, _ good: RunVerdict) -> Bool {
        switch condition {
        case .held: good.outcome == .held
        case .incomplete: !good.unread.isEmpty
        case .failing, .lineage, .silent: false
        }
    }

    // MARK: Time

    private mutating func look(
        at now: Timestamp, lastGood: Timestamp?, isPaused: Bool, _ rules: AlertRules
    ) {
        let latest = [self.lastGood, lastGood].compactMap(\.self).max()
        // A clock that was put back must not put silence off by as much.
        self.lastGood = latest.map { min($0, now) }
        let isGap = lastTick.map { now < $0 || now - $0 > rules.watchGapMax } ?? true
        if isGap || isPaused || watchedSince == nil { watchedSince = now }
        lastTick = now
    }

    private mutating func overdue(at now: Timestamp, _ rules: AlertRules) -> [Alert] {
        let watchedSince = watchedSince ?? now
        if let failing = standings[.failing], !failing.isTold, !isTold(.silent),
            now - max(failing.since, watchedSince) >= rules.patience
        {
            return tell(.failing, at: now)
        }
        // Before the first synchronisation somebody is at work here, and a first load takes long.
        guard let lastGood, now - max(lastGood, watchedSince) > rules.silentAfter,
            !isTold(.failing), !isTold(.lineage), standings[.silent] == nil
        else { return [] }
        standings[.silent] = Standing(since: lastGood)
        return tell(.silent, at: now)
    }

    // MARK: Conditions

    private func isTold(_ condition: AlertCondition) -> Bool {
        standings[condition]?.isTold == true
    }

    private mutating func meet(_ condition: AlertCondition, _ verdict: RunVerdict) {
        var standing = standings[condition] ?? Standing(since: verdict.startedAt)
        standing.runs += 1
        standing.verdict = verdict
        standings[condition] = standing
    }

    private mutating func tell(_ condition: AlertCondition, at now: Timestamp) -> [Alert] {
        guard let standing = standings[condition], !standing.isTold else { return [] }
        standings[condition]?.isTold = true
        return [Alert(.began, condition, standing, standing.verdict, at: now)]
    }

    private mutating func end(
        _ conditions: [AlertCondition], _ verdict: RunVerdict, at now: Timestamp
    ) -> [Alert] {
        conditions.compactMap { condition in
            guard let standing = standings.removeValue(forKey: condition), standing.isTold else {
                return nil
            }
            return Alert(.ended, condition, standing, verdict, at: now)
        }
    }
}

extension Alert {
    fileprivate init(
        _ event: Event, _ condition: AlertCondition, _ standing: AlertState.Standing,
        _ verdict: RunVerdict?, at now: Timestamp
    ) {
        let hasBegun = event == .began
        let causes = condition == .incomplete ? verdict?.unread : verdict?.causes
        self.init(
            event: event, condition: condition, at: now, since: standing.since,
            runs: standing.runs, run: verdict?.run, outcome: verdict?.outcome,
            causes: hasBegun && condition != .held ? causes ?? [] : [],
            counts: hasBegun && condition == .held ? verdict?.held ?? [] : [])
    }
}
