import Yams

/// Reads a YAML tree and collects every mistake with its line instead of stopping at the first.
struct YAMLReader {
    let file: String
    var mistakes: [Mistake] = []

    init(file: String) { self.file = file }

    static func line(_ node: Node?) -> Int { node?.mark?.line ?? 1 }

    mutating func report(_ text: String, at node: Node?) {
        mistakes.append(Mistake(file: file, line: Self.line(node), text: text))
    }

    /// The entries of a mapping in the order of the file; reports keys that are not `known`.
    mutating func entries(
        _ node: Node?, of what: String, known: [String]? = nil
    ) -> [(key: String, node: Node)] {
        guard let node else { return [] }
        guard case .mapping(let mapping) = node else {
            report("\(what) has to be a mapping.", at: node)
            return []
        }
        var entries: [(String, Node)] = []
        for (key, value) in mapping {
            let name = key.string ?? ""
            if let known, !known.contains(name) {
                report(
                    "\(what) does not know \"\(name)\"; it knows \(known.joined(separator: ", ")).",
                    at: key)
            }
            entries.append((name, value))
        }
        return entries
    }

    mutating func text(_ node: Node?, of what: String, at parent: Node?) -> String {
        guard let node else {
            report("\(what) is missing.", at: parent)
            return ""
        }
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            report("\(what) has to be a text.", at: node)
            return ""
        }
        return scalar.string
    }

    mutating func texts(_ node: Node?, of what: String, at parent: Node?) -> [String] {
        guard let node else {
            report("\(what) is missing.", at: parent)
            return []
        }
        switch node {
        case .scalar(let scalar): return [scalar.string]
        case .sequence(let sequence):
            return sequence.map { text($0, of: "an entry of \(what)", at: node) }
        default:
            report("\(what) has to be a list of texts.", at: node)
            return []
        }
    }
}

extension [(key: String, node: Node)] {
    subscript(key: String) -> Node? { first { $0.key == key }?.node }
}
