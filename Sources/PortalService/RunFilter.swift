import Foundation
import SyncEngine
import SyncModel

/// Which runs of the journal are looked for. Everything that is set must be so.
public struct RunFilter: Codable, Hashable, Sendable {
    /// Empty means any.
    public var outcomes: Set<Outcome>
    public var kind: RunKind?
    public var trigger: RunTrigger?
    public var purpose: RunPurpose?
    /// Looked for in the person's name and in what the run says was not right: messages, keys and
    /// names of data sets. Upper and lower case are the same.
    public var text: String?
    /// The earliest start that is meant.
    public var from: Timestamp?
    /// The first start that is not meant any more.
    public var to: Timestamp?

    public init(
        outcomes: Set<Outcome> = [], kind: RunKind? = nil, trigger: RunTrigger? = nil,
        purpose: RunPurpose? = nil, text: String? = nil, from: Timestamp? = nil,
        to: Timestamp? = nil
    ) {
        self.outcomes = outcomes
        self.kind = kind
        self.trigger = trigger
        self.purpose = purpose
        self.text = text
        self.from = from
        self.to = to
    }

    /// The text as it is looked for; nil where none is asked for.
    var searched: String? {
        let text = text?.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
        return text?.isEmpty == false ? text : nil
    }

    /// The same for a run that is not written down yet.
    func matches(_ run: RunRecord) -> Bool {
        (outcomes.isEmpty || outcomes.contains(run.outcome))
            && (kind == nil || run.kind == kind) && (trigger == nil || run.trigger == trigger)
            && (purpose == nil || run.purpose == purpose)
            && from.map { run.startedAt >= $0 } != false && to.map { run.startedAt < $0 } != false
            && searched.map { run.searchText.contains($0) } != false
    }
}

extension RunRecord {
    /// What a run is found by: a line for each thing, once, in lower case.
    var searchText: String {
        var lines: [String] = []
        var seen: Set<String> = []
        func add(_ line: String?) {
            guard let line = line?.lowercased(), seen.insert(line).inserted else { return }
            lines.append(line)
        }
        add(person)
        for problem in errors {
            add(problem.dataSet)
            add(problem.key?.description)
            add(problem.message)
        }
        return lines.joined(separator: "\n")
    }
}
