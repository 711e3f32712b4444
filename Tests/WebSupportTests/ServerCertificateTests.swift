import Foundation
import Logging
import SyncModel
import SyncTesting
import Synchronization
import Testing

@testable import WebSupport

struct ServerCertificateTests {
    let folder: TestFolder
    let authority: TestAuthority

    init() throws {
        folder = try TestFolder()
        authority = try TestAuthority("Example Authority")
    }

    private static let now = Timestamp("2026-11-23T12:00:00Z")!
    private var files: CertificateFiles {
        CertificateFiles(chain: folder.path(of: "chain.pem"), key: folder.path(of: "key.pem"))
    }

    private func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: folder.path(of: name)))
    }

    enum Fault: CaseIterable {
        case noChain, noKey, chainIsFolder, keyIsFolder, chainIsRubbish, chainIsKey, keyIsRubbish
        case keyIsCertificate, keyWithPassphrase, anotherKey, readable, writable, expired, tooEarly

        var words: String {
            switch self {
            case .noChain: "The certificate "
            case .noKey: "The key "
            case .chainIsFolder, .keyIsFolder: " cannot be read."
            case .chainIsRubbish, .chainIsKey: "chain.pem holds no certificate in PEM."
            case .keyIsRubbish, .keyIsCertificate, .keyWithPassphrase:
                "key.pem holds no private key in PEM, or one with a passphrase."
            case .anotherKey: "is not that of the first certificate"
            case .readable, .writable: "may be read or written by others than its owner"
            case .expired: "expired on Fri 14 Jul 2017 02:40 UTC"
            case .tooEarly: "is valid from Tue 2 Oct 2096 07:06 UTC on only"
            }
        }
    }

    private func make(_ fault: Fault) throws {
        let whole = try authority.identity()
        try whole.write(to: folder.url.path)
        let files = FileManager.default
        switch fault {
        case .noChain: try files.removeItem(atPath: self.files.chain)
        case .noKey: try files.removeItem(atPath: self.files.key)
        case .chainIsFolder:
            try files.removeItem(atPath: self.files.chain)
            try files.createDirectory(atPath: self.files.chain, withIntermediateDirectories: true)
        case .keyIsFolder:
            try files.removeItem(atPath: self.files.key)
            try files.createDirectory(atPath: self.files.key, withIntermediateDirectories: true)
        case .chainIsRubbish: try write("rubbish", "chain.pem")
        case .chainIsKey: try write(whole.key, "chain.pem")
        case .keyIsRubbish: try write("rubbish", "key.pem")
        case .keyIsCertificate: try write(whole.chain, "key.pem")
        case .keyWithPassphrase:
            try write(
                whole.key.replacing("PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY"), "key.pem")
        case .anotherKey: try write(try authority.identity().key, "key.pem")
        case .readable: try allow(0o640)
        case .writable: try allow(0o602)
        case .expired:
            try authority.identity(valid: TestAuthority.past).write(to: folder.url.path)
        case .tooEarly:
            let end = TestAuthority.always.upperBound
            try authority.identity(valid: end..<end + .seconds(60)).write(to: folder.url.path)
        }
    }

    private func allow(_ mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: files.key)
    }

    @Test(arguments: Fault.allCases)
    func `files that cannot be used are refused, each in its own words`(_ fault: Fault) throws {
        try make(fault)
        let error = #expect(throws: SyncError.self) {
            try ServerCertificate(files, now: { Self.now }, logger: Logger(label: "none"))
        }
        #expect(error?.code == "certificate")
        #expect(error?.message.contains(fault.words) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(folder.url.path) == true)
        #expect(error?.hint.isEmpty == false)
    }

    @Test func `a key may be a link to a file that only its owner may read`() throws {
        try authority.identity().write(to: folder.url.path)
        let link = folder.path(of: "link.pem")
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: files.key)
        let linked = CertificateFiles(chain: files.chain, key: link)
        _ = try linked.read(now: Self.now)
        try allow(0o644)
        #expect(throws: SyncError.self) { try linked.read(now: Self.now) }
    }

    @Test func `the log says once what is wrong with the files, and that it is over`()
        async throws
    {
        let log = TestLog()
        try authority.identity().write(to: folder.url.path)
        let certificate = try ServerCertificate(files, now: { Self.now }, logger: log.logger)
        await certificate.look()
        #expect(log.lines.isEmpty)
        try write("rubbish", "chain.pem")
        await certificate.look()
        await certificate.look()
        #expect(log.lines.count == 1)
        #expect(log.lines.last?.contains("chain.pem holds no certificate") == true)
        try FileManager.default.removeItem(atPath: files.chain)
        await certificate.look()
        #expect(log.lines.last?.contains("chain.pem is not there") == true)
        try authority.identity().write(to: folder.url.path)
        await certificate.look()
        await certificate.look()
        #expect(log.lines.count == 3)
        #expect(log.lines.last?.contains("New connections see the new certificate") == true)
    }

    @Test func `a certificate that expires while it is shown is said`() async throws {
        let log = TestLog()
        let time = Mutex(Self.now)
        try authority.identity().write(to: folder.url.path)
        let certificate = try ServerCertificate(
            files, now: { time.withLock { $0 } }, logger: log.logger)
        time.withLock { $0 = TestAuthority.always.upperBound }
        await certificate.look()
        #expect(log.lines.last?.contains("expired") == true)
    }
}

/// Keeps what is logged.
private final class TestLog: Sendable {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock { $0 } }
    var logger: Logger { Logger(label: "test", factory: { _ in Handler(log: self) }) }

    private struct Handler: LogHandler {
        let log: TestLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            log.kept.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
        }
    }
}
