import Foundation
import OneClickClient
import SyncModel
import SyncTesting
import Testing

@testable import OneClickServer
@testable import WebSupport

@Suite("OneClick speaks HTTPS", .timeLimit(.minutes(30)))
struct EncryptionTests {
    let tls: TestTLS

    init() throws { tls = try TestTLS() }

    @Test("A practice is enrolled and synchronises over HTTPS, by a name and by an address")
    func endToEnd() async throws {
        let certificate = try tls.certificate(try tls.authority.identity())
        try await TestOneClick.serving(certificate: certificate, network: try tls.network()) {
            oneClick in
            #expect(oneClick.url.hasPrefix("https://127.0.0.1:"))
            let office = try await oneClick.enrolled()
            let (_, run) = try await office.open("run-1")
            #expect(try await office.settledState(of: run) == .open)
            #expect(try await office.client.status().practiceName == "Example & Co")
            let named = oneClick.url.replacing("127.0.0.1", with: "localhost")
            #expect(try await tls.network().reaches(named))
        }
    }

    @Test("Only this machine is served without a certificate, and both ways out are named")
    func needsCertificate() throws {
        let address = try ListenAddress("0.0.0.0:8080")
        let error = #expect(throws: SyncError.self) {
            try OneClickServer.check(address, isSecure: false)
        }
        #expect(error?.message.contains("unencrypted") == true)
        #expect(error?.hint.contains("--certificate") == true)
        #expect(error?.hint.contains("proxy") == true)
        try OneClickServer.check(address, isSecure: true)
        try OneClickServer.check(try ListenAddress("127.0.0.1:8080"), isSecure: false)
    }

    @Test("TLS 1.1 is refused")
    func oldVersion() async throws {
        let certificate = try tls.certificate(try tls.authority.identity())
        try await TestOneClick.serving(certificate: certificate, network: try tls.network()) {
            oneClick in
            let port = try #require(URLComponents(string: oneClick.url)?.port)
            #expect(try await Handshake.succeeds(port: port, .tlsv12))
            #expect(try await !Handshake.succeeds(port: port, .tlsv11))
        }
    }

    // MARK: A renewed certificate

    /// Serves with a certificate of this authority; `body` may then put another one in its place.
    private func serving(
        _ certificate: ServerCertificate, _ body: @Sendable (TestOneClick) async throws -> Void
    ) async throws {
        try await TestOneClick.serving(
            certificate: certificate, network: try tls.network(), body)
    }

    @Test("New connections see a renewed certificate while an open one goes on")
    func renewed() async throws {
        let certificate = try tls.certificate(try tls.authority.identity())
        let other = try TestAuthority("Another Authority")
        try await serving(certificate) { oneClick in
            // Its connection stays open: a new one would not be trusted any more.
            let office = try await oneClick.enrolled()
            try other.identity().write(to: tls.folder.url.path)
            await certificate.look()
            _ = try await office.client.status()
            #expect(try await tls.network(trusting: other).reaches(oneClick.url))
            #expect(try await !tls.network().reaches(oneClick.url))
        }
    }

    @Test("Files that cannot be used leave the certificate before in force")
    func broken() async throws {
        let certificate = try tls.certificate(try tls.authority.identity())
        try await serving(certificate) { oneClick in
            let other = try TestAuthority("Another Authority").identity()
            // Half of a renewal: the chain is new, the key is old.
            try Data(other.chain.utf8).write(to: URL(filePath: tls.files.chain))
            await certificate.look()
            #expect(try await tls.network().reaches(oneClick.url))
            try Data("rubbish".utf8).write(to: URL(filePath: tls.files.chain))
            await certificate.look()
            #expect(try await tls.network().reaches(oneClick.url))
            try FileManager.default.removeItem(atPath: tls.files.chain)
            await certificate.look()
            #expect(try await tls.network().reaches(oneClick.url))
        }
    }

    enum Occasion: CaseIterable { case time, hangup }

    @Test("It is looked at as time goes by, and on SIGHUP", arguments: Occasion.allCases)
    func looks(_ occasion: Occasion) async throws {
        let (times, time) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let (waits, isWaiting) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let certificate = try tls.certificate(
            try tls.authority.identity(),
            wait: {
                isWaiting.yield()
                guard await times.first(where: { _ in true }) != nil else {
                    throw CancellationError()
                }
            })
        let other = try TestAuthority("Another Authority")
        try await serving(certificate) { oneClick in
            // From here on the signal is caught.
            _ = await waits.first { _ in true }
            try other.identity().write(to: tls.folder.url.path)
            let trusting = try tls.network(trusting: other)
            #expect(await !trusting.reaches(oneClick.url))
            switch occasion {
            case .time: time.yield()
            case .hangup: kill(getpid(), SIGHUP)
            }
            while await !trusting.reaches(oneClick.url) {}
        }
    }
}
