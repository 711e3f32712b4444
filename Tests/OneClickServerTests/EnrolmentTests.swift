import OneClickClient
import SyncModel
import SyncProtocol
import Testing

@Suite("Enrolment trades a code for an installation")
struct EnrolmentTests {
    @Test("A code makes an installation that OneClick knows, typed as people type")
    func enrols() async throws {
        try await TestOneClick.serving { oneClick in
            let code = try await oneClick.addPractice("Example & Co")
            let answer = try await OneClickClient.enrol(
                url: oneClick.url, code: " " + code.lowercased().filter { $0 != "-" },
                key: InstallationKey(), server: "OFFICE-1", place: "p1", line: oneClick.line)
            #expect(answer.practiceName == "Example & Co")
            let known = try await oneClick.store.installation(answer.installation)
            #expect(known?.practice == answer.practice)
        }
    }

    @Test("A wrong, used or expired code is refused for a person", arguments: Fault.allCases)
    func refuses(fault: Fault) async throws {
        try await TestOneClick.serving { oneClick in
            var code = try await oneClick.addPractice()
            switch fault {
            case .wrong: code = "WRNG-WRNG-WRNG"
            case .used: try await enrol(oneClick, code)
            case .expired: oneClick.now = oneClick.now + .seconds(3601)
            }
            let tried = code
            let error = await syncError { try await enrol(oneClick, tried) }
            #expect(error?.code == "code")
            #expect(error?.recovery == .person)
            #expect(error?.isOutcomeUnknown == false)
        }
    }

    enum Fault: CaseIterable { case wrong, used, expired }

    @Test("A public key that is not one of P-256 is refused")
    func refusesKey() async throws {
        try await TestOneClick.serving { oneClick in
            let request = EnrolmentRequest(
                protocolVersion: protocolVersion, code: try await oneClick.addPractice(),
                publicKey: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
                server: "OFFICE-1", place: "p1")
            let answer = try await RawRequest.post(
                oneClick.url + "/sync/v1/enrolments", try WireJSON.encode(request))
            #expect(answer.status == 400)
            #expect(answer.refusal?.code == "malformed")
        }
    }

    @Test("A message of another version says so")
    func namesVersion() async throws {
        try await TestOneClick.serving { oneClick in
            let answer = try await RawRequest.post(
                oneClick.url + "/sync/v1/enrolments", Array(#"{"protocolVersion":2}"#.utf8))
            #expect(answer.status == 400)
            #expect(answer.refusal?.code == "version")
        }
    }

    private func enrol(_ oneClick: TestOneClick, _ code: String) async throws {
        _ = try await OneClickClient.enrol(
            url: oneClick.url, code: code, key: InstallationKey(), server: "OFFICE-1",
            place: "p1", line: oneClick.line)
    }
}
