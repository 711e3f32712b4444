import Catalogue
import Central
import Foundation
import Logging
import Observability
import OneClickClient
import PortalService
import SyncEngine
import SyncModel
import SyncProtocol

/// From settings to the parts that work together.
struct Wiring: Sendable {
    let settings: Settings

    /// Throws one error that names every mistake: those of form, and those that Central can tell.
    func catalogue() throws -> Catalogue {
        guard let file = settings.catalogue else { return try Catalogue.standard() }
        guard let yaml = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw SyncError(
                .usage, "The catalogue \(file) cannot be read.",
                hint: "Check the path, or leave it out to use the built-in catalogue.")
        }
        let draft = CatalogueDraft(yaml: yaml, file: file)
        if !draft.mistakes.isEmpty {
            try (draft.mistakes + draft.mistakes(against: settings.central)).thrown()
        }
        return try draft.checked()
    }

    func central() throws -> SQLiteCentral {
        try SQLiteCentral(
            path: settings.central, catalogue: try catalogue(),
            fingerprintKey: try SecretFile.read(settings.fingerprintKeyFile),
            busyTimeout: .seconds(settings.centralWaitSeconds), now: SystemClock.now)
    }

    func cloud(_ line: OneClickLine) throws -> OneClickClient {
        try OneClickClient(
            url: settings.oneclick, installation: settings.installation,
            key: try InstallationKey(file: settings.keyFile), now: SystemClock.now, line: line)
    }

    /// A person's answer, from here.
    func answer(_ request: AnswerRequest, _ line: OneClickLine) async throws -> AnswerReceipt {
        var request = request
        request.place = Naming.place(central: settings.central)
        return try await cloud(line).answer(request)
    }

    /// The right to synchronise, and the journal, in which nothing is under way then.
    func takeCharge() async throws -> (RunLock, SQLiteJournal) {
        let lock = try RunLock(path: settings.lockFile)
        let journal = try SQLiteJournal(
            path: settings.journalFile, keptDays: settings.historyDays)
        try await journal.endCutOff()
        return (lock, journal)
    }

    /// Opens Central for each run: one that was not there yesterday may be there today.
    func perform(
        _ request: RunRequest, journal: SQLiteJournal, line: OneClickLine,
        progress: @escaping @Sendable (RunProgress) -> Void,
        isStopped: @escaping @Sendable () -> Bool
    ) async -> RunRecord {
        do {
            let central = try central()
            let logger = Logger(label: "syncworker")
            let runner = Runner(
                source: LoggedSource(central, logger: logger),
                cloud: LoggedCloud(try cloud(line), logger: logger), journal: journal,
                settings: RunSettings(
                    practice: settings.practice, shapes: try catalogue().shapes,
                    server: settings.server, place: Naming.place(central: settings.central)),
                environment: Self.environment)
            let record = await runner.run(request, progress: progress, isStopped: isStopped)
            try? await central.close()
            return record
        } catch {
            return await failed(request, journal, error)
        }
    }

    /// What went wrong before a run could begin is a run too: it is looked for in the journal.
    private func failed(
        _ request: RunRequest, _ journal: SQLiteJournal, _ error: any Error
    ) async -> RunRecord {
        let error =
            error as? SyncError
            ?? SyncError("unexpected", "\(type(of: error))", hint: "Run it again.")
        let start = RunStart(
            id: RunID(rawValue: Naming.token()), request: request, startedAt: SystemClock.now())
        var record = RunRecord(
            start: start, finishedAt: SystemClock.now(), outcome: .failed,
            dataSets: ((try? catalogue())?.shapes.dataSets ?? []).map {
                .init(name: $0.name, counts: Counts())
            },
            errors: [.init(error)])
        do {
            // What keeps it from beginning keeps it from its end, too, and is said there.
            try? await journal.begin(start)
            try await journal.record(record)
        } catch {
            if let error = error as? SyncError { record.errors.append(.init(error)) }
        }
        return record
    }

    static let environment = RunEnvironment(
        now: SystemClock.now, token: Naming.token, wait: { try await Task.sleep(for: $0) })
}

extension Settings {
    /// Runs `body` with a line to OneClick that is open until it ends.
    func withLine<T: Sendable>(_ body: (OneClickLine) async throws -> T) async throws -> T {
        try await network.withLine(now: SystemClock.now, body)
    }
}

enum Naming {
    /// 128 random bits.
    @Sendable static func token() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }.hexadecimal
    }

    static func digest(_ text: String) -> String { RowDigest.name(of: text) }

    /// Machine, host and path of Central: a cloned machine or a test copy has another.
    static func place(central: String) -> String {
        let machine = (try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)) ?? ""
        let path = URL(filePath: central).resolvingSymlinksInPath().path
        return digest([machine, ProcessInfo.processInfo.hostName, path].joined(separator: "\n"))
    }
}

/// 32 secret bytes in a file of the owner's own.
enum SecretFile {
    static func read(_ path: String) throws -> [UInt8] {
        let hint =
            "Put it back from a backup, or remove it, run `syncworker init --force` with a new "
            + "code, and then a full synchronisation."
        let line: String
        do {
            line = try SecretLine.read(path)
        } catch {
            throw SyncError(
                .usage, "Sealed values are compared by means of the file \(path)\(error.rest)",
                hint: hint)
        }
        guard let bytes = [UInt8](hexadecimal: line), bytes.count == 32 else {
            throw SyncError(
                .usage,
                "The file \(path) does not hold the 32 bytes that sealed values are "
                    + "compared with.", hint: hint)
        }
        return bytes
    }

    static func makeIfMissing(_ path: String) throws {
        if FileManager.default.fileExists(atPath: path) { return _ = try read(path) }
        let secret = Data(((Naming.token() + Naming.token()) + "\n").utf8)
        guard
            FileManager.default.createFile(
                atPath: path, contents: secret, attributes: [.posixPermissions: 0o600])
        else {
            throw SyncError(
                .usage, "The file \(path) cannot be written.",
                hint: "Check that this user may write to its folder.")
        }
    }
}
