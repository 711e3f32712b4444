import Foundation
import ManagementConsole
import WebSupport

/// Reads where the console listens.
struct ConsoleReading {
    static let keys = [
        "console_listen", "console_certificate", "console_key", "console_address",
    ]
    /// Browsers of the server itself; others come by a proxy, or by TLS.
    static let addressDefault = "127.0.0.1:8470"

    let folder: String
    /// The value of a key; nil where it is missing or empty.
    let value: (String) -> String?

    /// Nil for nowhere.
    private(set) var address: ListenAddress?
    private(set) var certificate: CertificateFiles?
    /// Where people find it; nil where nothing is known that would help them.
    private(set) var link: String?
    private(set) var mistakes: [String] = []

    init(folder: String, value: @escaping (String) -> String?) {
        self.folder = folder
        self.value = value
    }

    mutating func read() {
        readCertificate()
        let text = value("console_listen") ?? Self.addressDefault
        guard text != "none" else { return }
        do {
            let address = try ListenAddress(text)
            try ConsoleServer.check(address, certificate)
            self.address = address
            readLink(address)
        } catch {
            mistakes.append("console_listen: \(error)")
        }
    }

    /// Behind a proxy people know another address than the one it listens on.
    private mutating func readLink(_ address: ListenAddress) {
        guard let text = value("console_address") else {
            if address.port != 0 { link = address.url(isSecure: certificate != nil) }
            return
        }
        guard let parts = URLComponents(string: text), parts.host != nil,
            parts.scheme == "https" || parts.scheme == "http"
        else {
            mistakes.append("console_address is \"\(text)\"; expected an address, https://...")
            return
        }
        link = text
    }

    private mutating func readCertificate() {
        let files = ["console_certificate", "console_key"].map { key in
            value(key).map { Settings.absolute($0, in: folder) }
        }
        for case let file? in files where !FileManager.default.isReadableFile(atPath: file) {
            mistakes.append(
                "\(file) cannot be read: console_certificate and console_key name PEM files.")
        }
        if let chain = files[0], let key = files[1] {
            certificate = CertificateFiles(chain: chain, key: key)
        } else if files.contains(where: { $0 != nil }) {
            mistakes.append("console_certificate and console_key need each other.")
        }
    }
}
