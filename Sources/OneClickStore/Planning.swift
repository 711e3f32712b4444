import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// Answering a plan: what OneClick holds, counted from its typed columns.
extension PracticeStore {
    func answer(_ plan: Plan) throws -> PlanAnswer {
        let table = TypedTable(try shape(plan.table))
        var listed = 0
        return PlanAnswer(
            verdicts: try plan.entries.map { entry in
                switch entry.content {
                case .probe(let count, let digest):
                    try probe(table, entry, count: count, digest: digest)
                case .detail(let names): .detail(try detail(table, entry, names, &listed))
                }
            })
    }

    private func probe(
        _ table: TypedTable, _ entry: Plan.Entry, count: Int, digest: [UInt8]
    ) throws -> PlanAnswer.Verdict {
        let except = Set(entry.except)
        var held = try HeldWalk(self, table, entry.range)
        defer { held.end() }
        var ours = RowDigest()
        var counted = 0
        let row = try rows(table, entry.range)
        defer { row.reset() }
        var block = RowBlock()
        while try row.step() {
            table.append(row, to: &block)
            let span = block.rows[block.count - 1]
            if try (except.isEmpty && held.isOver) || isJudged(block.key(of: span), except, &held) {
                ours.add(block, span)
                counted += 1
            }
            if block.count >= 256 { block = RowBlock() }
        }
        return counted == count && ours.finish() == digest ? .equal : .differs
    }

    private func isJudged(
        _ key: Key, _ except: Set<Key>, _ held: inout HeldWalk
    ) throws -> Bool {
        try !held.covers(key) && !except.contains(key)
    }

    private func detail(
        _ table: TypedTable, _ entry: Plan.Entry, _ names: [Plan.RowName], _ listed: inout Int
    ) throws -> PlanAnswer.Detail {
        try checkOrder(names, entry.range)
        let except = Set(entry.except)
        var held = try HeldWalk(self, table, entry.range)
        defer { held.end() }
        var answer = PlanAnswer.Detail(rows: [], removed: [], held: 0)
        answer.rows.reserveCapacity(names.count)
        var next = names.startIndex
        let row = try rows(table, entry.range)
        defer { row.reset() }
        while try row.step() {
            var block = RowBlock()
            table.append(row, to: &block)
            let key = block.key(of: block.rows[0])
            let isHeld = try held.covers(key)
            while next < names.endIndex, names[next].key < key {
                answer.rows.append(.added)
                next += 1
            }
            if next < names.endIndex, names[next].key == key {
                // A row that came back ends its held removal: it is sent even if it is equal.
                let isEqual =
                    !isHeld && block.digest(of: block.rows[0]) == names[next].digest
                answer.rows.append(isEqual ? .equal : .changed)
                next += 1
            } else if !except.contains(key) {
                if listed < PlanAnswer.removedMax {
                    answer.removed.append(key)
                    listed += 1
                } else {
                    answer.unlisted += 1
                }
                if isHeld { answer.held += 1 }
            }
        }
        answer.rows += names[next...].map { _ in .added }
        return answer
    }

    private func checkOrder(_ names: [Plan.RowName], _ range: KeyRange) throws {
        var last = range.after
        for name in names {
            guard last < name.key, range.contains(name.key) else {
                throw WireReader.malformed("names rows out of order or outside their range")
            }
            last = name.key
        }
    }
}
