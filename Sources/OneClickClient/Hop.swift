/// One stretch of the way to OneClick, and how far it was found to be good.
public struct Hop: Codable, Hashable, Sendable {
    /// In the order of the way. Each needs those before it.
    public enum Name: String, Codable, CaseIterable, Sendable {
        /// The name leads to an address.
        case name
        /// The address takes connections.
        case route
        /// The proxy lets this server through.
        case proxy
        /// The server proves who it is.
        case tls
        /// It is OneClick.
        case answer
        /// The two clocks agree.
        case time
        /// OneClick accepts this installation.
        case enrolment
    }

    public enum Outcome: String, Codable, Sendable {
        case ok
        case failed
        /// One before it failed.
        case notReached = "not_reached"
    }

    public var hop: Name
    public var outcome: Outcome
    /// What was found, in a sentence; empty where it was not reached.
    public var message: String
    /// What to do; nil unless it failed.
    public var hint: String?
    /// How long it took; nil where it was not reached.
    public var milliseconds: Int?
}
