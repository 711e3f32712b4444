// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: ["README.md"], swiftSettings: strict)
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies + [
            .product(name: "ArgumentParser", package: "swift-argument-parser")
        ],
        exclude: ["README.md"], swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies,
        swiftSettings: [.enableUpcomingFeature("ExistentialAny"), .treatAllWarnings(as: .error)])
}

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioExtras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let unixSignals = Target.Dependency.product(
    name: "UnixSignals", package: "swift-service-lifecycle")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")

let package = Package(
    name: "syncworker",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "syncworker", targets: ["syncworker"]),
        .executable(name: "oneclick", targets: ["oneclick"]),
        .executable(name: "central-sample", targets: ["central-sample"]),
        .executable(name: "syncworker-sim", targets: ["syncworker-sim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: ["YAML", "CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        // Already below the packages above; named because sources import their modules.
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.0.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.0.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.0.0"),
    ],
    targets: [
        // The house, from the inside out. Imports point one way only: see ARCHITECTURE.md.
        module("SyncModel", [crypto]),
        module("SyncProtocol", ["SyncModel", "CZstd", crypto]),
        module("SyncEngine", ["SyncModel", "SyncProtocol"]),
        module("SQLDrivers", ["SyncModel", grdb, sqlite]),
        module(
            "Catalogue",
            [
                "SyncModel", "SyncProtocol", "CatalogueResource",
                .product(name: "Yams", package: "Yams"),
            ]),
        module(
            "Central",
            ["SyncModel", "SyncProtocol", "SyncEngine", "Catalogue", "SQLDrivers", grdb, crypto]),
        module(
            "OneClickClient",
            [
                "SyncModel", "SyncProtocol", "SyncEngine",
                asn1, httpClient, jwt, nio, nioExtras, nioHTTP, nioPosix, nioSSL, nioTLS, x509,
            ]),
        module("OneClickStore", ["SyncModel", "SyncProtocol", "SQLDrivers", grdb]),
        module("Vault", ["SyncModel", "SyncProtocol", crypto]),
        module(
            "OneClickServer",
            [
                "SyncModel", "SyncProtocol", "OneClickStore", "Observability", "WebSupport",
                hummingbird, httpTypes, jwt, logging, lifecycle, nio,
            ]),
        module(
            "PortalService",
            [
                "SyncModel", "SyncProtocol", "SyncEngine", "SQLDrivers", "Observability", grdb,
                lifecycle, logging,
            ]),
        module(
            "Alerts",
            [
                "SyncModel", "SyncProtocol", "SyncEngine", "Observability", crypto, lifecycle,
                logging, nio, nioHTTP, nioPosix, nioSSL, httpClient, nioTLS,
            ]),
        module("Observability", [logging]),
        module(
            "WebSupport",
            [
                "SyncModel", "SQLDrivers", "Observability", "WebResource", hummingbird,
                hummingbirdTLS, httpTypes, nio, nioSSL, crypto, grdb, lifecycle, logging,
                unixSignals,
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Mustache", package: "swift-mustache"),
            ]),
        module(
            "ManagementConsole",
            [
                "SyncModel", "SyncProtocol", "SyncEngine", "Central", "PortalService", "WebSupport",
                "Observability", hummingbird, httpTypes, logging, lifecycle, nio, nioHTTP,
                httpClient,
            ]),
        module("SampleOffice", [grdb, sqlite, crypto]),
        module(
            "SyncTesting",
            [
                "SyncModel", "SyncProtocol", "SyncEngine", "Catalogue", "Central", "OneClickStore",
                "SampleOffice", "SQLDrivers", "CZstd", grdb, crypto, asn1, x509,
            ]),
        .target(name: "CatalogueResource", exclude: ["catalogue.yaml"]),
        .target(name: "WebResource", exclude: ["files"]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        tool(
            "syncworker",
            [
                "Alerts", "Catalogue", "Central", "ManagementConsole", "OneClickClient",
                "PortalService", "SyncEngine", "SyncModel", "SyncProtocol", "Observability",
                "WebSupport", lifecycle, logging, unixSignals,
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Yams", package: "Yams"),
            ]),
        tool(
            "oneclick",
            [
                "Catalogue", "OneClickServer", "OneClickStore", "SyncModel", "SyncProtocol",
                "Observability", "Vault", "WebSupport", lifecycle, logging, unixSignals,
            ]),
        tool("central-sample", ["SampleOffice", grdb]),
        tool("syncworker-sim", ["SyncTesting", "Catalogue"]),
        .testTarget(
            name: "SyncProtocolTests", dependencies: ["SyncModel", "SyncProtocol"],
            exclude: ["Golden"],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"), .treatAllWarnings(as: .error),
            ]
        ),
        tests("SampleOfficeTests", ["SampleOffice", grdb]),
        tests(
            "SynchronisationTests",
            [
                "SyncModel", "SyncProtocol", "SyncEngine", "Central", "OneClickStore",
                "SyncTesting",
                "SampleOffice", "Vault", grdb,
            ]),
        tests(
            "ConformanceTests",
            [
                "Catalogue", "OneClickStore", "SyncEngine", "SyncModel", "SyncProtocol",
                "SyncTesting",
            ]),
        tests(
            "OneClickStoreTests",
            [
                "Catalogue", "Central", "OneClickStore", "SyncEngine", "SyncModel", "SyncProtocol",
                "SyncTesting", crypto, grdb,
            ]),
        tests("SimulationTests", ["SyncTesting", "Catalogue", grdb]),
        tests("TidyTests", []),
        tests("VaultTests", ["Vault", "SyncModel", "SyncProtocol"]),
        tests("SyncEngineTests", ["SyncEngine", "SyncModel"]),
        tests(
            "SyncWorkerTests",
            ["syncworker", "Alerts", "OneClickClient", "SyncModel", "SyncTesting"]),
        tests(
            "AlertsTests",
            [
                "Alerts", "SyncEngine", "SyncModel", "SyncProtocol", crypto, hummingbird,
                httpTypes, lifecycle, logging, nio, nioPosix, nioSSL,
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
                x509,
            ]),
        tests(
            "PortalServiceTests",
            [
                "PortalService", "SyncEngine", "SyncModel", grdb, lifecycle, logging,
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ]),
        tests(
            "WebSupportTests",
            [
                "WebSupport", "SyncModel", "SyncTesting", hummingbird, httpTypes, nio, logging,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ]),
        tests(
            "ManagementConsoleTests",
            [
                "ManagementConsole", "WebSupport", "PortalService", "SyncEngine", "SyncModel",
                "SyncProtocol", "Catalogue", "Central", "SampleOffice", "SyncTesting", hummingbird,
                httpTypes, nio, nioSSL, lifecycle, logging, grdb, httpClient,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]),
        tests(
            "OneClickServerTests",
            [
                "OneClickServer", "OneClickClient", "OneClickStore", "SyncEngine", "SyncModel",
                "SyncProtocol", "SyncTesting", "WebSupport", hummingbird, httpTypes, jwt, logging,
                lifecycle, nio, nioHTTP, nioPosix, grdb, httpClient,
            ]),
    ],
    cLanguageStandard: .gnu2x
)
