import SyncModel
import SyncProtocol
import Testing

@testable import ManagementConsole

/// What a person answers on the page Held removals, and by the API.
@Suite(.serialized)
struct AnswerTests {
    let office: TestConsole
    static let seen = "2026-11-24T07:30:00.123456Z"

    init() throws { office = try TestConsole() }

    private func answer(
        _ fields: KeyValuePairs<String, String>
    ) async throws -> (Answer, [AnswerRequest]) {
        let answer = try await office.post("/console/held", fields, as: office.jane())
        return (answer, office.oneclick.answers)
    }

    @Test(arguments: [RemovalAnswer.approve, .keep])
    func `ticked removals are answered by their keys, whatever was seen`(
        _ word: RemovalAnswer
    ) async throws {
        let (answer, requests) = try await answer([
            "answer": word.rawValue, "table": "clients", "seen": Self.seen, "key": "[17]",
            "key": #"["a b",5]"#,
        ])
        #expect(
            requests == [
                AnswerRequest(
                    answer: word, table: .clients,
                    keys: [Key(17), Key([.text("a b"), .integer(5)])],
                    seenAt: nil, person: "Jane Perry")
            ])
        let said = word == .approve ? "approved" : "kept"
        #expect(answer.location == "/console/held?said=\(said)")
        #expect(try await office.deeds() == ["answer by Jane Perry"])
    }

    @Test func `all means those that the page knew of`() async throws {
        let (_, requests) = try await answer([
            "answer": "approve", "table": "clients", "seen": Self.seen, "all": "yes",
            "key": "[17]",
        ])
        #expect(
            requests == [
                AnswerRequest(
                    answer: .approve, table: .clients, keys: nil, seenAt: Timestamp(Self.seen),
                    person: "Jane Perry")
            ])
    }

    @Test func `whose Central this is, is answered by itself`() async throws {
        let (answer, requests) = try await answer([
            "answer": "approve", "lineage": "yes", "seen": Self.seen,
        ])
        #expect(
            requests == [
                AnswerRequest(
                    answer: .approve, table: nil, keys: nil, seenAt: Timestamp(Self.seen),
                    person: "Jane Perry")
            ])
        #expect(answer.location == "/console/held?said=answered")
    }

    @Test(arguments: [
        ["answer": "approve", "table": "clients"], ["answer": "approve", "lineage": "yes"],
        ["answer": "approve", "all": "yes", "seen": seen], ["answer": "approve", "key": "[17]"],
        ["answer": "delete", "table": "clients", "key": "[17]"],
        ["table": "clients", "key": "[17]"],
        ["answer": "keep", "table": "clients", "key": "17"],
        ["answer": "keep", "table": "clients", "key": "[17"],
        ["answer": "keep", "table": "clients", "key": "[1.5]"],
        ["answer": "keep", "table": "clients", "key": "[null]"],
        ["answer": "keep", "table": "clients", "key": "[[1]]"],
        ["answer": "keep", "table": "clients", "all": "yes", "seen": "yesterday"],
        ["answer": "keep", "table": "clients", "all": "yes"],
    ])
    func `what says nothing clear is refused, and answers nothing`(
        _ fields: [String: String]
    ) async throws {
        let browser = try await office.jane()
        let pairs = fields.map { ($0.key, $0.value) } + [("form_token", browser.formToken)]
        let answer = try await office.send(
            .post, "/console/held", as: browser, body: Array(TestConsole.form(pairs).utf8))
        #expect(answer.status == 400)
        #expect(office.oneclick.answers.isEmpty)
        #expect(try await office.deeds().isEmpty)
    }

    @Test func `a person is told where nothing was held any more`() async throws {
        office.oneclick.answers(.success(AnswerReceipt(answered: 0)))
        let (answer, _) = try await answer([
            "answer": "keep", "table": "clients", "seen": Self.seen, "all": "yes",
        ])
        #expect(answer.location == "/console/held?said=none")
    }

    @Test(arguments: [
        ("held", 409), ("unreachable", 502), ("not_oneclick", 502), ("malformed", 400),
    ])
    func `OneClick's refusal is shown, and nothing is written down`(
        _ code: String, _ status: Int
    ) async throws {
        office.oneclick.answers(
            .failure(
                SyncError(.init(rawValue: code), "This is not so.", hint: "Do something else.")))
        let (answer, _) = try await answer([
            "answer": "keep", "table": "clients", "key": "[17]",
        ])
        #expect(answer.status == status)
        #expect(answer.text.contains("This is not so."))
        #expect(answer.text.contains("Do something else."))
        #expect(try await office.deeds().isEmpty)
    }

    // MARK: Who says it

    @Test func `a session answers for its own person, whomever it names`() async throws {
        let jane = try await office.jane()
        let json = #"{"answer":"approve","table":"clients","keys":[[17]],"person":"The Partner"}"#
        let answer = try await office.call(.post, "/api/v1/answers", json, as: jane)
        #expect(answer.status == 200)
        #expect(try answer.json("answered") == "1")
        #expect(office.oneclick.answers.map(\.person) == ["Jane Perry"])
        let run =
            #"{"kind":"full","trigger":"schedule","purpose":"synchronise","person":"The Partner"}"#
        _ = try await office.call(.post, "/api/v1/runs", run, as: jane)
        #expect(try await office.deeds() == ["answer by Jane Perry", "start by Jane Perry"])
    }

    // MARK: The page

    @Test func `the page has what its forms need`() async throws {
        let key = Key([.text("a \"b\""), .integer(5)])
        await office.oneclickHas(
            [
                .example(.held), .example(.held, key: Key(18), "Another."),
                .example(.kept, .employees, key: key),
                .example(.refused, key: Key(19), "Refused."),
            ], waiting: [.clients: Counts(held: 1_800, errors: 1)],
            question: LineageQuestion(
                message: "Central was restored.", rowsDiffering: 12, mark: nil,
                since: Timestamp("2026-11-24T06:00:00.000001Z")),
            approvals: [
                .init(table: .clients, key: Key(18), until: office.time.now + .seconds(86_400))
            ])
        let page = try await office.get("/console/held", as: office.jane())
        #expect(page.text.contains("Client List: 1,800 records gone from Central"))
        #expect(page.text.contains("Employee List: 1 record kept in OneClick"))
        #expect(page.text.contains(#"name="key" value="[17]""#))
        #expect(page.text.contains(#"name="key" value="[&quot;a \&quot;b\&quot;&quot;,5]""#))
        #expect(page.count("name=\"seen\" value=\"\(Self.seen)\"") == 2)
        #expect(page.count("name=\"seen\" value=\"2026-11-24T06:00:00.000001Z\"") == 1)
        #expect(page.text.contains("Approved until <time"))
        #expect(page.text.contains("Central was restored. 12 records differ."))
        #expect(!page.text.contains("Refused."))
        #expect(!page.text.contains("Nothing waits for an answer."))
    }

    @Test func `the page asks OneClick anew, and says where it does not answer`() async throws {
        let jane = try await office.jane()
        await office.oneclickHas([])
        #expect(
            try await office.get("/console/held", as: jane).text.contains(
                "Nothing waits for an answer."))
        office.oneclick.says(
            .failure(SyncError(.unreachable, "OneClick is away.", hint: "Look at the line.")))
        let page = try await office.get("/console/held", as: jane).text
        #expect(page.contains("OneClick is away. Look at the line."))
    }

    @Test func `errors now are those that OneClick lists, and can be searched`() async throws {
        let jane = try await office.jane()
        await office.oneclickHas(
            [
                .example(.refused, key: Key(1), "The client O'Neill & Co is too long."),
                .example(.refused, .employees, key: Key(2), "The employee Bob has no e-mail."),
                .example(.held, key: Key(3), "The client Ann is gone."),
            ], waiting: [.clients: Counts(held: 1, errors: 1), .employees: Counts(errors: 1)])
        try await office.record(.example("run-0", Timestamp("2026-11-24T07:00:00Z")!))
        try await office.record(.example("run-1", Timestamp("2026-11-24T07:30:00Z")!))
        let all = try await office.get("/console/errors", as: jane).text
        for words in ["3 records", "O&#39;Neill &amp; Co", "Bob", "Ann", ", tried 2 times"] {
            #expect(all.contains(words), "\(words)")
        }
        let some = try await office.get("/console/errors?text=o%27neill+%26", as: jane).text
        #expect(some.contains("O&#39;Neill &amp; Co") && !some.contains("Bob"))
        let none = try await office.get("/console/errors?text=nobody", as: jane).text
        #expect(none.contains("Nothing that waits has this in it."))
        // Held removals have a page of their own.
        #expect(!(try await office.get("/console", as: jane).text.contains("Ann")))
    }
}
