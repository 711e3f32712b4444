import Foundation
import Logging
import OneClickClient
import SyncModel
import SyncTesting
import WebSupport

/// Certificates in files of one test's own, and a OneClick that shows one of them.
struct TestTLS: Sendable {
    let folder: TestFolder
    let authority: TestAuthority

    init() throws {
        folder = try TestFolder()
        authority = try TestAuthority("Example Practice Authority")
    }

    var files: CertificateFiles {
        CertificateFiles(chain: folder.path(of: "chain.pem"), key: folder.path(of: "key.pem"))
    }

    /// A way that trusts this authority instead of the system's.
    func network(
        trusting authority: TestAuthority? = nil, proxy: HTTPProxy? = nil
    ) throws -> OneClickNetwork {
        let authority = authority ?? self.authority
        let file = folder.path(of: "authority-\(UUID().uuidString).pem")
        try Data(try authority.pem.utf8).write(to: URL(filePath: file))
        return OneClickNetwork(proxy: proxy, authorityFile: file)
    }

    /// A server's certificate that is good at the moment by the server's clock.
    func certificate(
        _ identity: TestAuthority.Identity, now: Timestamp = TestOneClick.midday,
        wait: @escaping @Sendable () async throws -> Void = {
            try await ContinuousClock().sleep(for: .seconds(3600))
        }
    ) throws -> ServerCertificate {
        try identity.write(to: folder.url.path)
        return try ServerCertificate(files, now: { now }, logger: .silent, wait: wait)
    }
}

extension HTTPProxy {
    init(port: Int, user: String? = nil, password: String? = nil) throws {
        let name = user.map { $0 + "@" } ?? ""
        guard let proxy = HTTPProxy(url: "http://\(name)127.0.0.1:\(port)") else {
            throw SyncError("test", "no proxy", hint: "")
        }
        self = proxy
        self.password = password
    }
}

extension OneClickNetwork {
    /// Asks for the practice's status as a stranger. Where it comes so far, OneClick says so.
    func ask(_ url: String) async throws {
        try await withLine(now: { TestOneClick.midday }) { line in
            _ = try await OneClickClient(
                url: url, installation: InstallationID(rawValue: "i"), key: InstallationKey(),
                now: { TestOneClick.midday }, line: line
            ).status()
        }
    }

    /// Whether OneClick is reached: it refuses strangers by its own words.
    func reaches(_ url: String) async -> Bool {
        await syncError { try await ask(url) }?.code == "assertion"
    }
}
