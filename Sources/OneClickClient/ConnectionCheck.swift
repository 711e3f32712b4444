import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SyncModel
import SyncProtocol

/// Goes the way to OneClick hop by hop, so that the one that fails can be named.
///
/// Nothing changes in OneClick: it is asked for its health and for the practice's status.
public struct ConnectionCheck: Sendable {
    let address: OneClickAddress
    let line: OneClickLine
    private let installation: InstallationID
    private let askStatus: @Sendable () async throws -> StatusAnswer

    /// How far the clocks may be apart: what OneClick tolerates in a signed request.
    static let differenceSecondsMax: Int64 = 60

    /// - Parameter askStatus: asks OneClick by the line, as the installation.
    /// - Throws: `address` if the URL is not one that secrets may be sent to.
    public init(
        url: String, installation: InstallationID, line: OneClickLine,
        askStatus: @escaping @Sendable () async throws -> StatusAnswer
    ) throws {
        try line.network.check(url: url)
        address = try OneClickAddress(url)
        self.installation = installation
        self.line = line
        self.askStatus = askStatus
    }

    /// Every hop; those behind the first that fails are not reached. Throws only when cancelled.
    public func hops() async throws -> [Hop] {
        var trail = Trail()
        do {
            try await connect(&trail)
            let health = try await trail.pass(.answer) { try await askHealth() }
            try await trail.pass(.time) { ((), try compare(health)) }
            try await trail.pass(.enrolment) { ((), try await enrolment()) }
        } catch is Trail.End {}
        return trail.whole
    }

    // MARK: The connection

    private func connect(_ trail: inout Trail) async throws {
        let dialling = Dialling(network: line.network, address: address)
        let next = dialling.next
        try await trail.pass(.name) {
            let found = try await explaining { try await dialling.resolve() }
            return ((), words(name: next.host, found.ipAddress ?? next.host))
        }
        let channel = try await trail.pass(.route) {
            let channel = try await explaining { try await dialling.connect() }
            let shown = channel.remoteAddress?.ipAddress ?? next.host
            return (channel, "\(shown) takes connections on port \(next.port).")
        }
        defer { channel.close(promise: nil) }
        try await trail.pass(.proxy) {
            try await explaining { try await dialling.passProxy(channel) }
            return ((), proxyWords)
        }
        try await trail.pass(.tls) {
            guard address.isSecure else { return ((), Self.plainWords) }
            return ((), words(try await explaining { try await dialling.secure(channel) }))
        }
    }

    private func explaining<T: Sendable>(_ step: () async throws -> T) async throws -> T {
        do {
            return try await step()
        } catch {
            if error is CancellationError || Task.isCancelled { throw CancellationError() }
            throw await line.explained(error, address)
        }
    }

    private func words(name: String, _ found: String) -> String {
        let who = line.network.proxy == nil ? "OneClick's server" : "The proxy"
        return name == found
            ? "\(who) is named by its address, \(found)."
            : "\(who) \(name) is found at \(found)."
    }

    private var proxyWords: String {
        guard let proxy = line.network.proxy else { return "None is configured." }
        return "\(proxy.url) connects to \(address.host), port \(address.port)."
    }

    private static let plainWords = "Not encrypted: OneClick runs on this machine itself."

    private func words(_ certificate: ShownCertificate?) -> String {
        guard let certificate else { return "The server proved who it is." }
        let days = (certificate.validUntil - line.now()).components.seconds / 86_400
        return "The certificate for \(certificate.forWhom) is good until "
            + "\(certificate.validUntil.inUTC) (\(days) days); issued by "
            + "\(certificate.authority)."
    }

    // MARK: OneClick

    private struct Health: Decodable { var status: String }

    /// What the answer says of OneClick's clock, and what this machine's showed meanwhile.
    private struct Clocks: Sendable {
        var theirs: Timestamp?
        var ours: Timestamp
    }

    private func askHealth() async throws -> (Clocks, String) {
        let before = line.now()
        let answer = try await explaining {
            let response = try await line.http.execute(
                HTTPClientRequest(url: address.url + "/health"), timeout: .seconds(20))
            let body = try await response.body.collect(upTo: 1 << 16)
            return Answer(
                status: Int(response.status.code), headers: response.headers,
                bytes: Array(body.readableBytesView))
        }
        let spent = line.now() - before
        let content = try answer.content(type: "application/json", from: address)
        guard (try? WireJSON.decode(Health.self, from: content))?.status == "ok" else {
            throw answer.foreign(address)
        }
        let date = answer.headers.first(name: "date").flatMap(Timestamp.init(httpDate:))
        return (
            Clocks(theirs: date, ours: before + spent / 2), "It is OneClick, and it is well."
        )
    }

    private func compare(_ clocks: Clocks) throws -> String {
        guard let theirs = clocks.theirs else {
            return "OneClick's answer names no time; the clocks could not be compared."
        }
        let difference = (clocks.ours - theirs).components.seconds
        guard abs(difference) > Self.differenceSecondsMax else {
            return "The two clocks agree to \(max(1, abs(difference))) s; up to "
                + "\(Self.differenceSecondsMax) s are tolerated."
        }
        throw SyncError(
            "clock",
            "This server's clock shows \(clocks.ours.inUTC), OneClick's \(theirs.inUTC): "
                + "\(abs(difference)) s \(difference > 0 ? "ahead" : "behind"); up to "
                + "\(Self.differenceSecondsMax) s are tolerated.",
            hint: "Set this server's clock, best by a time service. OneClick refuses what is "
                + "signed with another time, since an old request could be sent once more.")
    }

    private func enrolment() async throws -> String {
        let status = try await askStatus()
        return "OneClick accepts this installation (\(installation)) for \(status.practiceName)."
    }
}

/// The hops that were passed, and the one at which it ended.
private struct Trail {
    private var hops: [Hop] = []

    /// A hop has failed; it stands in the trail.
    struct End: Error {}

    var whole: [Hop] {
        hops
            + Hop.Name.allCases.dropFirst(hops.count).map {
                Hop(hop: $0, outcome: .notReached, message: "")
            }
    }

    /// Goes one hop, and notes how it ended: the step answers what it found, in a sentence.
    mutating func pass<T>(
        _ name: Hop.Name, _ step: () async throws -> (T, String)
    ) async throws -> T {
        let start = ContinuousClock.now
        var hop = Hop(hop: name, outcome: .ok, message: "")
        defer {
            hop.milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
            hops.append(hop)
        }
        do {
            let (value, words) = try await step()
            hop.message = words
            return value
        } catch let error as SyncError {
            hop.outcome = .failed
            hop.message = error.message
            hop.hint = error.hint
            throw End()
        }
    }
}

extension Timestamp {
    /// Of a `Date` header (RFC 9110, 5.6.7): `Sat, 28 Nov 2026 17:23:44 GMT`. Nil for other forms.
    init?(httpDate: String) {
        let parts = httpDate.split(separator: " ")
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        guard parts.count == 6, parts[5] == "GMT",
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = (month < 9 ? "0" : "") + String(month + 1)
        self.init("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}
