import ArgumentParser

@main
struct CentralSample: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "central-sample",
        abstract: "Makes a made-up accountancy practice, and plays a busy office in it.",
        discussion: """
            A sample is a SQLite file with the tables of Central: employees, clients, businesses, \
            HMRC credentials (with tokens that are clearly fake) and accounts. Try:

              central-sample create --clients 200 --seed 1 central.sqlite
              central-sample work central.sqlite --rate 2
            """,
        subcommands: [Create.self, Work.self])
}
