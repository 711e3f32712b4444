extension String {
    /// The names of the parameters `:name` of a statement, each once, outside quoted text.
    var parameterNames: [String] {
        var names: [String] = []
        var quote: Character?
        var name: String?
        for character in self + " " {
            if let open = quote {
                if character == open { quote = nil }
            } else if name != nil, character.isLetter || character.isNumber || character == "_" {
                name?.append(character)
            } else {
                if let name, !name.isEmpty, !names.contains(name) { names.append(name) }
                name = character == ":" ? "" : nil
                if character == "'" || character == "\"" { quote = character }
            }
        }
        return names
    }

    /// As an identifier of SQL.
    package var quoted: String { "\"" + replacing("\"", with: "\"\"") + "\"" }

    /// As a text of SQL.
    var literal: String { "'" + replacing("'", with: "''") + "'" }
}
