extension OfficeAtWork {
    /// What an office did in one step.
    public struct Operation: Sendable, Hashable, CustomStringConvertible {
        public var kind: Kind
        /// Which rows, in words: "client 17 is closed".
        public var description: String

        /// Every kind of thing that an office does to its Central.
        public enum Kind: String, CaseIterable, Codable, Sendable {
            case addEmployee = "add-employee"
            case editEmployee = "edit-employee"
            case leaveToday = "leave-today"
            case leaveLater = "leave-later"
            case employeeReturns = "employee-returns"
            case flipLogin = "flip-login"
            case changeActivation = "change-activation"
            case shareEmail = "share-email"
            case mendEmail = "mend-email"
            case mergeEmployees = "merge-employees"

            case flipSwitch = "flip-switch"
            case flipPermission = "flip-permission"
            case changeGroups = "change-groups"
            case addMember = "add-member"
            case removeMember = "remove-member"
            case flipMember = "flip-member"
            case moveMember = "move-member"

            case addClient = "add-client"
            case editClient = "edit-client"
            case editContact = "edit-contact"
            case closeClient = "close-client"
            case reopenClient = "reopen-client"
            case changeStatus = "change-status"
            case flipTeamSecurity = "flip-team-security"
            case swapCodes = "swap-codes"
            case importClient = "import-client"
            case retakeClient = "retake-client"
            case mergeClients = "merge-clients"
            case deleteClient = "delete-client"

            case addBusiness = "add-business"
            case editBusiness = "edit-business"
            case moveBusiness = "move-business"
            case deleteBusiness = "delete-business"
            case renewGrant = "renew-grant"
            case addCredential = "add-credential"
            case deleteCredential = "delete-credential"

            case addPeriod = "add-period"
            case editPeriod = "edit-period"
            case movePeriod = "move-period"
            case flipMode = "flip-mode"
            case changeChart = "change-chart"
            case deletePeriod = "delete-period"
            case addChart = "add-chart"
            case addNominal = "add-nominal"
            case editNominal = "edit-nominal"
            case moveNominal = "move-nominal"
            case deleteNominal = "delete-nominal"

            case postJournal = "post-journal"
            case editLine = "edit-line"
            case deleteJournal = "delete-journal"
            case moveJournal = "move-journal"
            case replaceLines = "replace-lines"

            /// How often it happens, against the others: most of a day is small edits and postings.
            var weight: Int {
                switch self {
                case .postJournal: 30
                case .editContact, .editLine, .deleteJournal: 10
                case .editClient: 8
                case .addMember: 5
                case .addClient, .editEmployee, .reopenClient, .removeMember, .editBusiness,
                    .moveJournal:
                    4
                case .closeClient, .changeStatus, .flipMember, .addBusiness, .renewGrant,
                    .addPeriod,
                    .editPeriod, .addNominal, .editNominal:
                    3
                case .addEmployee, .employeeReturns, .changeActivation, .mendEmail, .moveMember,
                    .flipTeamSecurity, .swapCodes, .importClient, .moveBusiness, .deleteBusiness,
                    .replaceLines:
                    2
                default: 1
                }
            }

            /// Each kind as often as it weighs.
            static let weighted: [Kind] = allCases.flatMap {
                Array(repeating: $0, count: $0.weight)
            }
        }
    }
}
