import SyncModel
import SyncProtocol

/// One table after the other: loads, closing change runs, comparisons.
extension Synchronisation {
    typealias Ships = ThrowingTaskGroup<Void, any Error>

    /// Tiles that were found equal are told to OneClick with the next batch, or after this many.
    private static let tilesUntoldMax = 32

    // MARK: Full

    /// A full: consecutive ranges over the whole key space, those already done left out.
    func load(_ index: Int, _ group: inout Ships, _ shipping: inout Shipping) async throws {
        guard ships else { return try await compareAll(index) }
        if works[index].load == nil { try await beginLoad(index) }
        guard let load = works[index].load else { return }
        var untold: [KeyRange] = []
        for gap in load.done.gaps() {
            var rest = gap
            while !rest.isEmpty {
                try checkStopped()
                try await renewSnapshot()
                guard let chunk = try await read(index, [rest], load.base.asOf).first else { break }
                let pieces = try await pieces(of: chunk, index)
                untold = (untold + [chunk.range]).merged()
                if !pieces.isEmpty || untold.count >= Self.tilesUntoldMax {
                    try await ship(pieces, covers: untold, index, &group, &shipping)
                    untold = []
                }
                rest.after = chunk.range.upTo
            }
        }
        if !untold.isEmpty { try await ship([], covers: untold, index, &group, &shipping) }
        report.done(works[index].name, differs: works[index].planned.differing > 0)
    }

    private func beginLoad(_ index: Int) async throws {
        let name = works[index].name
        let base = checkpoint(of: name)
        let request = LoadRequest(
            table: name, load: LoadID(rawValue: environment.token()), base: base)
        try await attempt { [cloud, run] in try await cloud.beginLoad(request, in: run!) }
        works[index].load = Load(id: request.load, base: base, latestMark: mark, done: [])
    }

    /// What of a chunk OneClick lacks. A refused row travels as a range of one key that is to be
    /// left alone: OneClick remembers it with the load.
    private func pieces(of chunk: Chunk, _ index: Int) async throws -> [Replace] {
        try refuse(chunk.refused, index)
        if works[index].isEmptyInOneClick {
            works[index].planned.added += chunk.rows.count
            // Even where Central has nothing: a load given up may have left rows there.
            return [chunk.whole]
        }
        guard let verdict = try await compare(chunk, index) else {
            return chunk.refused.map {
                Replace(range: .key($0.key), except: [$0.key], rows: [], rowCount: 0)
            }
        }
        let replaces = chunk.replaces(verdict)
        let alone = chunk.refused.map(\.key).filter { key in
            !replaces.contains { $0.range.contains(key) }
        }
        let left = alone.map { Replace(range: .key($0), except: [$0], rows: [], rowCount: 0) }
        return (replaces + left).sorted { $0.range.after < $1.range.after }
    }

    /// Nil where both sides hold the same; else what OneClick lacks, row by row.
    private func compare(_ chunk: Chunk, _ index: Int) async throws -> PlanAnswer.Detail? {
        // A probe passes over what is held: a run that is only to report says how much that is.
        let isReported = !ships && works[index].unsettled.contains { $0.overlaps(chunk.range) }
        if !isReported, try await plan(index, [chunk.probe]).first == .equal {
            works[index].planned.unchanged += chunk.rows.count
            return nil
        }
        guard case .detail(let detail)? = try await plan(index, [chunk.detail]).first else {
            throw unanswered
        }
        works[index].planned.add(detail)
        return detail
    }

    /// Reads and compares everything, and ships nothing.
    func compareAll(_ index: Int) async throws {
        var rest = KeyRange.everything
        while !rest.isEmpty {
            try checkStopped()
            guard let chunk = try await read(index, [rest], opened.asOf).first else { break }
            try refuse(chunk.refused, index)
            if works[index].isEmptyInOneClick && opened.version > 0 {
                works[index].planned.added += chunk.rows.count
            } else {
                _ = try await compare(chunk, index)
            }
            rest.after = chunk.range.upTo
        }
        report.done(works[index].name, differs: works[index].planned.differing > 0)
    }

    // MARK: Change

    /// What may have changed since the checkpoint (or since the load began), every exception, and
    /// a slice for rolling verification.
    func close(_ index: Int, _ group: inout Ships, _ shipping: inout Shipping) async throws {
        let work = works[index]
        guard let base = work.isFull ? work.load?.base : work.state?.checkpoint else { return }
        let affected = try await source.affected(work.name, since: base, asOf: opened.asOf)
        let ranges = (affected + work.unsettled).merged()
        // Whatever is refused now is found again in the snapshot that is committed.
        works[index].forgetRefused()
        try await change(index, ranges, &group, &shipping)
        if ships, !work.isFull { try await verifySlice(index, besides: ranges, &group, &shipping) }
        report.done(work.name, differs: works[index].planned.differing > 0)
    }

    private func change(
        _ index: Int, _ ranges: [KeyRange], _ group: inout Ships, _ shipping: inout Shipping
    ) async throws {
        var rest = ranges[...]
        while !rest.isEmpty {
            try checkStopped()
            let chunks = try await read(index, Array(rest), opened.asOf)
            guard let last = chunks.last else { return }
            rest = rest.dropFirst(chunks.count - 1)
            if last.range.upTo == rest.first?.upTo {
                rest = rest.dropFirst()
            } else {
                rest[rest.startIndex].after = last.range.upTo
            }
            try refuse(chunks.flatMap(\.refused), index)
            let pieces = try await pieces(of: chunks, index)
            if !pieces.isEmpty {
                try await ship(pieces, covers: nil, index, &group, &shipping)
            }
        }
    }

