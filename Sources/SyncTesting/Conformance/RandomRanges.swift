import SyncModel

extension World {
    func chance(oneIn count: Int) -> Bool { random(below: count) == 0 }

    func pick<T>(_ choices: [T]) -> T { choices[random(below: choices.count)] }

    /// Some of these, in their order.
    func some<T>(of all: [T], oneIn count: Int) -> [T] { all.filter { _ in chance(oneIn: count) } }

    /// Consecutive ranges over the whole key space, cut at, before and behind some of these keys
    /// and their prefixes.
    func tiles(around keys: [Key], cutsMax: Int) -> [KeyRange] {
        var cuts: Set<Key> = []
        for _ in 0..<random(below: cutsMax + 1) where !keys.isEmpty {
            let key = pick(keys)
            let prefix = key.properPrefixes.last.map { [$0, KeyRange.prefix($0).upTo] } ?? []
            cuts.insert(pick([key, KeyRange.key(key).after] + prefix))
        }
        let bounds =
            [KeyRange.minusInfinity]
            + cuts.subtracting([KeyRange.minusInfinity, KeyRange.plusInfinity]).sorted()
            + [KeyRange.plusInfinity]
        return zip(bounds, bounds.dropFirst()).map { KeyRange(after: $0, upTo: $1) }
    }

    /// Disjoint ranges in ascending order, some of them touching.
    func ranges(around keys: [Key], cutsMax: Int) -> [KeyRange] {
        some(of: tiles(around: keys, cutsMax: cutsMax), oneIn: 2)
    }
}
