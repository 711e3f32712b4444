import PortalService
import SyncEngine
import SyncModel

/// How runs are called on the pages.
enum RunWords {
    /// Capital first, as in a table's cell.
    static func outcome(_ outcome: Outcome) -> String {
        switch outcome {
        case .succeeded: "Succeeded"
        case .completedWithErrors: "Completed with errors"
        case .held: "Held"
        case .stopped: "Stopped"
        case .failed: "Failed"
        }
    }

    /// Which colour an outcome has.
    static func kind(_ outcome: Outcome) -> String {
        switch outcome {
        case .succeeded: "proved"
        case .completedWithErrors, .held: "held"
        case .stopped: "plain"
        case .failed: "error"
        }
    }

    /// `change`, `full`, `full, verified only`.
    static func kind(_ kind: RunKind, _ purpose: RunPurpose) -> String {
        switch purpose {
        case .synchronise: kind.rawValue
        case .dryRun: "\(kind.rawValue), preview"
        case .verify: "verify"
        }
    }

    /// The same for a sentence.
    static func title(_ kind: RunKind, _ purpose: RunPurpose) -> String {
        switch purpose {
        case .synchronise: kind == .full ? "full" : "change based"
        case .dryRun: "preview, nothing is applied"
        case .verify: "verify, nothing is applied"
        }
    }

    static func by(_ trigger: RunTrigger, _ person: String?) -> String {
        person ?? (trigger == .schedule ? "schedule" : "command line")
    }
}