    /// What a load has shipped is staged, where no plan's answer sees it: its closing run ships
    /// everything that changed since, even what OneClick's readers still see just so.
    private func pieces(of chunks: [Chunk], _ index: Int) async throws -> [Replace] {
        guard works[index].isFull, ships else { return try await details(index, chunks) }
        return chunks.map(\.whole)
    }

    private func details(_ index: Int, _ chunks: [Chunk]) async throws -> [Replace] {
        let verdicts = try await plan(index, chunks.map(\.detail))
        guard verdicts.count == chunks.count else { throw unanswered }
        var pieces: [Replace] = []
        for (chunk, verdict) in zip(chunks, verdicts) {
            guard case .detail(let detail) = verdict else { throw unanswered }
            works[index].planned.add(detail)
            pieces += chunk.replaces(detail)
        }
        return pieces
    }

    /// Rolling verification: the slice longest unproved, without what this run has touched. The
    /// commit's compare-and-set keeps OneClick still, so that a difference is real.
    private func verifySlice(
        _ index: Int, besides ranges: [KeyRange], _ group: inout Ships,
        _ shipping: inout Shipping
    ) async throws {
        let rows = works[index].state?.rows ?? 0
        var budget = max(settings.verificationRowsMin, rows / settings.verificationParts + 1)
        while budget > 0 {
            try checkStopped()
            let from = works[index].provedUpTo ?? KeyRange.minusInfinity
            let slice = KeyRange(after: from, upTo: KeyRange.plusInfinity)
            let open = ranges.complement(in: slice)
            let chunks = try await read(index, open, opened.asOf, rowsMax: budget)
            let reached = chunks.last?.range.upTo
            // Behind the last key it begins anew, with the next run.
            let isAtEnd = reached == open.last?.upTo
            works[index].provedUpTo = isAtEnd ? nil : reached
            try await verify(chunks, index, &group, &shipping)
            if isAtEnd { break }
            budget -= chunks.reduce(0) { $0 + $1.rows.count + $1.refused.count }
        }
    }

    private func verify(
        _ chunks: [Chunk], _ index: Int, _ group: inout Ships, _ shipping: inout Shipping
    ) async throws {
        try refuse(chunks.flatMap(\.refused), index)
        let verdicts = try await plan(index, chunks.map(\.probe))
        guard verdicts.count == chunks.count else { throw unanswered }
        for (chunk, verdict) in zip(chunks, verdicts) where verdict == .equal {
            works[index].planned.unchanged += chunk.rows.count
        }
        let differing = zip(chunks, verdicts).filter { $0.1 != .equal }.map(\.0)
        guard !differing.isEmpty else { return }
        let pieces = try await details(index, differing)
        guard !pieces.isEmpty else { return }
        notes.append(
            "Rolling verification found records of \(works[index].name) that differed and "
                + "mended them.")
        try await ship(pieces, covers: nil, index, &group, &shipping)
    }

    private func refuse(_ exceptions: [RowException], _ index: Int) throws {
        let others = works.indices.filter { $0 != index && !works[$0].isFailed }
            .reduce(0) { $0 + works[$1].refused.count }
        try works[index].refuse(exceptions, rowsMax: settings.refusedRowsMax - others)
    }

    // MARK: Calls

    private func read(
        _ index: Int, _ ranges: [KeyRange], _ asOf: LocalDate, rowsMax: Int? = nil
    ) async throws -> [Chunk] {
        let limits = opened.limits
        let chunks = try await source.read(
            ReadRequest(
                table: works[index].name, ranges: ranges, asOf: asOf,
                rowsMax: min(rowsMax ?? limits.rowsPerBatch, limits.rowsPerBatch),
                bytesMax: limits.bytesPerBatch))
        let rows = chunks.reduce(0) { $0 + $1.rows.count }
        report.working(works[index].name, rows: rows, sent: rowsSent)
        return chunks
    }

    private func plan(_ index: Int, _ entries: [Plan.Entry]) async throws -> [PlanAnswer.Verdict] {
        guard !entries.isEmpty else { return [] }
        let plan = Plan(table: works[index].name, entries: entries)
        return try await attempt { [cloud, run] in try await cloud.plan(plan, in: run!) }.verdicts
    }

    private func ship(
        _ pieces: [Replace], covers: [KeyRange]?, _ index: Int, _ group: inout Ships,
        _ shipping: inout Shipping
    ) async throws {
        guard ships else { return }
        batches += 1
        let batch = Batch(
            table: works[index].name, run: start.id, number: batches,
            load: covers == nil ? nil : works[index].load?.id, mark: mark, covers: covers ?? [],
            replaces: pieces)
        rowsSent += batch.rowCount
        report.working(works[index].name, rows: 0, sent: rowsSent)
        let (cloud, run, environment, isStopped) = (cloud, run!, environment, isStopped)
        try await shipping.ship(&group) {
            try await Self.attempt(environment, isStopped) { try await cloud.ship(batch, in: run) }
        }
    }

    private var unanswered: SyncError {
        SyncError(
            .malformed, "OneClick's answer does not fit the question it was asked.",
            hint: "Bring both sides to the same release; nothing was applied.")
    }
}
