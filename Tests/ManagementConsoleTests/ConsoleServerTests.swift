import Foundation
import HummingbirdTesting
import SyncModel
import Testing
import WebSupport

@testable import ManagementConsole

@Suite(.serialized, .timeLimit(.minutes(5)))
struct ConsoleServerTests {
    let office: TestConsole

    init() throws { office = try TestConsole() }

    @Test(arguments: ["0.0.0.0:8080", "[::]:8080", "192.168.1.5:8080", "srv.example:8080"])
    func `nothing but this machine is served without a certificate`(_ text: String) throws {
        let address = try ListenAddress(text)
        let error = #expect(throws: SyncError.self) {
            try ConsoleServer(
                console: office.console, address: address, certificate: nil,
                logger: .silent)
        }
        #expect(error?.message.contains("without a certificate") == true)
        #expect(error?.hint.contains("console_certificate") == true)
        let files = ConsoleServer.Certificate(chainFile: "chain.pem", keyFile: "key.pem")
        try ConsoleServer.check(address, files)
    }

    @Test func `a certificate that cannot be read is named`() throws {
        let chain = office.folder.path(of: "chain.pem")
        try Data("no certificate".utf8).write(to: URL(filePath: chain))
        let error = #expect(throws: SyncError.self) {
            try ConsoleServer(
                console: office.console, address: .anyLoopbackPort,
                certificate: .init(
                    chainFile: chain, keyFile: office.folder.path(of: "nothing.pem")),
                logger: .silent)
        }
        #expect(error?.message.contains(chain) == true)
    }

    @Test func `people sign in over a real connection`() async throws {
        let server = try ConsoleServer(
            console: office.console, address: .anyLoopbackPort, certificate: nil,
            logger: .silent)
        try await server.application.test(.live) { client in
            let form = TestConsole.form([("login", "jane"), ("password", TestCentral.password)])
            let signedIn = try await client.execute(
                uri: "/sign-in", method: .post, body: .init(string: form))
            #expect(signedIn.status == .seeOther)
            let cookie = try #require(signedIn.headers[.setCookie]).prefix { $0 != ";" }
            let page = try await client.execute(
                uri: "/console", method: .get, headers: [.cookie: String(cookie)])
            #expect(page.status == .ok)
            #expect(String(buffer: page.body).contains("SyncWorker Service Status"))
            let refused = try await client.execute(uri: "/console", method: .get)
            #expect(refused.headers[.location] == "/sign-in?next=/console")
        }
    }

    @Test func `each address has its own guesses`() async throws {
        let server = try ConsoleServer(
            console: office.console, address: .anyLoopbackPort, certificate: nil,
            logger: .silent)
        try await server.application.test(.live) { client in
            let form = TestConsole.form([("login", "jane"), ("password", "wrong")])
            for _ in 0..<6 {
                _ = try await client.execute(
                    uri: "/sign-in", method: .post, body: .init(string: form))
            }
        }
        let fields: KeyValuePairs = ["login": "jane", "password": TestCentral.password]
        #expect(try await office.post("/sign-in", fields).status == 303)
    }
}
