import SyncModel
import SyncProtocol

/// From a chunk of Central's rows to what has to cross the wire.
extension Chunk {
    /// The whole chunk as one Replace: where OneClick holds nothing yet.
    var whole: Replace {
        Replace(
            range: range, except: refused.map(\.key), rows: rows.bytes, rowCount: rows.count)
    }

    /// Count and digest, without the rows.
    var probe: Plan.Entry {
        Plan.Entry(
            range: range, except: refused.map(\.key),
            content: .probe(count: rows.count, digest: rows.digest()))
    }

    /// Every row by its name.
    var detail: Plan.Entry {
        let names = rows.rows.map {
            Plan.RowName(key: rows.key(of: $0), digest: rows.digest(of: $0))
        }
        return Plan.Entry(range: range, except: refused.map(\.key), content: .detail(names))
    }

    /// One Replace for every stretch of rows between two that are equal on both sides. Removals
    /// that are held travel again as rows that are not there: the commit decides about them.
    func replaces(_ verdict: PlanAnswer.Detail) -> [Replace] {
        // Where more is gone than an answer lists, all of the chunk is said again.
        if verdict.unlisted > 0 { return [whole] }
        var stretches: [Replace] = []
        var open: Stretch?
        var boundary = range.after
        var removed = verdict.removed[...]
        func close() {
            if let stretch = open { stretches.append(replace(stretch)) }
            open = nil
        }
        func extend(to key: Key, row: Int?) {
            var stretch = open ?? Stretch(range: KeyRange(after: boundary, upTo: key))
            stretch.range.upTo = key
            if let row { stretch.rows = (stretch.rows?.lowerBound ?? row)..<(row + 1) }
            open = stretch
        }
        for (index, row) in rows.rows.enumerated() {
            let key = rows.key(of: row)
            while let gone = removed.first, gone < key {
                extend(to: gone, row: nil)
                removed.removeFirst()
            }
            if index < verdict.rows.count, verdict.rows[index] == .equal {
                close()
                boundary = key
            } else {
                extend(to: key, row: index)
            }
        }
        for gone in removed { extend(to: gone, row: nil) }
        close()
        return stretches
    }

    private struct Stretch {
        var range: KeyRange
        /// Indices of consecutive rows of the chunk.
        var rows: Range<Int>?
    }

    private func replace(_ stretch: Stretch) -> Replace {
        let except = refused.map(\.key).filter(stretch.range.contains)
        guard let indices = stretch.rows else {
            return Replace(range: stretch.range, except: except, rows: [], rowCount: 0)
        }
        let spans = rows.rows[indices]
        let bytes = rows.bytes[spans.first!.start..<spans.last!.end]
        return Replace(
            range: stretch.range, except: except, rows: Array(bytes), rowCount: indices.count)
    }
}

extension Counts {
    mutating func add(_ detail: PlanAnswer.Detail) {
        for row in detail.rows {
            switch row {
            case .equal: unchanged += 1
            case .changed: changed += 1
            case .added: added += 1
            }
        }
        removed += detail.removed.count + detail.unlisted - detail.held
        held += detail.held
    }

    /// Rows that are not the same on both sides.
    var differing: Int { added + changed + removed }
}
