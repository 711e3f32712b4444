import Foundation
import SyncModel
import SyncTesting
import Testing

@testable import OneClickClient
@testable import syncworker

struct NetworkSettingsTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func write(_ text: String, _ name: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: folder.url.appending(path: name))
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: folder.path(of: name))
    }

    private func read(
        _ lines: String, oneclick: String = "https://oneclick.example"
    ) async throws -> Settings {
        try write(
            """
            central: sqlite:central.db
            oneclick: \(oneclick)
            practice: 7
            installation: abc
            \(lines)
            """, "syncworker.yaml")
        return try await Settings.read(folder.path(of: "syncworker.yaml"), environment: [:])
    }

    private func mistakes(_ lines: String, oneclick: String = "https://oneclick.example") async
        -> String
    {
        let error = await #expect(throws: SyncError.self) {
            try await read(lines, oneclick: oneclick)
        }
        #expect(error?.code == .usage)
        return error?.message ?? ""
    }

    @Test func `without a word the way is the internet and the authorities are the system's`()
        async throws
    {
        let settings = try await read("")
        #expect(settings.network == OneClickNetwork())
        #expect(settings.network.shown["proxy"] == "(none)")
    }

    @Test func `a proxy, its password and authorities are read beside the configuration`()
        async throws
    {
        try write("s3cret\n", "proxy.password")
        try write(try TestAuthority("Own").pem, "own.pem", mode: 0o644)
        let settings = try await read(
            """
            proxy: http://office@proxy.example:3128
            proxy_password_file: proxy.password
            certificate_authorities: own.pem
            """)
        let proxy = try #require(settings.network.proxy)
        #expect(proxy.host == "proxy.example" && proxy.port == 3128)
        #expect(proxy.user == "office" && proxy.password == "s3cret")
        #expect(settings.network.authorityFile == folder.path(of: "own.pem"))
        #expect(settings.proxyPasswordFile == folder.path(of: "proxy.password"))
        #expect(!"\(settings) \(settings.network.shown)".contains("s3cret"))
    }

    @Test func `all that is wrong with the way is said at once`() async throws {
        try write("s3cret", "open.password", mode: 0o640)
        try write("no certificate", "own.pem")
        let said = await mistakes(
            """
            proxy: http://office@proxy.example:3128
            proxy_password_file: open.password
            certificate_authorities: own.pem
            """, oneclick: "http://oneclick.example")
        for part in [
            "which others than its owner may read or write; run `chmod 600 ",
            "certificate_authorities is \"\(folder.path(of: "own.pem"))\"; expected",
            #"oneclick is "http://oneclick.example"; expected an address, https://"#,
            "is plain http, which would send the practice's data unencrypted",
        ] {
            #expect(said.contains(part), "\(said)")
        }
    }

    @Test func `a password in the address is refused and not shown`() async {
        let said = await mistakes("proxy: http://office:s3cret@proxy.example:3128")
        #expect(said.contains("proxy is an address with a user in it; expected"))
        #expect(!said.contains("s3cret"))
        let address = await mistakes("", oneclick: "https://me:s3cret@oneclick.example")
        #expect(!address.contains("s3cret"))
    }

    @Test func `a user and a password need each other`() async throws {
        try write("s3cret", "proxy.password")
        #expect(
            await mistakes("proxy: http://office@proxy.example:3128").contains(
                "proxy names a user, and proxy_password_file is missing."))
        let alone = "proxy_password_file is given without a user in proxy"
        #expect(await mistakes("proxy_password_file: proxy.password").contains(alone))
        let nobody = "proxy: http://proxy.example:3128\nproxy_password_file: proxy.password"
        #expect(await mistakes(nobody).contains(alone))
    }

    @Test func `plain http does not go through a proxy`() async {
        let said = await mistakes(
            "proxy: http://proxy.example:3128", oneclick: "http://127.0.0.1:8080")
        #expect(said.contains("which the proxy http://proxy.example:3128 would get to read"))
    }

    @Test func `the command line's mistakes are named as it names them`() throws {
        let arguments = [
            "--central", "sqlite:central.db", "--oneclick", "http://oneclick.example", "--code",
            "A",
            "--proxy", "proxy", "--certificate-authorities", "/nowhere.pem",
        ]
        let error = #expect(throws: (any Error).self) { try Initialise.parse(arguments) }
        let said = error.map { Initialise.message(for: $0) } ?? ""
        for part in [
            "--proxy is \"proxy\"", "--certificate-authorities is \"/nowhere.pem\"",
            "--oneclick is \"http://oneclick.example\"",
        ] {
            #expect(said.contains(part), "\(said)")
        }
    }

    @Test func `the way is told hop by hop, and ends with what to do`() {
        let hops = [
            Hop(hop: .name, outcome: .ok, message: "Found.", milliseconds: 3),
            Hop(
                hop: .route, outcome: .failed, message: "No way.", hint: "Dig one.",
                milliseconds: 12),
            Hop(hop: .proxy, outcome: .notReached, message: ""),
        ]
        #expect(
            Connect.Check.text(hops, "https://oneclick.example") == """
                The way to OneClick at https://oneclick.example:

                Name   ok           3 ms   Found.
                Route  FAILED       12 ms  No way.
                Proxy  not reached

                What to do about "Route": Dig one.
                """)
    }
}
