import SyncModel
import WebSupport

@testable import ManagementConsole

/// Every kind of person that may stand before the console.
enum Visiting: String, CaseIterable, CustomStringConvertible, Sendable {
    case nobody, expired, gone, unpermitted, revoked, disabled, permitted, superUser
    case localAdministrator

    var description: String { rawValue }

    /// What the console should make of them.
    enum Standing { case signedOut, signedIn, permitted }

    var standing: Standing {
        switch self {
        case .nobody, .expired, .gone: .signedOut
        case .unpermitted, .revoked, .disabled: .signedIn
        case .permitted, .superUser, .localAdministrator: .permitted
        }
    }

    /// As the journal names whoever may do something.
    var name: String {
        switch self {
        case .superUser: "Sue Perry"
        case .localAdministrator: "support"
        default: "Jane Perry"
        }
    }

    /// Nil for somebody without any session.
    func browser(_ office: TestConsole) async throws -> TestConsole.Browser? {
        switch self {
        case .nobody: return nil
        case .expired:
            let browser = try await office.jane()
            office.time.pass(SessionStore.idleMax)
            return browser
        case .gone: return try await office.browser(of: TestCentral.gone)
        case .unpermitted: return try await office.browser(of: TestCentral.unpermitted)
        case .revoked:
            let browser = try await office.browser(of: TestCentral.revoked)
            // The console has seen the permission; then it is taken away.
            _ = try await office.get("/console", as: browser)
            try office.central.execute(
                "DELETE FROM employee_security_group WHERE employee_id = 3")
            return browser
        case .disabled: return try await office.browser(of: TestCentral.disabled)
        case .permitted: return try await office.jane()
        case .superUser: return try await office.browser(of: TestCentral.superUser)
        case .localAdministrator: return try await office.browser(of: "local:support")
        }
    }
}
