import Logging

/// The keys of log metadata: one list, so that the same thing has the same name in every line.
///
/// Values are names, numbers and identifiers. Never a row's value, a token, a key or a body.
public enum LogKey: String, CaseIterable, Sendable {
    case address
    case bytes
    case code
    case dataSet = "data_set"
    case error
    case fence
    case hint
    case installation
    case method
    case number
    case path
    case practice
    case request
    case rows
    case run
    case seconds
    case status
    case step
    case table
    case until
}

extension Logger.Metadata {
    /// Metadata with keys of the list.
    public static func keyed(_ values: [LogKey: Logger.MetadataValue]) -> Logger.Metadata {
        Dictionary(uniqueKeysWithValues: values.map { ($0.key.rawValue, $0.value) })
    }
}
