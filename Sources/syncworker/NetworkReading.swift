import Foundation
import OneClickClient
import SyncModel

/// Reads the way to OneClick: its address, the proxy, the authorities to trust. Collects mistakes
/// as `Settings` does.
struct NetworkReading {
    static let keys = ["proxy", "proxy_password_file", "certificate_authorities"]

    /// Paths are relative to it.
    let folder: String
    /// A key's value; nil where it has none.
    let value: (String) -> String?
    /// As the person knows the key: in the configuration, or on the command line.
    var name: (String) -> String = { $0 }

    private(set) var network = OneClickNetwork()
    private(set) var passwordFile: String?
    private(set) var mistakes: [String] = []

    init(
        folder: String, value: @escaping (String) -> String?,
        name: @escaping (String) -> String = { $0 }
    ) {
        self.folder = folder
        self.value = value
        self.name = name
    }

    mutating func read() {
        readProxy()
        readPassword()
        readAuthorities()
        checkAddress()
    }

    private mutating func checkAddress() {
        guard let text = value("oneclick") else { return }
        do {
            try network.check(url: text)
        } catch {
            // What stands there may hold a secret.
            let hasMore = text.contains("@") || text.contains("?")
            mistakes.append(
                "\(name("oneclick")) is \(hasMore ? "an address with more in it" : "\"\(text)\"");"
                    + " expected an address, https://... \((error as? SyncError)?.message ?? "")")
        }
    }

    private mutating func readAuthorities() {
        guard let text = value("certificate_authorities") else { return }
        let file = Settings.absolute(text, in: folder)
        network.authorityFile = file
        guard (try? network.checkAuthorities()) == nil else { return }
        mistakes.append(
            "\(name("certificate_authorities")) is \"\(file)\"; expected a file with certificates "
                + "in PEM that this user may read.")
    }

    private mutating func readProxy() {
        guard let text = value("proxy") else { return }
        network.proxy = HTTPProxy(url: text)
        guard network.proxy == nil else { return }
        // What stands there may hold a password.
        let shown = text.contains("@") ? "an address with a user in it" : "\"\(text)\""
        mistakes.append(
            "\(name("proxy")) is \(shown); expected http://HOST:PORT or http://USER@HOST:PORT, the "
                + "password in a file (\(name("proxy_password_file"))).")
    }

    private mutating func readPassword() {
        guard let given = value("proxy_password_file") else {
            if network.proxy?.user != nil {
                mistakes.append(
                    "\(name("proxy")) names a user, and \(name("proxy_password_file")) is missing.")
            }
            return
        }
        let file = Settings.absolute(given, in: folder)
        passwordFile = file
        if network.proxy?.user == nil, value("proxy") == nil || network.proxy != nil {
            mistakes.append(
                "\(name("proxy_password_file")) is given without a user in \(name("proxy")) "
                    + "(http://USER@HOST:PORT); give both, or neither.")
        }
        do {
            network.proxy?.password = try SecretLine.read(file)
        } catch {
            mistakes.append("\(name("proxy_password_file")) is \"\(file)\"\(error.rest)")
        }
    }
}

extension OneClickNetwork {
    /// What `config check` shows: no password.
    var shown: [String: String] {
        [
            "proxy": proxy?.url ?? "(none)",
            "certificate_authorities": authorityFile ?? "(the system's)",
        ]
    }
}
