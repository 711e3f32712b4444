import ArgumentParser
import OneClickClient
import SyncModel

/// The way to OneClick.
struct Connect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the connection to OneClick.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go the way to OneClick hop by hop, and name the one that fails.",
            discussion: """
                Name, route, proxy, encryption, answer, time and enrolment, each with the time it \
                took. Nothing is changed, here or in OneClick. Exit code 0 when all is well, else \
                1.
                """)

        @OptionGroup var common: CommonOptions

        private struct Answer: Encodable {
            var oneclick: String
            var works: Bool
            var hops: [Hop]
        }

        func run() async throws {
            let settings = try await common.settings()
            let hops = try await settings.withLine { line in
                try await ConnectionCheck(
                    url: settings.oneclick, installation: settings.installation, line: line,
                    askStatus: { try await Wiring(settings: settings).cloud(line).status() }
                ).hops()
            }
            let works = hops.allSatisfy { $0.outcome == .ok }
            try common.answer(
                Answer(oneclick: settings.oneclick, works: works, hops: hops),
                Self.text(hops, settings.oneclick))
            if !works { throw ExitCode(1) }
        }

        static func text(_ hops: [Hop], _ address: String) -> String {
            let table = Table(
                ["hop", "", "", ""],
                hops.map { hop in
                    [
                        hop.hop.words, hop.outcome.words,
                        hop.milliseconds.map { "\($0) ms" } ?? "", hop.message,
                    ]
                })
            let lines = table.lines.dropFirst().map { line in
                String(line.reversed().drop { $0 == " " }.reversed())
            }
            let failed = hops.first { $0.outcome == .failed }
            let end =
                failed.map { "What to do about \"\($0.hop.words)\": \($0.hint ?? "")" }
                ?? "The connection to OneClick works."
            return (["The way to OneClick at \(address):", ""] + lines + ["", end])
                .joined(separator: "\n")
        }
    }
}

extension Hop.Name {
    var words: String {
        switch self {
        case .name: "Name"
        case .route: "Route"
        case .proxy: "Proxy"
        case .tls: "Encryption"
        case .answer: "Answer"
        case .time: "Time"
        case .enrolment: "Enrolment"
        }
    }
}

extension Hop.Outcome {
    var words: String {
        switch self {
        case .ok: "ok"
        case .failed: "FAILED"
        case .notReached: "not reached"
        }
    }
}
