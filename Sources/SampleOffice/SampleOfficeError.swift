/// What went wrong in making or working on a sample practice, in words for a person.
public struct SampleOfficeError: Error, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// A number or a date that no practice can have.
        case badOption
        case fileExists
        /// The folder is not there, or may not be written to.
        case cannotWrite
        case noFile
        /// A file, but not a Central with the sample's schema.
        case noCentral
        /// Another program kept the file locked for too long.
        case locked
    }

    public var code: Code
    /// What happened.
    public var message: String
    /// The next step for a person.
    public var hint: String

    public init(_ code: Code, _ message: String, hint: String) {
        (self.code, self.message, self.hint) = (code, message, hint)
    }

    public var description: String { "\(message) \(hint)" }
}
