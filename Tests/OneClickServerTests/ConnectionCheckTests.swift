import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import SyncModel
import SyncProtocol
import SyncTesting
import Testing

@testable import OneClickClient

@Suite("The check of the connection names the hop that fails", .timeLimit(.minutes(30)))
struct ConnectionCheckTests {
    let tls: TestTLS

    init() throws { tls = try TestTLS() }

    /// OneClick's answers name the machine's time.
    private static let clock: @Sendable () -> Timestamp = {
        Timestamp(microsecondsSince1970: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }

    private func hops(
        _ url: String, _ network: OneClickNetwork,
        now: @escaping @Sendable () -> Timestamp = Self.clock,
        askStatus: @escaping @Sendable (OneClickLine) async throws -> Void = { _ in }
    ) async throws -> [Hop] {
        try await network.withLine(now: now) { line in
            try await ConnectionCheck(
                url: url, installation: InstallationID(rawValue: "i"), line: line,
                askStatus: {
                    try await askStatus(line)
                    return Self.status
                }
            ).hops()
        }
    }

    private static let status = StatusAnswer(
        practiceName: "Example & Co", version: 1, lastCommittedAt: nil, rows: [:], checkpoints: [:],
        exceptions: [], waiting: [:], lineageQuestion: nil)

    /// All before it are good, none behind it is reached, and it says what to do.
    private func expect(
        _ hops: [Hop], fail name: Hop.Name, _ parts: [String],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(hops.map(\.hop) == Hop.Name.allCases, sourceLocation: location)
        let index = try #require(Hop.Name.allCases.firstIndex(of: name))
        let outcomes = hops.map(\.outcome)
        let failed = hops[index]
        #expect(
            outcomes[..<index].allSatisfy { $0 == .ok }, "\(hops)", sourceLocation: location)
        #expect(failed.outcome == .failed, "\(hops)", sourceLocation: location)
        #expect(
            outcomes[(index + 1)...].allSatisfy { $0 == .notReached }, sourceLocation: location)
        #expect(hops.allSatisfy { ($0.milliseconds == nil) == ($0.outcome == .notReached) })
        for part in parts {
            let words = "\(failed.message) \(failed.hint ?? "")"
            #expect(words.contains(part), "\(words)", sourceLocation: location)
        }
        #expect(failed.hint?.isEmpty == false, sourceLocation: location)
    }

    /// A OneClick behind TLS and a proxy with a password.
    private func serving<T: Sendable>(
        _ identity: TestAuthority.Identity? = nil, now: Timestamp = TestOneClick.midday,
        password: String = "right",
        _ body:
            @escaping @Sendable (_ oneClick: TestOneClick, _ network: OneClickNetwork)
            async throws -> T
    ) async throws -> T {
        let certificate = try tls.certificate(
            try identity ?? tls.authority.identity(), now: now)
        return try await TestProxy.serving(.asking(user: "office", password: "right")) {
            _, port in
            let network = try tls.network(
                proxy: try HTTPProxy(port: port, user: "office", password: password))
            return try await TestOneClick.serving(certificate: certificate, network: network) {
                try await body($0, network)
            }
        }
    }

    @Test("Where all is well, every hop says so, and OneClick is as it was")
    func allIsWell() async throws {
        try await serving { oneClick, network in
            let office = try await oneClick.enrolled("Example & Co")
            let before = try await office.client.status()
            let hops = try await hops(oneClick.url, network, now: Self.clock) { _ in
                _ = try await office.client.status()
            }
            #expect(hops.allSatisfy { $0.outcome == .ok && $0.hint == nil }, "\(hops)")
            let words = hops.map(\.message).joined(separator: "\n")
            for part in [
                "127.0.0.1", "http://office@127.0.0.1", "localhost, 127.0.0.1",
                "Tue 2 Oct 2096", "Example Practice Authority", "It is OneClick",
                "The two clocks agree", "for Example & Co",
            ] {
                #expect(words.contains(part), "\(words)")
            }
            #expect(!words.contains("right"))
            #expect(try await office.client.status() == before)
        }
    }

    @Test("On this machine itself nothing has to be encrypted")
    func loopback() async throws {
        try await TestOneClick.serving { oneClick in
            let hops = try await hops(oneClick.url, OneClickNetwork())
            #expect(hops.allSatisfy { $0.outcome == .ok }, "\(hops)")
        }
    }

    @Test("A name that leads nowhere")
    func name() async throws {
        let hops = try await hops("https://oneclick.invalid", OneClickNetwork())
        try expect(hops, fail: .name, ["https://oneclick.invalid cannot be found by its name"])
    }

    @Test("A server that takes no connections")
    func route() async throws {
        let hops = try await hops("https://127.0.0.1:1", OneClickNetwork())
        try expect(hops, fail: .route, ["does not take connections", "firewall"])
    }

    @Test("A proxy that is not there")
    func absentProxy() async throws {
        let network = OneClickNetwork(proxy: try HTTPProxy(port: 1))
        let hops = try await hops("https://oneclick.example", network)
        try expect(hops, fail: .route, ["the proxy http://127.0.0.1:1 does not take connections"])
    }

    @Test("A proxy that refuses the password")
    func proxyPassword() async throws {
        try await serving(password: "wr0ng") { oneClick, network in
            let hops = try await hops(oneClick.url, network)
            try expect(hops, fail: .proxy, ["does not accept the user office"])
            #expect(!"\(hops)".contains("wr0ng"))
        }
    }

    @Test("A proxy that does not let this server out")
    func proxyRefuses() async throws {
        try await TestProxy.serving(.refusing("403 Forbidden")) { _, port in
            let network = OneClickNetwork(proxy: try HTTPProxy(port: port))
            let hops = try await hops("https://oneclick.example", network)
            try expect(hops, fail: .proxy, ["does not connect to it (HTTP 403)"])
        }
    }

    @Test("A certificate of another authority")
    func authority() async throws {
        let other = try TestAuthority("Firewall Authority")
        try await serving(try other.identity()) { oneClick, network in
            try expect(
                try await hops(oneClick.url, network), fail: .tls, ["issued by Firewall Authority"])
        }
    }

    @Test("A certificate that has expired")
    func expired() async throws {
        let past = TestAuthority.past
        let identity = try tls.authority.identity(valid: past)
        try await serving(identity, now: past.lowerBound) { oneClick, network in
            try expect(try await hops(oneClick.url, network), fail: .tls, ["expired on"])
        }
    }

    @Test("A certificate for another name")
    func anotherName() async throws {
        let identity = try tls.authority.identity(["cloud.example"], isLoopback: false)
        try await serving(identity) { oneClick, network in
            try expect(
                try await hops(oneClick.url, network), fail: .tls,
                ["is for cloud.example, not for 127.0.0.1"])
        }
    }

    @Test("A server that does not encrypt")
    func notEncrypted() async throws {
        try await TestOneClick.serving { oneClick in
            let url = oneClick.url.replacing("http:", with: "https:")
            try expect(try await hops(url, OneClickNetwork()), fail: .tls, ["https"])
        }
    }

    @Test(
        "Something else than OneClick",
        arguments: ["<html>Welcome</html>", #"{"status":"paid"}"#])
    func anotherServer(_ body: String) async throws {
        try await answeringAlways {
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
        } _: { url in
            try expect(
                try await hops(url, OneClickNetwork()), fail: .answer,
                ["Something else than OneClick", "captive portal"])
        }
    }

    @Test("A clock that is wrong, either way", arguments: [-3600, 3600])
    func clocks(_ seconds: Int) async throws {
        try await TestOneClick.serving { oneClick in
            let hops = try await hops(
                oneClick.url, OneClickNetwork(), now: { Self.clock() + .seconds(seconds) })
            try expect(
                hops, fail: .time, [seconds > 0 ? "s ahead" : "s behind", "up to 60 s", "Set"])
        }
    }

    @Test("An installation that OneClick does not accept")
    func enrolment() async throws {
        try await TestOneClick.serving { oneClick in
            let hops = try await hops(oneClick.url, OneClickNetwork(), now: Self.clock) { line in
                _ = try await OneClickClient(
                    url: oneClick.url, installation: InstallationID(rawValue: "i"),
                    key: InstallationKey(), now: { oneClick.now }, line: line
                ).status()
            }
            try expect(hops, fail: .enrolment, ["does not accept", "enrol"])
        }
    }

    @Test(
        "The date of an answer is read",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Sat, 28 Nov 2026 17:23:44 GMT", "2026-11-28T17:23:44Z"),
        ])
    func date(_ text: String, _ time: String) {
        #expect(Timestamp(httpDate: text) == Timestamp(time))
    }

    @Test(
        "What is no date of an answer is none",
        arguments: [
            "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "a b c d e f",
        ])
    func noDate(_ text: String) {
        #expect(Timestamp(httpDate: text) == nil)
    }
}
