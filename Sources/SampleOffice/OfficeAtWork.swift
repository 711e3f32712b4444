import GRDB

/// A busy office: one realistic operation after another, on a Central of any size.
///
/// The same seed on the same content does the same. No id is ever given twice, no reference is left
/// leading nowhere, and every journal goes on summing to zero. A super user always stays, so that
/// someone can still open the console.
public struct OfficeAtWork: Sendable {
    private var dice: Dice
    private let journals = JournalMaker()

    public init(seed: UInt64) { dice = Dice(seed: seed, subject: "work") }

    /// Does one operation, in the caller's transaction.
    ///
    /// - Parameter today: the practice's day, `YYYY-MM-DD`.
    /// - Throws: `SampleOfficeError` where that is no date, and what the database says.
    public mutating func step(_ db: Database, today: String) throws -> Operation {
        for _ in 0..<100 {
            let kind = dice.pick(Operation.Kind.weighted)
            if let operation = try perform(kind, db, today: today) { return operation }
        }
        // What every office can do, however empty it is.
        guard let operation = try perform(.addClient, db, today: today) else {
            preconditionFailure("A client can always be added.")
        }
        return operation
    }

    /// Does one operation of this kind, or nothing where there is nothing to do it with.
    public mutating func perform(
        _ kind: Operation.Kind, _ db: Database, today: String
    ) throws -> Operation? {
        guard let day = Day(today) else {
            throw SampleOfficeError(
                .badOption, "\"\(today)\" is not a date.",
                hint: "Write it as YYYY-MM-DD, for example 2026-11-24.")
        }
        var office = Office(db: db, today: day, dice: dice, journals: journals)
        defer { dice = office.dice }
        return try office.perform(kind).map { Operation(kind: kind, description: $0) }
    }
}

/// One step of an office at work. Each operation answers what it did, or nil where there is nothing
/// that it could be done to; it looks before it writes.
struct Office {
    let db: Database
    let today: Day
    var dice: Dice
    let journals: JournalMaker

    mutating func perform(_ kind: OfficeAtWork.Operation.Kind) throws -> String? {
        switch kind {
        case .addEmployee: try addEmployee()
        case .editEmployee: try editEmployee()
        case .leaveToday: try leaveToday()
        case .leaveLater: try leaveLater()
        case .employeeReturns: try employeeReturns()
        case .flipLogin: try flipLogin()
        case .changeActivation: try changeActivation()
        case .shareEmail: try shareEmail()
        case .mendEmail: try mendEmail()
        case .mergeEmployees: try mergeEmployees()
        case .flipSwitch: try flipSwitch()
        case .flipPermission: try flipPermission()
        case .changeGroups: try changeGroups()
        case .addMember: try addMember()
        case .removeMember: try removeMember()
        case .flipMember: try flipMember()
        case .moveMember: try moveMember()
        case .addClient: try addClient()
        case .editClient: try editClient()
        case .editContact: try editContact()
        case .closeClient: try closeClient()
        case .reopenClient: try reopenClient()
        case .changeStatus: try changeStatus()
        case .flipTeamSecurity: try flipTeamSecurity()
        case .swapCodes: try swapCodes()
        case .importClient: try importClient()
        case .retakeClient: try retakeClient()
        case .mergeClients: try mergeClients()
        case .deleteClient: try deleteClient()
        case .addBusiness: try addBusiness()
        case .editBusiness: try editBusiness()
        case .moveBusiness: try moveBusiness()
        case .deleteBusiness: try deleteBusiness()
        case .renewGrant: try renewGrant()
        case .addCredential: try addCredential()
        case .deleteCredential: try deleteCredential()
        case .addPeriod: try addPeriod()
        case .editPeriod: try editPeriod()
        case .movePeriod: try movePeriod()
        case .flipMode: try flipMode()
        case .changeChart: try changeChart()
        case .deletePeriod: try deletePeriod()
        case .addChart: try addChart()
        case .addNominal: try addNominal()
        case .editNominal: try editNominal()
        case .moveNominal: try moveNominal()
        case .deleteNominal: try deleteNominal()
        case .postJournal: try postJournal()
        case .editLine: try editLine()
        case .deleteJournal: try deleteJournal()
        case .moveJournal: try moveJournal()
        case .replaceLines: try replaceLines()
        }
    }
}
