import Foundation
import JWTKit
import SyncModel
import SyncProtocol
import Testing

@testable import OneClickClient

@Suite("A client assertion proves which installation asks")
struct AssertionTests {
    @Test("A good assertion is accepted once, and refused the second time")
    func replay() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let assertion = try await office.key.assertion(
                for: office.answer.installation, now: oneClick.now)
            let first = try await status(oneClick, assertion)
            let second = try await status(oneClick, assertion)
            #expect(first.status == 200)
            #expect(second.status == 401)
            #expect(second.refusal?.message.contains("before") == true)
        }
    }

    enum Forgery: CaseIterable {
        case audience, issuer, otherKey, otherInstallation, noName, cutSignature, notAToken
    }

    @Test("An assertion that does not hold is refused", arguments: Forgery.allCases)
    func forged(_ forgery: Forgery) async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let other = try await oneClick.enrolled("Other & Co")
            let key = ES256PrivateKey()
            var claims = claims(of: office, at: oneClick.now)
            var token: String?
            switch forgery {
            case .audience: claims.aud = "somebody-else"
            case .issuer: claims.iss = other.answer.installation.rawValue
            case .noName: claims.jti = ""
            case .otherKey: token = try await sign(claims, key)
            case .otherInstallation:
                token = try await office.key.assertion(
                    for: other.answer.installation, now: oneClick.now)
            case .cutSignature:
                token = String(
                    try await office.key.assertion(
                        for: office.answer.installation, now: oneClick.now
                    ).dropLast(4))
            case .notAToken: token = "a.b.c"
            }
            let presented: String
            if let token {
                presented = token
            } else {
                presented = try await office.key.sign(claims)
            }
            let answer = try await status(oneClick, presented)
            #expect(answer.status == 401)
            #expect(answer.refusal?.code == "assertion")
        }
    }

    @Test("An unsigned assertion is refused", arguments: ["none", "HS256", "ES384"])
    func algorithm(_ name: String) async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let good = try await office.key.assertion(
                for: office.answer.installation, now: oneClick.now)
            var parts = good.split(separator: ".").map(String.init)
            parts[0] = Data(#"{"alg":"\#(name)","typ":"JWT"}"#.utf8).base64EncodedString()
                .replacing("=", with: "")
            for token in ["\(parts[0]).\(parts[1]).", parts.joined(separator: ".")] {
                #expect(try await status(oneClick, token).status == 401)
            }
        }
    }

    @Test(
        "Odd claims are refused and harm nothing",
        arguments: [
            #""aud":[]"#, #""aud":["oneclick"]"#, #""exp":9223372036854775807"#, #""exp":1e300"#,
            #""exp":-9223372036854775808"#, #""exp":"soon""#,
        ])
    func oddClaims(_ odd: String) async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let name = office.answer.installation.rawValue
            let good = [#""iss":"\#(name)""#, #""sub":"\#(name)""#, #""jti":"x""#, #""iat":1"#]
            let payload = "{" + (good + [odd]).joined(separator: ",") + "}"
            let header = #"{"alg":"ES256"}"#
            let token = [header, payload, "signature"].map {
                Data($0.utf8).base64EncodedString().replacing("=", with: "")
            }.joined(separator: ".")
            #expect(try await status(oneClick, token).status == 401)
            #expect(try await RawRequest.get(oneClick.url + "/health").status == 200)
        }
    }

    @Test(
        "Clocks may differ by a minute; beyond that both times are named",
        arguments: [
            (-170, true), (-59, true), (59, true), (-181, false), (61, false), (7200, false),
        ])
    func clocks(_ seconds: Int, _ isAccepted: Bool) async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let theirs = oneClick.now + .seconds(seconds)
            let assertion = try await office.key.assertion(
                for: office.answer.installation, now: theirs)
            let answer = try await status(oneClick, assertion)
            #expect(answer.status == (isAccepted ? 200 : 401))
            guard !isAccepted else { return }
            #expect(answer.refusal?.code == "clock")
            #expect(answer.refusal?.message.contains("\(theirs)") == true)
            #expect(answer.refusal?.message.contains("\(oneClick.now)") == true)
        }
    }

    @Test("An assertion good for longer than five minutes is refused")
    func lifetime() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            var claims = claims(of: office, at: oneClick.now)
            claims.exp = claims.iat + 600
            let answer = try await status(oneClick, try await office.key.sign(claims))
            #expect(answer.refusal?.code == "clock")
        }
    }

    @Test(
        "Times beyond any calendar are refused, however well signed",
        arguments: [Int.min, -1, 253_402_300_800, Int.max])
    func endsOfTime(_ seconds: Int) async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            var late = claims(of: office, at: oneClick.now)
            late.exp = seconds
            var early = claims(of: office, at: oneClick.now)
            early.iat = seconds
            for claims in [late, early] {
                let answer = try await status(oneClick, try await office.key.sign(claims))
                #expect(answer.status == 401)
            }
        }
    }

    @Test("A revoked installation is refused")
    func revoked() async throws {
        let file = try StoreFile()
        defer { file.remove() }
        try await TestOneClick.serving(store: file.store) { oneClick in
            let office = try await oneClick.enrolled()
            try file.revoke(office.answer.installation)
            let error = await syncError { _ = try await office.client.status() }
            #expect(error?.message.contains("revoked") == true)
        }
    }

    private func claims(of office: TestInstallation, at now: Timestamp) -> ClientAssertion {
        let name = office.answer.installation.rawValue
        let seconds = Int(now.microsecondsSince1970 / 1_000_000)
        return ClientAssertion(
            iss: name, sub: name, aud: "oneclick", exp: seconds + 60, iat: seconds, jti: "one")
    }

    private func sign(_ claims: ClientAssertion, _ key: ES256PrivateKey) async throws -> String {
        try await JWTKeyCollection().add(ecdsa: key).sign(claims)
    }

    private func status(
        _ oneClick: TestOneClick, _ assertion: String
    ) async throws -> RawRequest.Answer {
        try await RawRequest.get(oneClick.url + "/sync/v1/status", bearer: assertion)
    }
}
