import SyncModel

public struct QuietHours: Codable, Hashable, Sendable {
    public var from, to: Int
    public init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }
}
public struct Pause: Codable, Hashable, Sendable {
    public var person: String
    public var reason: String
    public var since: Timestamp
}
public struct Timetable: Codable, Hashable, Sendable {
    public var intervalMinutes = 30
    public var quietHours: QuietHours?
    public var pause: Pause?
}
extension Portal.Status { public var timetable: Timetable { Timetable() } }
extension Portal {
    public func pause(by person: String, reason: String) async throws {}
    public func resume(by person: String) async throws {}
    public func setInterval(minutes: Int, by person: String) async throws {}
    public func setQuietHours(_ hours: QuietHours?, by person: String) async throws {}
}
