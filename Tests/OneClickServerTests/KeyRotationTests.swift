import OneClickStore
import SyncModel
import SyncProtocol
import Testing

@testable import OneClickClient

@Suite("An installation replaces its key")
struct KeyRotationTests {
    /// The same installation by another key.
    private func client(
        _ oneClick: TestOneClick, _ office: TestInstallation, _ key: InstallationKey
    ) throws -> OneClickClient {
        try OneClickClient(
            url: oneClick.url, installation: office.answer.installation, key: key,
            now: { oneClick.now }, line: oneClick.line)
    }

    private func isAccepted(_ client: OneClickClient) async -> Bool {
        await syncError { _ = try await client.status() } == nil
    }

    @Test("Both keys are accepted until an hour after the new one was first used")
    func rotates() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let key = InstallationKey()
            let new = try client(oneClick, office, key)
            #expect(await !isAccepted(new))

            let answer = try await office.client.setNextKey(key)
            #expect(answer.fingerprint == key.fingerprint)
            func listed() async throws -> InstallationSummary? {
                try await oneClick.store.installations(of: nil).first
            }
            #expect(try await listed()?.fingerprint == office.key.fingerprint)
            #expect(try await listed()?.nextFingerprint == key.fingerprint)
            // Never used so far: the old one stays good, however long that takes.
            oneClick.now = oneClick.now + .seconds(10 * 86_400)
            #expect(await isAccepted(office.client))
            #expect(await isAccepted(new))
            #expect(try await listed()?.fingerprint == key.fingerprint)
            #expect(try await listed()?.nextFingerprint == nil)
            oneClick.now = oneClick.now + .seconds(3600)
            #expect(await isAccepted(office.client))
            oneClick.now = oneClick.now + .seconds(1)
            #expect(await !isAccepted(office.client))
            #expect(await isAccepted(new))
        }
    }

    @Test("A run that began with the old key ends with it")
    func duringRun() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (_, run) = try await office.open("run-1")
            let key = InstallationKey()
            _ = try await office.client.setNextKey(key)
            let new = try client(oneClick, office, key)
            #expect(try await new.state(of: run.id) == .open)
            #expect(try await office.client.state(of: run.id) == .open)
        }
    }

    @Test("Told again, after a lost answer, nothing changes; told another, that one follows")
    func again() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (lost, next) = (InstallationKey(), InstallationKey())
            _ = try await office.client.setNextKey(lost)
            _ = try await office.client.setNextKey(lost)
            _ = try await office.client.setNextKey(next)
            #expect(await !isAccepted(try client(oneClick, office, lost)))
            #expect(await isAccepted(try client(oneClick, office, next)))
        }
    }

    @Test("The second rotation ends the key before the first at once")
    func twice() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let (second, third) = (InstallationKey(), InstallationKey())
            _ = try await office.client.setNextKey(second)
            let holder = try client(oneClick, office, second)
            _ = try await holder.status()
            _ = try await holder.setNextKey(third)
            #expect(await !isAccepted(office.client))
            #expect(await isAccepted(holder))
            #expect(await isAccepted(try client(oneClick, office, third)))
        }
    }

    @Test("Who has but the former key does not say which one follows")
    func former() async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let key = InstallationKey()
            _ = try await office.client.setNextKey(key)
            _ = try await client(oneClick, office, key).status()
            let thief = InstallationKey()
            let error = await syncError { _ = try await office.client.setNextKey(thief) }
            #expect(error?.code == "assertion")
            #expect(error?.message.contains("replaced") == true)
            #expect(await !isAccepted(try client(oneClick, office, thief)))
        }
    }

    @Test("What is no P-256 key is refused", arguments: ["", "-----BEGIN PUBLIC KEY-----"])
    func notAKey(_ text: String) async throws {
        try await TestOneClick.serving { oneClick in
            let office = try await oneClick.enrolled()
            let answer = try await RawRequest.post(
                oneClick.url + "/sync/v1/keys", try WireJSON.encode(KeyRequest(publicKey: text)),
                bearer: try await office.key.assertion(
                    for: office.answer.installation, now: oneClick.now))
            #expect(answer.status == 400)
            #expect(answer.refusal?.code == "malformed")
        }
    }
}
