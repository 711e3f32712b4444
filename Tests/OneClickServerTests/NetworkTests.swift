import Foundation
import HTTPTypes
import Hummingbird
import OneClickClient
import SyncModel
import SyncTesting
import Testing
import WebSupport

@Suite("What stands on the way to OneClick is named", .timeLimit(.minutes(30)))
struct NetworkTests {
    let tls: TestTLS

    init() throws { tls = try TestTLS() }

    /// What a client says of a OneClick that shows this certificate.
    private func error(
        _ identity: TestAuthority.Identity, now: Timestamp = TestOneClick.midday,
        network: OneClickNetwork, _ change: @escaping @Sendable (String) -> String = { $0 }
    ) async throws -> SyncError? {
        let certificate = try tls.certificate(identity, now: now)
        return try await TestOneClick.serving(certificate: certificate, network: network) {
            oneClick in
            await syncError { try await network.ask(change(oneClick.url)) }
        }
    }

    private func expect(
        _ error: SyncError?, _ parts: [String], _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(error?.code == .unreachable, sourceLocation: location)
        #expect(error?.recovery == .retry, sourceLocation: location)
        #expect(error?.isOutcomeUnknown == false, sourceLocation: location)
        let words = error?.description ?? ""
        for part in parts {
            #expect(words.contains(part), "\(words)", sourceLocation: location)
        }
    }

    // MARK: Certificates

    @Test("An authority that this server does not know")
    func unknownAuthority() async throws {
        let other = try TestAuthority("Firewall Authority")
        let said = try await error(try other.identity(), network: try tls.network())
        expect(said, ["issued by Firewall Authority", "`certificate_authorities`"])
    }

    @Test("The system's authorities do not vouch for one of the practice's own")
    func systemAuthorities() async throws {
        let said = try await error(try tls.authority.identity(), network: OneClickNetwork())
        expect(said, ["issued by Example Practice Authority"])
    }

    @Test("An expired certificate")
    func expired() async throws {
        let past = TestAuthority.past
        let said = try await error(
            try tls.authority.identity(valid: past), now: past.lowerBound + .seconds(60),
            network: try tls.network())
        expect(said, ["expired on Fri 14 Jul 2017 02:40 UTC", "clock", "renew"])
    }

    @Test("Another server's name")
    func anotherName() async throws {
        let identity = try tls.authority.identity(
            ["cloud.example", "www.cloud.example"], isLoopback: false)
        let said = try await error(identity, network: try tls.network()) {
            $0.replacing("127.0.0.1", with: "localhost")
        }
        expect(said, ["is for cloud.example, www.cloud.example, not for localhost", "`oneclick`"])
    }

    @Test("A server that does not encrypt")
    func notEncrypted() async throws {
        try await TestOneClick.serving { oneClick in
            let url = oneClick.url.replacing("http:", with: "https:")
            expect(await syncError { try await OneClickNetwork().ask(url) }, ["https"])
        }
    }

    @Test("Authorities that cannot be read", arguments: ["nothing.pem", "rubbish.pem"])
    func unreadable(_ name: String) async throws {
        try Data("rubbish".utf8).write(to: tls.folder.url.appending(path: "rubbish.pem"))
        let network = OneClickNetwork(authorityFile: tls.folder.path(of: name))
        let error = await syncError { try await network.ask("https://127.0.0.1:1") }
        #expect(error?.code == "address")
        #expect(error?.message.contains(name) == true)
    }

    // MARK: Names and routes

    @Test("A name that leads nowhere")
    func unknownName() async throws {
        expect(
            await syncError { try await OneClickNetwork().ask("https://oneclick.invalid") },
            ["cannot be found by its name"])
    }

    // MARK: The proxy

    /// What a client says of a OneClick behind a proxy.
    private func error(
        _ manner: TestProxy.Manner, user: String? = nil, password: String? = nil
    ) async throws -> SyncError? {
        let certificate = try tls.certificate(try tls.authority.identity())
        return try await TestProxy.serving(manner) { proxy, port in
            let network = try tls.network(
                proxy: try HTTPProxy(port: port, user: user, password: password))
            return try await TestOneClick.serving(certificate: certificate, network: network) {
                oneClick in
                let error = await syncError { try await network.ask(oneClick.url) }
                #expect((error?.code == "assertion") == (proxy.connections > 0))
                return error
            }
        }
    }

    @Test("Everything goes through the proxy, with a password where it asks for one")
    func throughProxy() async throws {
        #expect(try await error(.open)?.code == "assertion")
        let asking = TestProxy.Manner.asking(user: "office", password: "s3cret: ä")
        let right = try await error(asking, user: "office", password: "s3cret: ä")
        #expect(right?.code == "assertion")
    }

    @Test("A wrong password is the proxy's word, and is not shown")
    func wrongPassword() async throws {
        let said = try await error(
            .asking(user: "office", password: "right"), user: "office", password: "wr0ng")
        expect(said, ["proxy", "does not accept the user office", "`proxy_password_file`"])
        #expect(said?.description.contains("wr0ng") == false)
    }

    @Test("A proxy that asks for a password where none is given")
    func noPassword() async throws {
        let said = try await error(.asking(user: "office", password: "right"))
        expect(said, ["asks for a user and a password", "`proxy_password_file`"])
    }

    @Test("A proxy that does not let this server out")
    func refusing() async throws {
        expect(try await error(.refusing("403 Forbidden")), ["does not connect to it"])
    }

    @Test("A proxy that is not there, and one whose name leads nowhere")
    func absentProxy() async throws {
        let absent = OneClickNetwork(proxy: try HTTPProxy(port: 1))
        let refused = await syncError { try await absent.ask("https://oneclick.example") }
        expect(refused, ["the proxy http://127.0.0.1:1 does not take connections", "`proxy`"])
        let unknown = OneClickNetwork(proxy: HTTPProxy(url: "http://proxy.invalid:3128"))
        let lost = await syncError { try await unknown.ask("https://oneclick.example") }
        expect(lost, ["the proxy http://proxy.invalid:3128 cannot be found by its name"])
    }

    @Test("Plain http does not go through a proxy")
    func plainThroughProxy() async throws {
        let network = OneClickNetwork(proxy: try HTTPProxy(port: 1))
        let error = await syncError { try await network.ask("http://127.0.0.1:8080") }
        #expect(error?.code == "address")
        #expect(error?.message.contains("plain http") == true)
    }

    @Test(
        "What is no proxy is not taken for one",
        arguments: [
            "", "proxy", "proxy:3128", "https://proxy:3128", "http://proxy", "http://proxy:0",
            "http://proxy:99999", "http://user:secret@proxy:3128", "http://@proxy:3128",
            "http://proxy:3128/path", "socks5://proxy:1080",
        ])
    func noProxy(_ url: String) {
        #expect(HTTPProxy(url: url) == nil)
    }

    @Test("A proxy shows its user, and never its password")
    func shownProxy() throws {
        var proxy = try #require(HTTPProxy(url: "http://of%20fice@[::1]:3128"))
        proxy.password = "s3cret"
        #expect(proxy.user == "of fice")
        #expect(proxy.url == "http://of%20fice@[::1]:3128")
        var text = ""
        dump(OneClickNetwork(proxy: proxy), to: &text)
        #expect(!(text + "\(proxy)" + "\(OneClickNetwork(proxy: proxy))").contains("s3cret"))
    }
}
