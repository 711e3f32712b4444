import AsyncHTTPClient
import Foundation
import HummingbirdTesting
import NIOSSL
import ServiceLifecycle
import SyncModel
import SyncTesting
import Testing
import WebSupport

@testable import ManagementConsole

@Suite(.serialized, .timeLimit(.minutes(30)))
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
        let files = CertificateFiles(chain: "chain.pem", key: "key.pem")
        try ConsoleServer.check(address, files)
    }

    @Test func `pages are served over HTTPS, and a renewed certificate is shown`() async throws {
        let folder = office.folder.url.path
        let (old, new) = (try TestAuthority("Old Authority"), try TestAuthority("New Authority"))
        try old.identity().write(to: folder)
        let (waits, isWaiting) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let (times, time) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let certificate = try ServerCertificate(
            CertificateFiles(chain: folder + "/chain.pem", key: folder + "/key.pem"),
            now: { Timestamp("2026-11-23T12:00:00Z")! }, logger: .silent,
            wait: {
                isWaiting.yield()
                guard await times.first(where: { _ in true }) != nil else {
                    throw CancellationError()
                }
            })
        let (addresses, address) = AsyncStream<String>.makeStream(
            bufferingPolicy: .bufferingOldest(1))
        let server = try ConsoleServer(
            console: office.console, address: .anyLoopbackPort, certificate: certificate,
            logger: .silent, onReady: { address.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [server], logger: .silent))
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            let url = try #require(await addresses.first { _ in true })
            #expect(url.hasPrefix("https://127.0.0.1:"))
            #expect(try await isServed(url, trusting: old))
            #expect(try await !isServed(url, trusting: new))
            _ = await waits.first { _ in true }
            try new.identity().write(to: folder)
            time.yield()
            while try await !isServed(url, trusting: new) {}
            await group.triggerGracefulShutdown()
        }
    }

    /// Over a connection of its own.
    private func isServed(_ url: String, trusting authority: TestAuthority) async throws -> Bool {
        var tls = TLSConfiguration.makeClientConfiguration()
        let trusted = try NIOSSLCertificate(bytes: Array(try authority.pem.utf8), format: .pem)
        tls.trustRoots = .certificates([trusted])
        return try await HTTPClient.withHTTPClient(configuration: .init(tlsConfiguration: tls)) {
            let request = HTTPClientRequest(url: url + "/sign-in")
            return (try? await $0.execute(request, timeout: .seconds(20)))?.status == .ok
        }
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
