extension Rule {
    /// The house of ARCHITECTURE.md: which of the project's modules each may import. Executables
    /// wire, and may import all; tests too.
    static let house: [String: Set<String>] = [
        "SyncModel": [],
        "SyncProtocol": ["SyncModel", "CZstd"],
        "SyncEngine": ["SyncModel", "SyncProtocol"],
        "SQLDrivers": ["SyncModel"],
        "Observability": [],
        "CatalogueResource": [],
        "WebResource": [],
        "Catalogue": ["SyncModel", "SyncProtocol", "CatalogueResource"],
        // Adapters: they never import each other.
        "Central": ["SyncModel", "SyncProtocol", "SyncEngine", "Catalogue", "SQLDrivers"],
        "OneClickClient": ["SyncModel", "SyncProtocol", "SyncEngine"],
        "OneClickStore": ["SyncModel", "SyncProtocol", "SQLDrivers"],
        "Vault": ["SyncModel", "SyncProtocol"],
        // Services.
        "OneClickServer": [
            "SyncModel", "SyncProtocol", "OneClickStore", "WebSupport", "Observability",
        ],
        "PortalService": [
            "SyncModel", "SyncProtocol", "SyncEngine", "SQLDrivers", "Observability",
        ],
        "Alerts": ["SyncModel", "SyncProtocol", "SyncEngine", "Observability"],
        "WebSupport": ["SyncModel", "SQLDrivers", "WebResource", "Observability"],
        "ManagementConsole": [
            "SyncModel", "SyncProtocol", "SyncEngine", "Central", "PortalService", "WebSupport",
            "Observability",
        ],
        "SampleOffice": [],
        "SyncTesting": [
            "SyncModel", "SyncProtocol", "SyncEngine", "Catalogue", "Central", "OneClickStore",
            "SampleOffice", "SQLDrivers", "CZstd",
        ],
    ]

    static let executables: Set<String> = [
        "syncworker", "oneclick", "central-sample", "syncworker-sim",
    ]

    /// Modules without I/O: whatever else they import is named here.
    static let withoutInputOutput: [String: Set<String>] = [
        "SyncModel": [], "SyncProtocol": ["Crypto", "Foundation"],
        "SyncEngine": ["Synchronization"],
    ]

    static let imports: [Rule] = [
        Rule(
            "imports point one way",
            remedy: "Model <- protocol <- engine <- adapters <- services <- executables, and no "
                + "adapter another: see ARCHITECTURE.md and `Rule.house`.",
            for: { $0.isSource && !executables.contains($0.module) }
        ) { file in
            guard let allowed = house[file.module] else {
                return [Breach(line: 1, what: "`Rule.house` does not know \(file.module)")]
            }
            let modules = Set(house.keys).union(executables).union(["CZstd"])
            return file.imported.filter { modules.contains($0.module) }
                .filter { !allowed.contains($0.module) }.map(\.breach)
        },
        Rule(
            "no input and output inside",
            remedy: "Model, protocol and engine do no I/O: pass it in through a port.",
            for: { $0.isSource && withoutInputOutput[$0.module] != nil }
        ) { file in
            let allowed = withoutInputOutput[file.module, default: []]
                .union(house[file.module, default: []])
            return file.imported.filter { !allowed.contains($0.module) }.map(\.breach)
        },
    ]
}

extension SourceText {
    struct Import {
        var module: String
        var line: Int

        var breach: Rule.Breach { Rule.Breach(line: line, what: "imports \(module)") }
    }

    /// What the file imports, in order.
    var imported: [Import] {
        let pattern = Rule.regex(
            #"^\s*(?:@\w+\s+|public\s+|internal\s+|package\s+|fileprivate\s+|private\s+)*import\s+"#
                + #"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)"#)
        return code.indices.compactMap { index in
            code[index].firstMatch(of: pattern)?[1].substring.map {
                Import(module: String($0), line: index + 1)
            }
        }
    }
}
