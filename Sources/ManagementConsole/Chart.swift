import SyncModel

/// Bars for an SVG drawing: positions and sizes in its units.
struct Chart: Sendable {
    var width: Int
    var height: Int
    var bars: [Bar]
    /// For whoever cannot see it.
    var label: String

    struct Bar: Sendable {
        var x, y, width, height: Double
        /// What colour means, as elsewhere.
        var kind: String
        /// Shown when somebody points at it.
        var title: String
    }

    struct Entry {
        var value: Int
        var kind: String
        var title: String
    }

    /// Bars side by side, as high as the root of their values: small ones stay visible beside a
    /// full synchronisation.
    init(_ entries: [Entry], label: String, slots: Int = 48) {
        width = 680
        height = 64
        self.label = label
        let slots = max(entries.count, slots)
        let step = Double(width) / Double(max(1, slots))
        let largest = Double(max(1, entries.map(\.value).max() ?? 1)).squareRoot()
        bars = entries.enumerated().map { [height] index, entry in
            let part = Double(entry.value).squareRoot() / largest
            let tall = max(3, part * Double(height))
            return Bar(
                x: Self.rounded(Double(index) * step), y: Self.rounded(Double(height) - tall),
                width: Self.rounded(max(1, min(step - 2, 24))), height: Self.rounded(tall),
                kind: entry.kind, title: entry.title)
        }
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
