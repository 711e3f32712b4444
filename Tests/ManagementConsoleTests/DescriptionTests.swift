import Foundation
import Testing
import Yams

@testable import ManagementConsole

/// The API's description, against the API.
@Suite(.serialized)
struct DescriptionTests {
    let office: TestConsole

    init() throws { office = try TestConsole() }

    private typealias Object = [String: Any]

    private func description() async throws -> [String: Any] {
        let answer = try await office.get("/api/v1/openapi.yaml", as: office.jane())
        #expect(answer.headers[.contentType] == "application/yaml")
        return try #require(try Yams.load(yaml: answer.text) as? Object)
    }

    @Test func `every route is described, and every description is one of a route`() async throws {
        let paths = try #require(try await description()["paths"] as? Object)
        let described = paths.flatMap { path, item in
            ((item as? Object)?.keys.sorted() ?? []).map { "\($0.uppercased()) \(path)" }
        }
        let routes = office.console.router().routes.map { "\($0.method.rawValue) \($0.path)" }
            .filter { $0.contains("/api/") || $0.hasSuffix("/console/events") }
        #expect(Set(described) == Set(routes))
    }

    @Test func `every reference leads somewhere`() async throws {
        let description = try await description()
        let text = try await office.get("/api/v1/openapi.yaml", as: office.jane()).text
        let references = text.matches(of: /"#\/([A-Za-z\/]+)"/).map { String($0.output.1) }
        #expect(references.count > 10)
        for reference in references {
            var found: Any? = description
            for part in reference.split(separator: "/") {
                found = (found as? Object)?[String(part)]
            }
            #expect(found != nil, "\(reference)")
        }
    }

    @Test func `what is required of an answer is in it`() async throws {
        let schemas = try #require(
            (try await description()["components"] as? Object)?["schemas"] as? Object)
        let jane = try await office.jane()
        try await office.record(.example("run-1", office.time.now))
        await office.connections.refresh()
        for (uri, schema) in [
            ("/api/v1/status", "Status"), ("/api/v1/runs", "RunSummary"),
            ("/api/v1/records", "RunRecord"), ("/api/v1/runs/run-1", "RunRecord"),
            ("/api/v1/runs/nothing", "Error"),
        ] {
            let text = try await office.get(uri, as: jane).text
            let answer = try JSONSerialization.jsonObject(with: Data(text.utf8))
            let object = try #require((answer as? [Any])?.first as? Object ?? answer as? Object)
            let described = try #require(schemas[schema] as? Object)
            let required = try #require(described["required"] as? [String])
            #expect(Set(required).isSubset(of: object.keys), "\(uri)")
            let properties = try #require(described["properties"] as? Object)
            #expect(Set(object.keys).isSubset(of: properties.keys), "\(uri)")
        }
    }
}
