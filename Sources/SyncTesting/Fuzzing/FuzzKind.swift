import SyncModel
import SyncProtocol

/// What the fuzzer found: something that no input may bring about.
public struct FuzzViolation: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }

    static func unless(_ holds: Bool, _ what: @autoclosure () -> String) throws {
        if !holds { throw FuzzViolation(what()) }
    }
}

/// What crosses the wire, by the decoder that it is for.
public enum FuzzKind: String, CaseIterable, Codable, Sendable {
    case batch
    case plan
    case planAnswer = "plan-answer"
    case enrolmentRequest = "enrolment-request"
    case enrolmentAnswer = "enrolment-answer"
    case openRequest = "open-request"
    case openAnswer = "open-answer"
    case loadRequest = "load-request"
    case commitRequest = "commit-request"
    case runState = "run-state"
    case abandonRequest = "abandon-request"
    case acknowledgement
    case statusAnswer = "status-answer"
    case answerRequest = "answer-request"
    case answerReceipt = "answer-receipt"
    case keyRequest = "key-request"
    case keyAnswer = "key-answer"
    case takeOverRequest = "take-over-request"
    case takeOverAnswer = "take-over-answer"
    case errorAnswer = "error-answer"

    /// Frames are binary, everything else is JSON.
    public var frame: Frame.Kind? {
        switch self {
        case .batch: .batch
        case .plan: .plan
        case .planAnswer: .planAnswer
        default: nil
        }
    }

    /// As OneClick bounds them.
    static let contentBytesMax = 64 << 20

    /// Decodes, encodes what was decoded, and decodes that: both must be the same.
    ///
    /// Throws the `SyncError` of a refusal, or a violation.
    func roundTrip(_ bytes: [UInt8]) throws {
        switch self {
        case .batch: try batch(bytes)
        case .plan: try plan(bytes)
        case .planAnswer: try planAnswer(bytes)
        case .enrolmentRequest: try json(EnrolmentRequest.self, bytes)
        case .enrolmentAnswer: try json(EnrolmentAnswer.self, bytes)
        case .openRequest: try json(OpenRequest.self, bytes)
        case .openAnswer: try json(OpenAnswer.self, bytes)
        case .loadRequest: try json(LoadRequest.self, bytes)
        case .commitRequest: try json(CommitRequest.self, bytes)
        case .runState: try json(RunState.self, bytes)
        case .abandonRequest: try json(AbandonRequest.self, bytes)
        case .acknowledgement: try json(Acknowledgement.self, bytes)
        case .statusAnswer: try json(StatusAnswer.self, bytes)
        case .answerRequest: try json(AnswerRequest.self, bytes)
        case .answerReceipt: try json(AnswerReceipt.self, bytes)
        case .keyRequest: try json(KeyRequest.self, bytes)
        case .keyAnswer: try json(KeyAnswer.self, bytes)
        case .takeOverRequest: try json(TakeOverRequest.self, bytes)
        case .takeOverAnswer: try json(TakeOverAnswer.self, bytes)
        case .errorAnswer: try json(ErrorAnswer.self, bytes)
        }
    }

    private func json<Message: Codable & Equatable>(
        _ type: Message.Type, _ bytes: [UInt8]
    ) throws {
        let first = try WireJSON.decode(type, from: bytes)
        try again { try WireJSON.decode(type, from: WireJSON.encode(first)) == first }
    }

    private func batch(_ bytes: [UInt8]) throws {
        let first = try Batch(frame: bytes, contentBytesMax: Self.contentBytesMax)
        // What the engine adds up.
        _ = first.rowCount
        try again { try Batch(frame: first.encoded(), contentBytesMax: .max) == first }
    }

    private func plan(_ bytes: [UInt8]) throws {
        let first = try Plan(frame: bytes, contentBytesMax: Self.contentBytesMax)
        try again { try Plan(frame: first.encoded(), contentBytesMax: .max) == first }
    }

    private func planAnswer(_ bytes: [UInt8]) throws {
        let first = try PlanAnswer(frame: bytes, contentBytesMax: Self.contentBytesMax)
        try again { try PlanAnswer(frame: first.encoded(), contentBytesMax: .max) == first }
        var sum = 0
        for case .detail(let detail) in first.verdicts {
            // As the engine adds them up.
            let removed = detail.removed.count.addingReportingOverflow(detail.unlisted)
            let all = sum.addingReportingOverflow(removed.partialValue)
            try FuzzViolation.unless(
                !removed.overflow && !all.overflow, "counts of an answer do not fit a number")
            sum = all.partialValue
        }
    }

    private func again(_ isSame: () throws -> Bool) throws {
        let same: Bool
        do { same = try isSame() } catch {
            throw FuzzViolation("what was decoded cannot be read back: \(error)")
        }
        try FuzzViolation.unless(same, "what was decoded reads back as something else")
    }
}

/// One input: the bytes of one body.
public struct FuzzInput: Hashable, Sendable {
    public var kind: FuzzKind
    public var bytes: [UInt8]

    public init(kind: FuzzKind, bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }

    /// `WHAT.KIND.frame` or `WHAT.KIND.json`.
    public func fileName(_ what: String) -> String {
        "\(what).\(kind.rawValue).\(kind.frame == nil ? "json" : "frame")"
    }

    /// The kind that a file's name says; nil where it says none.
    static func kind(ofFile name: String) -> FuzzKind? {
        let parts = name.split(separator: ".")
        return parts.count < 2 ? nil : FuzzKind(rawValue: String(parts[parts.count - 2]))
    }
}
