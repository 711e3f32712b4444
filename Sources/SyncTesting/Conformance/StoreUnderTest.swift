import Foundation
import GRDB
import OneClickStore
import SyncModel
import SyncProtocol

/// A OneClick store of some kind, as the laws of `StoreConformance` go through it.
public protocol StoreUnderTest: Sendable {
    func addPractice(
        name: String, timeZone: String, code: String, codeExpires: Timestamp,
        by person: String, now: Timestamp
    ) async throws -> PracticeID
    func enrol(
        _ request: EnrolmentRequest, installation: InstallationID, now: Timestamp
    ) async throws -> EnrolmentAnswer
    func installation(_ id: InstallationID) async throws -> OneClickStore.Installation?
    func open(
        _ request: OpenRequest, installation: OneClickStore.Installation, token: String,
        asOf: LocalDate, now: Timestamp
    ) async throws -> OpenAnswer
    func access(
        token: String, run: RunID, now: Timestamp
    ) async throws -> OneClickStore.RunAccess
    func beginLoad(
        _ request: LoadRequest, _ access: OneClickStore.RunAccess, now: Timestamp
    ) async throws
    func plan(_ plan: Plan, _ access: OneClickStore.RunAccess) async throws -> PlanAnswer
    func stage(_ batch: Batch, frame: [UInt8], _ access: OneClickStore.RunAccess) async throws
    func commit(
        _ request: CommitRequest, _ access: OneClickStore.RunAccess, now: Timestamp
    ) async throws -> Receipt
    func state(
        of run: RunID, practice: PracticeID, now: Timestamp
    ) async throws -> RunState
    func abandon(
        _ access: OneClickStore.RunAccess, reason: String, now: Timestamp
    ) async throws
    func status(practice: PracticeID) async throws -> StatusAnswer
    func answer(
        _ request: AnswerRequest, practice: PracticeID, now: Timestamp
    ) async throws -> AnswerReceipt
    /// What readers of the typed table see of one practice, in no order.
    func typedRows(_ shape: TableShape, of practice: PracticeID) async throws -> [TypedRow]
}

extension StoreUnderTest {
    /// A practice whose one installation is enrolled.
    func addPractice(
        name: String, installation: InstallationID, now: Timestamp
    ) async throws -> PracticeID {
        let code = "CODE-\(installation)"
        let id = try await addPractice(
            name: name, timeZone: "Europe/London", code: code, codeExpires: now + .seconds(60),
            by: "a test", now: now)
        let request = EnrolmentRequest(
            protocolVersion: protocolVersion, code: code, publicKey: "-", server: "TEST",
            place: "here")
        _ = try await enrol(request, installation: installation, now: now)
        return id
    }
}

/// An implementation of the store.
public struct StoreKind: Sendable, CustomStringConvertible {
    public typealias Make =
        @Sendable (TestFolder, Shapes, [TableName: RemovalLimits]) throws -> any StoreUnderTest

    public let description: String
    /// A new store of these shapes, without any practice; it may keep files in the folder.
    public let make: Make

    public init(_ description: String, make: @escaping Make) {
        self.description = description
        self.make = make
    }

    /// The store on SQLite, in memory and on a file.
    public static let sqlite = [
        StoreKind("SQLite in memory") { _, shapes, limits in
            try OneClickStore.test(at: nil, shapes: shapes, limits: limits)
        },
        StoreKind("SQLite on a file") { folder, shapes, limits in
            try OneClickStore.test(
                at: folder.path(of: "oneclick.db"), shapes: shapes, limits: limits)
        },
    ]
}

extension OneClickStore: StoreUnderTest {
    public func typedRows(
        _ shape: TableShape, of practice: PracticeID
    ) async throws -> [TypedRow] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM \(shape.name) WHERE practice_id = ?",
                arguments: [practice.rawValue]
            ).map { row in
                TypedRow(
                    shape.columns.map { column in
                        guard column.type.isSealed else {
                            return Value(row[column.name] as DatabaseValue, column.type)
                        }
                        return SealedValue(row, column.name).map { .sealed($0) } ?? .null
                    })
            }
        }
    }
}

extension SealedValue {
    /// The three columns of a sealed one; nil if it is NULL.
    fileprivate init?(_ row: Row, _ column: String) {
        guard let cipher = row[column] as Data? else { return nil }
        self.init(
            vaultKey: row[column + "_vault_key"],
            fingerprint: Array(row[column + "_fingerprint"] as Data), cipher: Array(cipher))
    }
}
