import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import SyncModel
import Testing

@testable import OneClickClient

@Suite("The client explains what comes back")
struct ClientTests {
    struct Foreign: Sendable, CustomTestStringConvertible {
        var status: HTTPResponse.Status
        var type: String
        var body: String
        var testDescription: String { "\(status.code) \(type) \(body)" }
    }

    @Test(
        "Whatever is not OneClick's is said to be something else",
        arguments: [
            Foreign(status: .ok, type: "text/html", body: "<html>Welcome to our Wi-Fi</html>"),
            Foreign(status: .ok, type: "application/json", body: "<html>"),
            Foreign(status: .ok, type: "application/json", body: #"{"login":"required"}"#),
            Foreign(status: .noContent, type: "text/plain", body: ""),
            Foreign(status: .found, type: "text/html", body: "moved"),
            Foreign(status: .badGateway, type: "text/html", body: "<h1>Bad Gateway</h1>"),
            Foreign(status: .notFound, type: "application/json", body: #"{"error":"none"}"#),
        ])
    func foreign(_ foreign: Foreign) async throws {
        try await answeringAlways {
            Response(
                status: foreign.status,
                headers: [.contentType: foreign.type, .location: "http://127.0.0.1:1/login"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: foreign.body)))
        } _: { url in
            let error = await syncError { try await status(url) }
            #expect(error?.code == "not_oneclick")
            #expect(error?.message.contains("HTTP \(foreign.status.code)") == true)
            #expect(error?.recovery == (foreign.status.code >= 500 ? .retry : .person))
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        var status: HTTPResponse.Status
        var code = "some_code"
        var header: String?
        var recovery: SyncError.Recovery
        var testDescription: String { "\(status.code) \(code)" }
    }

    @Test(
        "A refusal keeps its code, and its status says what helps",
        arguments: [
            Refused(status: .badRequest, recovery: .person),
            Refused(status: .conflict, recovery: .person),
            Refused(
                status: .conflict, code: "commit_in_progress", recovery: .retryAfter(.seconds(5))),
            Refused(status: .tooManyRequests, header: "7", recovery: .retryAfter(.seconds(7))),
            Refused(status: .serviceUnavailable, recovery: .retryAfter(.seconds(5))),
            Refused(status: .serviceUnavailable, header: "0", recovery: .retry),
            Refused(
                status: .serviceUnavailable, header: "99999999",
                recovery: .retryAfter(.seconds(3600))),
            Refused(status: .internalServerError, recovery: .retry),
            Refused(status: .gatewayTimeout, recovery: .retry),
        ])
    func refused(_ refused: Refused) async throws {
        try await answeringAlways {
            var response = Response(
                status: refused.status, headers: [.contentType: "application/json; charset=utf-8"],
                body: ResponseBody(
                    byteBuffer: ByteBuffer(
                        string: #"{"code":"\#(refused.code)","message":"M.","hint":"H."}"#)))
            if let header = refused.header { response.headers[.retryAfter] = header }
            return response
        } _: { url in
            let error = await syncError { try await status(url) }
            #expect(error?.code.rawValue == refused.code)
            #expect(error?.description == "M. H.")
            #expect(error?.recovery == refused.recovery)
            #expect(
                error?.isOutcomeUnknown == [500, 502, 504].contains(Int(refused.status.code)))
        }
    }

    @Test("A server that is not there is unreachable, and nothing happened")
    func notThere() async throws {
        // Port 1 is assigned to a service that nobody runs; a port that was free a moment ago may
        // be another test's by now.
        let error = await syncError { try await status("http://127.0.0.1:1") }
        #expect(error?.code == .unreachable)
        #expect(error?.recovery == .retry)
        #expect(error?.isOutcomeUnknown == false)
    }

    @Test(
        "Where secrets would cross a network in clear, nothing is sent",
        arguments: [
            "http://oneclick.example", "http://192.168.1.5:8080", "http://127.0.0.1.example",
            "http://localhost.example", "ftp://localhost", "oneclick.example", "",
            "https://user:secret@oneclick.example", "https://oneclick.example/?token=secret",
        ])
    func address(_ url: String) async throws {
        let error = await syncError { try OneClickNetwork().check(url: url) }
        #expect(error?.code == "address")
        #expect(error?.description.contains("secret") == false)
    }

    @Test(
        "https anywhere and http on this machine are taken",
        arguments: [
            "https://oneclick.example", "https://oneclick.example/cloud/", "http://127.0.0.1:8080",
            "http://[::1]:8080", "HTTP://LocalHost:1",
        ])
    func goodAddress(_ url: String) throws {
        try OneClickNetwork().check(url: url)
    }

    @Test("Requests and the bytes of their bodies are counted")
    func traffic() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            _ = try await office.client.status()
            #expect(office.client.traffic().requests == 1)
            #expect(office.client.traffic().bytesSent == 0)
            _ = try await office.open("run-1")
            #expect(office.client.traffic().requests == 2)
            #expect(office.client.traffic().bytesSent > 100)
        }
    }

    private func status(_ url: String) async throws {
        try await OneClickNetwork().withLine(now: { TestOneClick.midday }) { line in
            _ = try await OneClickClient(
                url: url, installation: InstallationID(rawValue: "i"), key: InstallationKey(),
                now: { TestOneClick.midday }, line: line
            ).status()
        }
    }
}

@Suite("The installation's key stays its owner's")
struct InstallationKeyTests {
    @Test("A key is read back as it was made, from a file for its owner alone")
    func roundTrip() throws {
        try withFolder { folder in
            let file = folder + "/key.pem"
            let made = try InstallationKey.readOrMake(file: file)
            #expect(try InstallationKey(file: file).publicKeyPEM == made.publicKeyPEM)
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
            #expect((mode as? NSNumber)?.intValue == 0o600)
            #expect(throws: SyncError.self) { try InstallationKey().save(to: file) }
        }
    }

    @Test("A file that others may read is refused", arguments: [0o640, 0o604, 0o644, 0o660])
    func readable(_ mode: Int) throws {
        try withFolder { folder in
            let file = folder + "/key.pem"
            try InstallationKey().save(to: file)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            #expect(throws: SyncError.self) { try InstallationKey(file: file) }
        }
    }

    @Test("A key does not show itself")
    func silent() {
        var text = ""
        dump(InstallationKey(), to: &text)
        #expect(text + "\(InstallationKey())" == "- InstallationKey\nInstallationKey")
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }
}
