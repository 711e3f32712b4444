import ArgumentParser
import Foundation

/// The way to OneClick, where it is not simply the internet.
struct NetworkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "An HTTP proxy on the way to OneClick: http://HOST:PORT or http://USER@HOST:PORT.",
            valueName: "URL"))
    var proxy: String?

    @Option(
        help: ArgumentHelp(
            "The file with its password, which only its owner may read.", valueName: "FILE"))
    var proxyPasswordFile: String?

    @Option(
        help: ArgumentHelp(
            "The authorities that may vouch for OneClick (PEM), in place of the system's.",
            valueName: "FILE"))
    var certificateAuthorities: String?

    func reading(oneclick: String) -> NetworkReading {
        let values = [
            "oneclick": oneclick, "proxy": proxy, "proxy_password_file": proxyPasswordFile,
            "certificate_authorities": certificateAuthorities,
        ]
        var reading = NetworkReading(
            folder: FileManager.default.currentDirectoryPath, value: { values[$0] ?? nil },
            name: { "--" + $0.replacing("_", with: "-") })
        reading.read()
        return reading
    }
}
