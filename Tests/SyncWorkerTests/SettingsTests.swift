import Foundation
import SyncModel
import Testing

@testable import syncworker

struct SettingsTests {
    private func read(_ yaml: String, _ environment: [String: String] = [:]) async throws
        -> Settings
    {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "settings-\(Naming.token()).yaml")
        try Data(yaml.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await Settings.read(file.path, environment: environment)
    }

    private let whole = """
        central: sqlite:central.db
        oneclick: https://oneclick.example
        practice: 7
        installation: abc

        """

    @Test func `what is left out has its default, paths lie beside the file`() async throws {
        let settings = try await read(whole)
        #expect(settings.central == settings.folder + "/central.db")
        #expect(settings.practice == PracticeID(rawValue: 7))
        #expect(settings.intervalMinutes == 30)
        #expect(settings.logLevel == .info)
        #expect(settings.time.zone.identifier == "Europe/London")
        #expect(settings.catalogue == nil)
        #expect(!settings.server.isEmpty)
    }

    @Test func `the environment comes before the file`() async throws {
        let settings = try await read(
            whole + "interval_minutes: 10\n",
            ["SYNCWORKER_INTERVAL_MINUTES": "15", "SYNCWORKER_CENTRAL": "sqlite:/data/c.db"])
        #expect(settings.intervalMinutes == 15)
        #expect(settings.central == "/data/c.db")
    }

    @Test func `a key with nothing behind it is as good as left out`() async throws {
        let settings = try await read(whole + "catalogue:\nserver:\ninterval_minutes:\n")
        #expect(settings.catalogue == nil)
        #expect(settings.intervalMinutes == 30)
        #expect(!settings.server.isEmpty)
    }

    @Test func `every mistake is reported at once, with key, value and what was expected`()
        async throws
    {
        let yaml = """
            central: mssql:server
            oneclick: oneclick.example
            practice: seven
            interval_minutes: 0
            intervall: 5
            proxy: proxy.example
            certificate_authorities: /nowhere/own.pem
            log_level: loud
            time_zone: Europe/Londn
            central_wait_seconds: 99999999999999999999
            """
        let error = await #expect(throws: SyncError.self) { try await read(yaml) }
        let message = error?.message ?? ""
        for part in [
            #"central is "mssql:server"; write it as sqlite:FILE."#,
            #"oneclick is "oneclick.example"; expected an address"#,
            #"practice is "seven"; expected a number"#, "installation is missing.",
            #"interval_minutes is "0"; expected a number from 1 to 1440."#,
            #"proxy is "proxy.example"; expected http://HOST:PORT"#,
            #"certificate_authorities is "/nowhere/own.pem"; expected a file with certificates"#,
            "intervall is no key;", #"log_level is "loud"; expected one of trace"#,
            #"time_zone is "Europe/Londn"; expected a place, such as Europe/London."#,
            #"central_wait_seconds is "99999999999999999999""#,
        ] {
            #expect(message.contains(part), "\(part)")
        }
        #expect(error?.code == .usage)
    }

    @Test(arguments: ["", "just text", "- a\n- list", "a: [", "\u{0}"])
    func `what is no configuration is refused in words`(yaml: String) async throws {
        let error = await #expect(throws: SyncError.self) { try await read(yaml) }
        #expect(error?.code == .usage)
        #expect(error?.hint.isEmpty == false)
    }

    @Test func `a configuration that is missing is named`() async throws {
        let error = await #expect(throws: SyncError.self) {
            try await Settings.read("/nowhere/syncworker.yaml", environment: [:])
        }
        #expect(error?.message.contains("/nowhere/syncworker.yaml") == true)
    }

    @Test func `a socket's path is short, wherever the configuration lies`() {
        #expect(Settings.socket(in: "/etc/syncworker") == "/etc/syncworker/syncworker.sock")
        let deep = "/" + String(repeating: "a-long-folder-name/", count: 20)
        #expect(Settings.socket(in: deep).utf8.count <= 104)
        #expect(Settings.socket(in: deep) != Settings.socket(in: deep + "b"))
    }
}
