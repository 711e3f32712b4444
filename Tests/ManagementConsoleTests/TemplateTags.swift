/// A template as a tree of what it names.
struct TemplateTags {
    indirect enum Tag {
        case value(String)
        case partial(String)
        /// Also the inverted form, whose content sees what stands around it.
        case section(String, isInverted: Bool, [Tag])
    }

    var tags: [Tag] = []

    /// Nil for a template whose sections do not close.
    init?(_ text: String) {
        var open: [(name: String, isInverted: Bool, tags: [Tag])] = []
        var tags: [Tag] = []
        for match in text.matches(of: /\{\{([#^\/>]?)\s*([^{}]+?)\s*\}\}/) {
            let (sign, name) = (match.output.1, String(match.output.2))
            switch sign {
            case "#", "^":
                open.append((name, sign == "^", tags))
                tags = []
            case "/":
                guard let section = open.popLast(), section.name == name else { return nil }
                tags = section.tags + [.section(name, isInverted: section.isInverted, tags)]
            case ">": tags.append(.partial(name))
            default: tags.append(.value(name))
            }
        }
        guard open.isEmpty else { return nil }
        self.tags = tags
    }
}

/// Looks every tag of a template up in a model, as Mustache does, but strictly.
struct TemplateCheck {
    let templates: [String: TemplateTags]
    /// What is wrong, in words.
    private(set) var faults: [String] = []
    /// The templates that were looked at.
    private(set) var seen: Set<String> = []

    init(_ templates: [String: TemplateTags]) { self.templates = templates }

    mutating func check(_ template: String, _ model: Any) { walk(template, [model]) }

    private mutating func walk(_ template: String, _ stack: [Any]) {
        seen.insert(template)
        guard let tags = templates[template] else {
            return faults.append("there is no template \(template)")
        }
        walk(tags.tags, stack, template)
    }

    private mutating func walk(_ tags: [TemplateTags.Tag], _ stack: [Any], _ template: String) {
        for tag in tags {
            switch tag {
            case .partial(let name): walk(name, stack)
            case .value("."): continue
            case .value(let name): _ = found(name, stack, template)
            case .section(let name, let isInverted, let inner):
                guard let value = found(name, stack, template) else { continue }
                walk(inner, isInverted ? stack : inside(name, value, stack, template), template)
            }
        }
    }

    /// What a section's content sees.
    private mutating func inside(
        _ name: String, _ value: Any, _ stack: [Any], _ template: String
    ) -> [Any] {
        if value is Bool || name.hasPrefix("empty(") { return stack }
        let mirror = Mirror(reflecting: value)
        guard mirror.displayStyle == .collection else { return stack + [value] }
        guard let first = mirror.children.first?.value else {
            faults.append("\(template): the example has nothing in \(name)")
            return stack + [value]
        }
        return stack + [first]
    }

    /// The value of a name. Names begin at the innermost object that has them, and a model that has
    /// one as nil must not let an outer one shine through.
    private mutating func found(_ name: String, _ stack: [Any], _ template: String) -> Any? {
        var path = name
        if name.hasPrefix("empty("), name.hasSuffix(")") {
            path = String(name.dropFirst("empty(".count).dropLast())
        }
        let parts = path.split(separator: ".").map(String.init)
        let holders = stack.indices.filter { child(parts[0], of: stack[$0]) != nil }
        guard let holder = holders.last, let first = child(parts[0], of: stack[holder]) else {
            faults.append("\(template): no model has \(name)")
            return nil
        }
        if isOptional(first), holders.count > 1 {
            faults.append("\(template): where \(name) is nil an outer one is shown")
        }
        var value = unwrapped(first)
        for part in parts.dropFirst() {
            guard let inner = value.flatMap({ child(part, of: $0) }) else {
                faults.append("\(template): \(name) ends before \(part)")
                return nil
            }
            value = unwrapped(inner)
        }
        if value == nil { faults.append("\(template): the example has no \(name)") }
        return value
    }

    private func child(_ name: String, of object: Any) -> Any? {
        Mirror(reflecting: object).children.first { $0.label == name }?.value
    }

    private func isOptional(_ value: Any) -> Bool {
        Mirror(reflecting: value).displayStyle == .optional
    }

    private func unwrapped(_ value: Any) -> Any? {
        isOptional(value) ? Mirror(reflecting: value).children.first?.value : value
    }
}
