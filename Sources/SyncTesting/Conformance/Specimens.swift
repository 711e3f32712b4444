import Catalogue
import SyncModel

/// A table with a column of every type, and one that its query delivers twice.
enum Specimens {
    static func catalogue() throws -> Catalogue {
        try CatalogueDraft(yaml: yaml, file: "the catalogue of specimens").checked()
    }

    private static let yaml = """
        data_sets:
          - { name: Specimens, tables: [specimens, doubled, unnamed] }
        tables:
          specimens:
            key: [id]
            columns:
              id: integer
              whole: integer?
              amount: decimal(9,2)?
              flag: boolean?
              words: text(5)?
              day: date?
              moment: timestamp?
              clock: local_time?
              raw: bytes(4)?
              secret: sealed(5)?
              needed: integer
            query: |
              SELECT id, whole, amount, flag, words, day, moment, clock, raw, secret, needed
              FROM specimen
            watch: { specimen: { key: [id] } }
          doubled:
            key: [id]
            columns: { id: integer }
            query: SELECT s.id FROM specimen AS s CROSS JOIN twice AS t
            watch: { specimen: { key: [id] }, twice: { lookup: SELECT id FROM specimen } }
          unnamed:
            key: [words]
            columns: { words: text(5), id: integer }
            query: SELECT words, id FROM specimen
            watch: { specimen: { key: [words] } }
        """

    /// Columns without a type keep every value as it comes.
    static let sqliteTables = """
        CREATE TABLE specimen (
          id INTEGER PRIMARY KEY AUTOINCREMENT, whole, amount, flag, words, day, moment, clock, raw,
          secret, needed);
        CREATE TABLE twice (id INTEGER PRIMARY KEY AUTOINCREMENT);
        INSERT INTO twice DEFAULT VALUES;
        INSERT INTO twice DEFAULT VALUES;
        """

    static let sqlite: [Specimen] =
        numbers + texts + times + [
            Specimen("raw", "x'00ff'", .value(.bytes([0x00, 0xFF]))),
            Specimen("raw", "x''", .value(.bytes([]))),
            Specimen("secret", "'abcde'", .secret("abcde")),
            Specimen("secret", "''", .secret("")),
            Specimen("secret", "NULL", .value(.null)),
            Specimen("needed", "7", .value(.integer(7))),
            Specimen("needed", "NULL", .refused("missing")),
        ] + refused("raw", "too_long", ["x'0102030405'"])
        + refused("raw", "wrong_type", ["'ab'", "1"])
        + refused("secret", "too_long", ["'abcdef'"])
        + refused("secret", "zero_character", ["'a' || char(0)"])
        + refused("secret", "wrong_type", ["5", "x'61'"])

    private static let numbers: [Specimen] =
        [
            Specimen("whole", "9223372036854775807", .value(.integer(.max))),
            Specimen("whole", "-9223372036854775808", .value(.integer(.min))),
            Specimen("whole", "NULL", .value(.null)),
            Specimen("amount", "12", .value(.integer(1200))),
            Specimen("amount", "'12.3'", .value(.integer(1230))),
            Specimen("amount", "'-0.05'", .value(.integer(-5))),
            Specimen("amount", "'+7.00'", .value(.integer(700))),
            Specimen("amount", "'1.0000'", .value(.integer(100))),
            Specimen("amount", "'9999999.99'", .value(.integer(999_999_999))),
            Specimen("flag", "0", .value(.boolean(false))),
            Specimen("flag", "1", .value(.boolean(true))),
        ]
        + refused("whole", "wrong_type", ["1.0", "'1'", "9223372036854775808", "x'01'", "''"])
        + refused("amount", "wrong_type", ["1.5", "x'31'"])
        + refused(
            "amount", "out_of_range",
            [
                "'1.005'", "'10000000'", "10000000", "''", "'.5'", "'1.'", "'1e3'", "' 1'", "'-'",
                "'1.2.3'", "'NaN'", "'1' || char(1632)",
            ])
        + refused("flag", "wrong_type", ["2", "-1", "1.0", "'true'", "'1'"])

    private static let texts: [Specimen] =
        [
            Specimen("words", "'abcde'", .value(.text("abcde"))),
            Specimen("words", "'株式会社x'", .value(.text("株式会社x"))),
            Specimen("words", "' a  '", .value(.text(" a  "))),
            Specimen("words", "''", .value(.text(""))),
            // Composed and decomposed are two texts: nothing is normalised.
            Specimen("words", "char(233)", .value(.text("\u{E9}"))),
            Specimen("words", "'e' || char(769)", .value(.text("e\u{301}"))),
        ]
        + refused("words", "too_long", ["'abcdef'", "'株式会社xy'"])
        + refused("words", "zero_character", ["'ab' || char(0)", "char(0)"])
        + refused("words", "not_utf8", ["CAST(x'ff' AS TEXT)", "CAST(x'eda080' AS TEXT)"])
        + refused("words", "wrong_type", ["5", "1.5", "x'61'"])

    private static let times: [Specimen] =
        [
            Specimen("day", "'2024-02-29'", .value(.integer(19_782))),
            Specimen("day", "'0001-01-01'", .value(.integer(-719_162))),
            Specimen("day", "'9999-12-31'", .value(.integer(2_932_896))),
            Specimen("moment", "'2026-04-05 13:30:00'", .value(.integer(noon + 5_400_000_000))),
            Specimen("moment", "'2026-04-05T12:00:00.000001Z'", .value(.integer(noon + 1))),
            Specimen("moment", "'2026-04-05 12:00:00.5'", .value(.integer(noon + 500_000))),
            Specimen("clock", "'23:59:59.999999'", .value(.integer(86_399_999_999))),
            Specimen("clock", "'00:00:00'", .value(.integer(0))),
        ]
        + refused(
            "day", "wrong_type",
            [
                "'2026-02-29'", "'2026-2-01'", "'0000-01-01'", "'2026-04-05 00:00:00'",
                "'2026-04-05 '", "''", "20260405", "'05/04/2026'",
            ])
        + refused(
            "moment", "wrong_type",
            [
                "'2026-04-05'", "'2026-04-05 24:00:00'", "'2026-04-05 23:59:60'",
                "'2026-04-05 12:00:00.1234567'", "'2026-04-05 12:00:00+01:00'", "1775390400",
                "'2026-02-29 12:00:00'",
            ])
        + refused("clock", "wrong_type", ["'24:00:00'", "'9:00:00'", "'09:00'", "900"])

    /// 2026-04-05 12:00:00 UTC in microseconds since 1970.
    private static let noon: Int64 = 20_548 * 86_400_000_000 + 43_200_000_000

    private static func refused(
        _ column: String, _ code: String, _ literals: [String]
    ) -> [Specimen] {
        literals.map { Specimen(column, $0, .refused(code)) }
    }
}
