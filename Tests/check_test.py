"""Tests of scripts/check: one small world where OneClick equals Central, then one change at a time.

Both files are written by hand, so that neither the product nor the checker decides what is right.
Every test asserts on the message: a checker that says "different" for the wrong reason is wrong.
"""

import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parent.parent / "scripts" / "check"

CENTRAL = """
CREATE TABLE employee (
  id INTEGER PRIMARY KEY, code TEXT, title TEXT, first_name TEXT, last_name TEXT, salutation TEXT,
  work_email TEXT, company_id INTEGER, office_id INTEGER, department_id INTEGER,
  is_super_user INTEGER, login_name TEXT, password_hash TEXT, login_disabled INTEGER,
  oneclick_status TEXT, left_on TEXT);
CREATE TABLE contact (
  id INTEGER PRIMARY KEY, name TEXT, first_name TEXT, last_name TEXT, email TEXT, phone TEXT,
  address_line1 TEXT, address_line2 TEXT, town TEXT, postcode TEXT);
CREATE TABLE client (
  id INTEGER PRIMARY KEY, code TEXT, contact_id INTEGER, contact_type TEXT, company_id INTEGER,
  office_id INTEGER, department_id INTEGER, partner_id INTEGER, manager_id INTEGER, utr TEXT,
  nino TEXT, vrn TEXT, company_number TEXT, status TEXT, closed_on TEXT,
  apply_team_security INTEGER, year_end_month INTEGER, year_end_day INTEGER, oneclick_status TEXT);
CREATE TABLE data_security (
  id INTEGER PRIMARY KEY, by_company INTEGER, by_office INTEGER, by_department INTEGER);
CREATE TABLE client_team (
  id INTEGER PRIMARY KEY, client_id INTEGER, employee_id INTEGER, responsibility TEXT,
  allowed INTEGER);
CREATE TABLE business (
  id INTEGER PRIMARY KEY, client_id INTEGER, name TEXT, trading_name TEXT, kind TEXT, vrn TEXT,
  vat_scheme TEXT, vat_stagger TEXT, nino TEXT, mtd_it_id TEXT, income_source_id TEXT,
  accounting_type TEXT, period_start TEXT, period_end TEXT, commenced_on TEXT, ceased_on TEXT,
  hmrc_credential_id INTEGER);
CREATE TABLE hmrc_credential (
  id INTEGER PRIMARY KEY, level TEXT, scope_id INTEGER, label TEXT, gateway_user_id TEXT, arn TEXT,
  environment TEXT, scopes TEXT, access_token TEXT, access_expires_at TEXT, refresh_token TEXT,
  granted_at TEXT, expires_at TEXT, generation INTEGER, status TEXT);
CREATE TABLE ap_period (
  id INTEGER PRIMARY KEY, client_id INTEGER, period_start TEXT, period_end TEXT, type TEXT,
  entity TEXT, master_pack TEXT, chart_id INTEGER, finalised_at TEXT, oi_mode TEXT);
CREATE TABLE ap_chart (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE ap_nominal (
  id INTEGER PRIMARY KEY, chart_id INTEGER, main_code TEXT, sub_code TEXT, description TEXT,
  category TEXT, kind TEXT);
CREATE TABLE ap_transaction (
  id INTEGER PRIMARY KEY, period_id INTEGER, nominal_id INTEGER, journal_no INTEGER,
  line_no INTEGER, posted_on TEXT, reference TEXT, narrative TEXT, amount_pence INTEGER, kind TEXT,
  source TEXT);
CREATE INDEX ap_transaction_by_period ON ap_transaction (period_id);

-- 1 stays; 2 leaves at the end of the year; 3 leaves on the as-of date; 4 is not activated; 5 may
-- not log in; 6 has the e-mail of 1; 7 has none.
INSERT INTO employee VALUES
  (1, 'AB01', 'Ms', 'Ann', 'Byrne', 'Ann', 'Ann@Firm.example', 1, 1, 1, 1, 'ann', 'hash', 0,
   'activated', NULL),
  (2, 'TE02 ', NULL, 'Tom', 'O''Neill', NULL, 'tom@firm.example', 1, 2, NULL, 0, 'tom', 'hash', 0,
   'activated', '2026-12-31'),
  (3, 'LV03', NULL, 'Lea', 'Vogel', NULL, 'lea@firm.example', 1, 1, 1, 0, 'lea', 'hash', 0,
   'activated', '2026-11-24'),
  (4, 'PE04', NULL, 'Pen', 'Ding', NULL, 'pen@firm.example', 1, 1, 1, 0, 'pen', 'hash', 0,
   'pending', NULL),
  (5, 'DI05', NULL, 'Dis', 'Abled', NULL, 'dis@firm.example', 1, 1, 1, 0, 'dis', 'hash', 1,
   'activated', NULL),
  (6, 'DU06', NULL, 'Du', 'Plicate', NULL, ' ann@firm.EXAMPLE ', 1, 1, 1, 0, 'du', 'hash', 0,
   'activated', NULL),
  (7, 'NO07', NULL, 'No', 'Mail', NULL, ' ', 1, 1, 1, 0, 'no', 'hash', 0, 'activated', NULL);
INSERT INTO contact VALUES
  (11, 'Café Royal', NULL, NULL, 'cafe@royal.example', '020', '1 High St', '', 'Leeds', 'LS1 1AA'),
  (12, '株式会社', 'Ken', 'Sato', NULL, NULL, NULL, NULL, NULL, NULL),
  (13, 'Closed Ltd', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO client VALUES
  (1, 'CR01', 11, 'limited_company', 1, 1, 1, 1, 2, '1123456789', NULL, '101747696', '00445790',
   'active', NULL, 1, 3, 31, 'activated'),
  (2, 'KS02', 12, 'individual', NULL, NULL, NULL, NULL, NULL, NULL, 'AA123456A', NULL, NULL,
   'suspended', NULL, 0, 4, 5, NULL),
  (3, 'CL03', 13, 'limited_company', 1, 1, 1, 1, 1, NULL, NULL, NULL, NULL,
   'closed', '2026-10-01', 0, 3, 31, NULL),
  (4, 'NC04', 99, 'other', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   'prospect', NULL, 0, NULL, NULL, NULL);
INSERT INTO data_security VALUES (1, 0, 1, 0);
INSERT INTO client_team VALUES
  (21, 1, 1, 'partner', 1), (22, 1, 2, NULL, 0), (23, 1, 6, 'manager', 1), (24, 2, 3, NULL, 1),
  (25, 3, 1, NULL, 1), (26, 2, 2, NULL, 1);
INSERT INTO business VALUES
  (31, 1, 'Café Royal', 'Royal', 'vat', '101747696', 'cash', '1', NULL, NULL, NULL, 'accruals',
   '2026-01-01', '2026-12-31', '2019-02-28', NULL, 41),
  (32, 2, 'Sato lettings', NULL, 'uk-property', NULL, NULL, NULL, 'AA123456A', 'XQIT00000000001',
   'XAIS12345678910', NULL, NULL, NULL, NULL, '2026-04-05', NULL),
  (33, 3, 'Closed', NULL, 'vat', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL);
INSERT INTO hmrc_credential VALUES
  (41, 'practice', NULL, 'Agent', 'gw-1', 'TARN0000001', 'live', 'read:vat write:vat',
   'access-token-of-41', '2026-11-24T12:00:00.5Z', 'refresh-token-of-41', '2026-01-01 00:00:00',
   '2027-07-01 00:00:00.123456', 3, 'authorised'),
  (42, 'employee', 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL),
  (43, 'employee', 3, NULL, NULL, NULL, NULL, NULL, 'access-token-of-43', NULL, NULL, NULL, NULL, 1,
   NULL),
  (44, 'elsewhere', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL);
INSERT INTO ap_chart VALUES (61, 'Limited company'), (62, 'Of a closed client'), (63, 'Unused');
INSERT INTO ap_period VALUES
  (51, 1, '2025-04-01', '2026-03-31', 'company', 'Limited (FRS 102)', 'pack', 61,
   '2026-06-30 10:00:00', 'transactions'),
  (52, 1, '2024-04-01', '2025-03-31', 'company', NULL, NULL, 61, NULL, 'trial_balance'),
  (53, 2, NULL, NULL, 'sole_trader', NULL, NULL, NULL, NULL, 'transactions'),
  (54, 3, NULL, NULL, 'company', NULL, NULL, 62, NULL, 'transactions');
INSERT INTO ap_nominal VALUES
  (71, 61, '100', '01', 'Sales', 'income', 'pl'), (72, 61, '200', NULL, 'Bank', NULL, 'bs'),
  (73, 61, ' ', NULL, 'Without code', NULL, NULL), (74, 62, '100', NULL, 'Sales', NULL, NULL),
  (75, 63, '100', NULL, 'Sales', NULL, NULL);
INSERT INTO ap_transaction VALUES
  (81, 51, 71, 1, 1, '2025-05-01', 'INV 1', 'Sale', -120000, 'journal', 'import'),
  (82, 51, 72, 1, 2, '2025-05-01', NULL, 'trailing ', 120000, 'journal', NULL),
  (83, 52, 71, NULL, NULL, NULL, NULL, NULL, 1, 'journal', NULL),
  (84, 54, 71, NULL, NULL, NULL, NULL, NULL, 2, 'journal', NULL),
  (85, 53, 71, NULL, NULL, NULL, NULL, NULL, 9223372036854775807, 'receipt', NULL);
"""

ONECLICK = """
CREATE TABLE practices (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE checkpoints (
  practice_id INTEGER NOT NULL, table_name TEXT NOT NULL, as_of TEXT NOT NULL,
  PRIMARY KEY (practice_id, table_name)) STRICT;
CREATE TABLE exceptions (
  practice_id INTEGER NOT NULL, table_name TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL,
  code TEXT NOT NULL, column_name TEXT, message TEXT NOT NULL, hint TEXT NOT NULL,
  since TEXT NOT NULL, origin_table TEXT, origin_key TEXT, row_count INTEGER NOT NULL,
  PRIMARY KEY (practice_id, table_name, key, kind)) STRICT, WITHOUT ROWID;
CREATE TABLE employees (
  practice_id INTEGER NOT NULL, id INTEGER NOT NULL, code TEXT NOT NULL, title TEXT,
  first_name TEXT, last_name TEXT, salutation TEXT, work_email TEXT, company_id INTEGER,
  office_id INTEGER, department_id INTEGER, is_super_user INTEGER NOT NULL,
  oneclick_status TEXT NOT NULL, left_on TEXT,
  PRIMARY KEY (practice_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE clients (
  practice_id INTEGER NOT NULL, id INTEGER NOT NULL, code TEXT NOT NULL,
  contact_id INTEGER NOT NULL, contact_type TEXT NOT NULL, company_id INTEGER, office_id INTEGER,
  department_id INTEGER, partner_id INTEGER, manager_id INTEGER, utr TEXT, nino TEXT, vrn TEXT,
  company_number TEXT, status TEXT NOT NULL, closed_on TEXT, apply_team_security INTEGER NOT NULL,
  year_end_month INTEGER, year_end_day INTEGER, oneclick_status TEXT, name TEXT, first_name TEXT,
  last_name TEXT, email TEXT, phone TEXT, address_line1 TEXT, address_line2 TEXT, town TEXT,
  postcode TEXT, PRIMARY KEY (practice_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE data_security (
  practice_id INTEGER NOT NULL, id INTEGER NOT NULL, by_company INTEGER NOT NULL,
  by_office INTEGER NOT NULL, by_department INTEGER NOT NULL,
  PRIMARY KEY (practice_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE client_team (
  practice_id INTEGER NOT NULL, client_id INTEGER NOT NULL, id INTEGER NOT NULL,
  employee_id INTEGER NOT NULL, responsibility TEXT, allowed INTEGER NOT NULL,
  PRIMARY KEY (practice_id, client_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE businesses (
  practice_id INTEGER NOT NULL, client_id INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT,
  trading_name TEXT, kind TEXT NOT NULL, vrn TEXT, vat_scheme TEXT, vat_stagger TEXT, nino TEXT,
  mtd_it_id TEXT, income_source_id TEXT, accounting_type TEXT, period_start TEXT, period_end TEXT,
  commenced_on TEXT, ceased_on TEXT, hmrc_credential_id INTEGER,
  PRIMARY KEY (practice_id, client_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE hmrc_credentials (
  practice_id INTEGER NOT NULL, id INTEGER NOT NULL, level TEXT NOT NULL, scope_id INTEGER,
  label TEXT, gateway_user_id TEXT, arn TEXT, environment TEXT, scopes TEXT, access_token BLOB,
  access_token_vault_key TEXT, access_token_fingerprint BLOB, access_expires_at TEXT,
  refresh_token BLOB, refresh_token_vault_key TEXT, refresh_token_fingerprint BLOB,
  granted_at TEXT, expires_at TEXT, generation INTEGER NOT NULL, status TEXT,
  PRIMARY KEY (practice_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE ap_periods (
  practice_id INTEGER NOT NULL, client_id INTEGER NOT NULL, id INTEGER NOT NULL,
  period_start TEXT, period_end TEXT, type TEXT NOT NULL, entity TEXT, master_pack TEXT,
  chart_id INTEGER, finalised_at TEXT, oi_mode TEXT NOT NULL,
  PRIMARY KEY (practice_id, client_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE ap_charts (
  practice_id INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT,
  PRIMARY KEY (practice_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE ap_nominals (
  practice_id INTEGER NOT NULL, chart_id INTEGER NOT NULL, id INTEGER NOT NULL, main_code TEXT,
  sub_code TEXT, description TEXT, category TEXT, kind TEXT,
  PRIMARY KEY (practice_id, chart_id, id)) STRICT, WITHOUT ROWID;
CREATE TABLE ap_transactions (
  practice_id INTEGER NOT NULL, period_id INTEGER NOT NULL, id INTEGER NOT NULL,
  nominal_id INTEGER NOT NULL, journal_no INTEGER, line_no INTEGER, posted_on TEXT,
  reference TEXT, narrative TEXT, amount_pence INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT,
  PRIMARY KEY (practice_id, period_id, id)) STRICT, WITHOUT ROWID;

INSERT INTO practices VALUES (1, 'The firm');
INSERT INTO checkpoints SELECT 1, value, '2026-11-24' FROM json_each(
  '["employees", "clients", "data_security", "client_team", "businesses", "hmrc_credentials",
    "ap_periods", "ap_charts", "ap_nominals", "ap_transactions"]');
INSERT INTO exceptions VALUES
  (1, 'employees', '[6]', 'refused', 'duplicate_email', 'work_email',
   'Du Plicate (DU06) has the same work e-mail as Ann Byrne (AB01), who keeps it', 'hint',
   '2026-11-01 00:00:00.000000', NULL, NULL, 1),
  (1, 'employees', '[7]', 'refused', 'no_email', 'work_email',
   'No Mail (NO07) has no work e-mail', 'hint', '2026-11-01 00:00:00.000000', NULL, NULL, 1),
  (1, 'ap_nominals', '[61,73]', 'refused', 'no_code', 'main_code', 'Without code has no code',
   'hint', '2026-11-01 00:00:00.000000', NULL, NULL, 1);
INSERT INTO employees VALUES
  (1, 1, 'AB01', 'Ms', 'Ann', 'Byrne', 'Ann', 'Ann@Firm.example', 1, 1, 1, 1, 'activated', NULL),
  (1, 2, 'TE02 ', NULL, 'Tom', 'O''Neill', NULL, 'tom@firm.example', 1, 2, NULL, 0, 'activated',
   '2026-12-31');
INSERT INTO clients VALUES
  (1, 1, 'CR01', 11, 'limited_company', 1, 1, 1, 1, 2, '1123456789', NULL, '101747696', '00445790',
   'active', NULL, 1, 3, 31, 'activated', 'Café Royal', NULL, NULL, 'cafe@royal.example', '020',
   '1 High St', '', 'Leeds', 'LS1 1AA'),
  (1, 2, 'KS02', 12, 'individual', NULL, NULL, NULL, NULL, NULL, NULL, 'AA123456A', NULL, NULL,
   'suspended', NULL, 0, 4, 5, NULL, '株式会社', 'Ken', 'Sato', NULL, NULL, NULL, NULL, NULL,
   NULL),
  (1, 4, 'NC04', 99, 'other', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'prospect',
   NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO data_security VALUES (1, 1, 0, 1, 0);
INSERT INTO client_team VALUES
  (1, 1, 21, 1, 'partner', 1), (1, 1, 22, 2, NULL, 0), (1, 1, 23, 6, 'manager', 1),
  (1, 2, 26, 2, NULL, 1);
INSERT INTO businesses VALUES
  (1, 1, 31, 'Café Royal', 'Royal', 'vat', '101747696', 'cash', '1', NULL, NULL, NULL, 'accruals',
   '2026-01-01', '2026-12-31', '2019-02-28', NULL, 41),
  (1, 2, 32, 'Sato lettings', NULL, 'uk-property', NULL, NULL, NULL, 'AA123456A',
   'XQIT00000000001', 'XAIS12345678910', NULL, NULL, NULL, NULL, '2026-04-05', NULL);
-- The cipher texts are 48 bytes longer than the 18 and 19 of the tokens.
INSERT INTO hmrc_credentials VALUES
  (1, 41, 'practice', NULL, 'Agent', 'gw-1', 'TARN0000001', 'live', 'read:vat write:vat',
   randomblob(66), 'vault-1', randomblob(32), '2026-11-24 12:00:00.500000', randomblob(67),
   'vault-1', randomblob(32), '2026-01-01 00:00:00.000000', '2027-07-01 00:00:00.123456', 3,
   'authorised'),
  (1, 42, 'employee', 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, 0, NULL);
INSERT INTO ap_charts VALUES (1, 61, 'Limited company');
INSERT INTO ap_periods VALUES
  (1, 1, 51, '2025-04-01', '2026-03-31', 'company', 'Limited (FRS 102)', 'pack', 61,
   '2026-06-30 10:00:00.000000', 'transactions'),
  (1, 1, 52, '2024-04-01', '2025-03-31', 'company', NULL, NULL, 61, NULL, 'trial_balance'),
  (1, 2, 53, NULL, NULL, 'sole_trader', NULL, NULL, NULL, NULL, 'transactions');
INSERT INTO ap_nominals VALUES
  (1, 61, 71, '100', '01', 'Sales', 'income', 'pl'), (1, 61, 72, '200', NULL, 'Bank', NULL, 'bs');
INSERT INTO ap_transactions VALUES
  (1, 51, 81, 71, 1, 1, '2025-05-01', 'INV 1', 'Sale', -120000, 'journal', 'import'),
  (1, 51, 82, 72, 1, 2, '2025-05-01', NULL, 'trailing ', 120000, 'journal', NULL),
  (1, 53, 85, 71, NULL, NULL, NULL, NULL, NULL, 9223372036854775807, 'receipt', NULL);
"""
ROWS = 23
EQUAL = f"equal: {ROWS} rows in 10 tables, 3 exceptions justified\n"

# OneClick's table: Central's table, the first row's key there and here as a condition.
FIRST = {
    "employees": ("employee", "id = 1", "1"),
    "clients": ("client", "id = 1", "1"),
    "data_security": ("data_security", "id = 1", "1"),
    "client_team": ("client_team", "id = 21", "[1, 21]"),
    "businesses": ("business", "id = 31", "[1, 31]"),
    "hmrc_credentials": ("hmrc_credential", "id = 41", "41"),
    "ap_periods": ("ap_period", "id = 51", "[1, 51]"),
    "ap_charts": ("ap_chart", "id = 61", "61"),
    "ap_nominals": ("ap_nominal", "id = 71", "[61, 71]"),
    "ap_transactions": ("ap_transaction", "id = 81", "[51, 81]"),
}
KEYS = {"practice_id", "id"}
CONTACT = {
    "name", "first_name", "last_name", "email", "phone", "address_line1", "address_line2", "town",
    "postcode",
}
# Columns that decide scope, or whose NULL breaks a rule: they have tests of their own.
DECISIVE = {
    "left_on", "oneclick_status", "status", "oi_mode", "level", "work_email", "main_code", "kind",
    "code", "is_super_user", "contact_id", "contact_type", "apply_team_security", "by_company",
    "by_office", "by_department", "employee_id", "allowed", "generation", "type", "nominal_id",
    "amount_pence",
}
PATHS = {
    "client_team": "client_id", "businesses": "client_id", "ap_periods": "client_id",
    "ap_nominals": "chart_id", "ap_transactions": "period_id",
}


def exception(table, key, kind, code="held", column=None, message="", origin=None, rows=None):
    """SQL that records an exception of practice 1."""
    origin_table, origin_key = origin or (None, None)
    values = [
        table, json.dumps(key, separators=(",", ":")), kind, code, column, message, "hint",
        "2026-11-01 00:00:00.000000", origin_table,
        json.dumps(origin_key) if origin_key else None,
        str((0 if origin else 1) if rows is None else rows),
    ]
    quoted = ("NULL" if v is None else "'" + v.replace("'", "''") + "'" for v in values)
    return f"INSERT INTO exceptions VALUES (1, {', '.join(quoted)})"


def columns_of(table):
    with sqlite3.connect(":memory:") as db:
        db.executescript(ONECLICK)
        return [(row[1], row[2]) for row in db.execute(f"PRAGMA table_info({table})")]


def setUpModule():
    global WORLD
    WORLD = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(WORLD.cleanup)
    for name, script in (("central", CENTRAL), ("oneclick", ONECLICK)):
        db = sqlite3.connect(pathlib.Path(WORLD.name) / f"{name}.sqlite")
        db.executescript(f"BEGIN; {script} COMMIT;")
        db.close()


class CheckCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def build(self, central=(), oneclick=()):
        for name, changes in (("central", central), ("oneclick", oneclick)):
            path = self.folder / f"{name}.sqlite"
            shutil.copyfile(pathlib.Path(WORLD.name) / path.name, path)
            db = sqlite3.connect(path)
            db.execute("PRAGMA synchronous = off")
            for sql in [changes] if isinstance(changes, str) else changes:
                self.assertNotEqual(db.execute(sql).rowcount, 0, f"changes nothing: {sql}")
            db.commit()
            db.close()

    def run_check(self, *arguments, paths=("central.sqlite", "oneclick.sqlite")):
        done = subprocess.run(
            [sys.executable, CHECK, *paths, *arguments], cwd=self.folder, capture_output=True,
            text=True, encoding="utf-8", check=False)
        self.assertNotIn("Traceback", done.stderr)
        return done

    def assert_equal(self, central=(), oneclick=(), arguments=(), says=EQUAL):
        self.build(central, oneclick)
        done = self.run_check(*arguments)
        self.assertEqual((done.stdout, done.stderr, done.returncode), (says, "", 0))

    def assert_different(self, *lines, central=(), oneclick=(), arguments=()):
        """Exactly these lines, in any order, and nothing else but the summary."""
        self.build(central, oneclick)
        done = self.run_check(*arguments)
        found = done.stdout.splitlines()
        self.assertEqual(sorted(found[:-1]), sorted(lines), done.stderr)
        self.assertRegex(found[-1], rf"^different: {len(lines)} differences in \d+ tables$")
        self.assertEqual((done.returncode, done.stderr), (1, ""))

    def assert_unusable(self, message, *arguments, **paths):
        done = self.run_check(*arguments, **paths)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(message, done.stderr)


MISSING = "is missing; expected the row of Central"
EXTRA = (
    "is in OneClick but not in scope in Central; expected no row, or a held or kept exception")
ORDER = "is of a row that is in order, or not in scope; expected that it has ended"
COVERS_NOTHING = "covers no row that is gone from Central; expected that it has ended"


def differs(*fields):
    return f"differs in {', '.join(fields)}; expected the values of Central"


def breaks(codes, columns):
    return f"breaks a rule ({codes}) in {columns}; expected a refused exception"


class EqualTest(CheckCase):
    def test_equal(self):
        self.assert_equal()

    def test_equal_while_both_are_open_in_wal_mode(self):
        self.build()
        for name in ("central", "oneclick"):
            db = sqlite3.connect(self.folder / f"{name}.sqlite")
            self.addCleanup(db.close)
            db.execute("PRAGMA journal_mode = wal")
        # The last word is in OneClick's WAL alone.
        db.execute("UPDATE ap_charts SET name = 'other'")
        db.commit()
        self.assertTrue((self.folder / "oneclick.sqlite-wal").stat().st_size)
        done = self.run_check()
        self.assertIn(f"ap_charts 61: {differs('name')}\n", done.stdout)

    def test_does_not_tidy_up_after_others(self):
        self.build()
        copy = self.folder / "copy.sqlite"
        db = sqlite3.connect(self.folder / "oneclick.sqlite")
        db.execute("PRAGMA journal_mode = wal")
        db.execute("UPDATE ap_charts SET name = 'other'")
        db.commit()
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{self.folder / 'oneclick.sqlite'}{suffix}", f"{copy}{suffix}")
        db.close()
        before = [pathlib.Path(f"{copy}{suffix}").read_bytes() for suffix in ("", "-wal")]
        done = self.run_check(paths=("central.sqlite", "copy.sqlite"))
        self.assertIn(f"ap_charts 61: {differs('name')}\n", done.stdout)
        after = [pathlib.Path(f"{copy}{suffix}").read_bytes() for suffix in ("", "-wal")]
        self.assertEqual(after, before)

    def test_leaves_both_files_as_they_were(self):
        self.build()
        files = [self.folder / f"{name}.sqlite" for name in ("central", "oneclick")]
        before = [file.read_bytes() for file in files]
        self.run_check()
        self.assertEqual([file.read_bytes() for file in files], before)

    def test_json(self):
        self.build()
        answer = json.loads(self.run_check("--json").stdout)
        self.assertIs(answer["equal"], True)
        self.assertEqual(sum(answer["rows"].values()), ROWS)
        self.assertEqual(answer["rows"]["ap_transactions"], 3)
        self.assertEqual((answer["exceptions"], answer["differences"]), (3, []))
        self.assertEqual(answer["as_of"]["clients"], "2026-11-24")

    def test_json_of_a_difference(self):
        self.build(oneclick="UPDATE clients SET town = 'York' WHERE id = 1")
        done = self.run_check("--json")
        answer = json.loads(done.stdout)
        self.assertEqual((done.returncode, answer["equal"]), (1, False))
        self.assertEqual(answer["difference_counts"], {"clients": 1})
        self.assertEqual(answer["differences"], [{
            "table": "clients", "key": [1], "what": "differs", "fields": ["town"],
            "expected": "the values of Central"}])

    def test_accepted_forms_of_a_time(self):
        for form in (
            "2026-06-30T10:00:00Z", "2026-06-30 10:00:00.0", "2026-06-30T10:00:00.000000",
        ):
            with self.subTest(form):
                self.assert_equal(f"UPDATE ap_period SET finalised_at = '{form}' WHERE id = 51")


class EveryTableTest(CheckCase):
    def test_missing_row(self):
        for table, (_, condition, key) in FIRST.items():
            with self.subTest(table):
                self.assert_different(
                    f"{table} {key}: {MISSING}", oneclick=f"DELETE FROM {table} WHERE {condition}")

    def test_extra_row(self):
        for table, (_, condition, key) in FIRST.items():
            others = [name for name, _ in columns_of(table) if name != "id"]
            with self.subTest(table):
                self.assert_different(
                    f"{table} {key.replace(condition[5:], '900')}: {EXTRA}",
                    oneclick=f"INSERT INTO {table} (id, {', '.join(others)}) "
                    f"SELECT 900, {', '.join(others)} FROM {table} WHERE {condition}")

    def test_every_changed_field_in_oneclick(self):
        for table, (_, condition, key) in FIRST.items():
            for name, kind in columns_of(table):
                if name in KEYS or name == PATHS.get(table) or "_token" in name:
                    continue
                changed = "7777" if kind == "INTEGER" else "'2001-01-01'"
                with self.subTest(f"{table}.{name}"):
                    self.assert_different(
                        f"{table} {key}: {differs(name)}",
                        oneclick=f"UPDATE {table} SET {name} = {changed} WHERE {condition}")

    def test_every_field_that_became_null_or_has_a_value_now(self):
        for table, (base, condition, key) in FIRST.items():
            for name, kind in columns_of(table):
                contact = table == "clients" and name in CONTACT
                if name in KEYS | DECISIVE or name == PATHS.get(table) or "_token" in name:
                    continue
                here = ("contact", "id = 11") if contact else (base, condition)
                value = "7" if kind == "INTEGER" else "'2001-01-01'"
                if name.endswith("_at"):
                    value = "'2001-01-01 00:00:00'"
                sql = (
                    f"UPDATE {here[0]} SET {name} = iif({name} IS NULL, {value}, NULL) "
                    f"WHERE {here[1]}")
                with self.subTest(f"{table}.{name}"):
                    self.build(sql)
                    done = self.run_check()
                    self.assertEqual(done.returncode, 1)
                    self.assertIn(f"{table} {key}: {differs(name)}\n", done.stdout)

    def test_row_of_central_is_gone(self):
        for table, (base, condition, key) in FIRST.items():
            self.build(f"DELETE FROM {base} WHERE {condition}")
            done = self.run_check()
            with self.subTest(table):
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"{table} {key}: {EXTRA}\n", done.stdout)

    def test_empty_oneclick(self):
        self.assert_different(
            *(f"{table} {key}: {MISSING}" for table, key in (
                ("employees", "1"), ("employees", "2"), ("clients", "1"), ("clients", "2"),
                ("clients", "4"), ("data_security", "1"), ("client_team", "[1, 21]"),
                ("client_team", "[1, 22]"), ("client_team", "[1, 23]"), ("client_team", "[2, 26]"),
                ("businesses", "[1, 31]"), ("businesses", "[2, 32]"), ("hmrc_credentials", "41"),
                ("hmrc_credentials", "42"), ("ap_periods", "[1, 51]"), ("ap_periods", "[1, 52]"),
                ("ap_periods", "[2, 53]"), ("ap_charts", "61"), ("ap_nominals", "[61, 71]"),
                ("ap_nominals", "[61, 72]"), ("ap_transactions", "[51, 81]"),
                ("ap_transactions", "[51, 82]"), ("ap_transactions", "[53, 85]"))),
            oneclick=[f"DELETE FROM {table}" for table in FIRST])


class ScopeTest(CheckCase):
    def test_leaving_date_passes(self):
        gone = [
            f"employees 2: {EXTRA}", f"client_team [1, 22]: {EXTRA}",
            f"client_team [2, 26]: {EXTRA}", f"hmrc_credentials 42: {EXTRA}"]
        self.assert_different(*gone, arguments=["--as-of", "2026-12-31"])
        self.assert_equal(arguments=["--as-of", "2026-12-30"])

    def test_leaving_date_has_not_passed_yet(self):
        self.assert_different(
            f"employees 3: {MISSING}", f"client_team [2, 24]: {MISSING}",
            f"hmrc_credentials 43: {MISSING}", arguments=["--as-of", "2026-11-23"])

    def test_wrong_as_of_of_the_checkpoints(self):
        self.assert_different(
            f"employees 3: {MISSING}", f"client_team [2, 24]: {MISSING}",
            f"hmrc_credentials 43: {MISSING}", oneclick="UPDATE checkpoints SET as_of='2026-11-23'")

    def test_wrong_as_of_of_one_checkpoint(self):
        self.assert_different(
            f"client_team [2, 24]: {MISSING}",
            oneclick="UPDATE checkpoints SET as_of='2026-11-23' WHERE table_name='client_team'")

    def test_today_where_there_is_no_checkpoint(self):
        past, future = "2001-01-01", "9999-12-30"
        self.assert_equal(
            central=[
                f"UPDATE employee SET left_on = '{past}' WHERE id = 3",
                f"UPDATE employee SET left_on = '{future}' WHERE id = 2"],
            oneclick=[
                "DELETE FROM checkpoints",
                f"UPDATE employees SET left_on = '{future}' WHERE id = 2"])

    def test_reasons_to_leave_the_employee_list(self):
        gone = [
            f"employees 2: {EXTRA}", f"client_team [1, 22]: {EXTRA}",
            f"client_team [2, 26]: {EXTRA}", f"hmrc_credentials 42: {EXTRA}"]
        for change in (
            "login_disabled = 1", "login_disabled = NULL", "login_disabled = 'yes'",
            "oneclick_status = 'suspended'", "oneclick_status = 'none'", "left_on = '2026-11-24'",
            "left_on = '2020-01-01'",
        ):
            with self.subTest(change):
                self.assert_different(
                    *gone, central=f"UPDATE employee SET {change} WHERE id = 2")

    def test_reasons_to_come_to_the_employee_list(self):
        for identifier, change in (
            (3, "left_on = NULL"), (4, "oneclick_status = 'activated'"), (5, "login_disabled = 0"),
        ):
            lines = [f"employees {identifier}: {MISSING}"]
            if identifier == 3:
                lines += [f"client_team [2, 24]: {MISSING}", f"hmrc_credentials 43: {MISSING}"]
            with self.subTest(change):
                self.assert_different(
                    *lines, central=f"UPDATE employee SET {change} WHERE id = {identifier}")

    def test_empty_leaving_date_is_none(self):
        self.assert_equal(
            central="UPDATE employee SET left_on = '' WHERE id = 2",
            oneclick="UPDATE employees SET left_on = NULL WHERE id = 2")

    def test_leaving_date_that_is_none_is_refused_not_left_out(self):
        self.assert_different(
            f"employees 2: {breaks('wrong_type', 'left_on')}",
            central="UPDATE employee SET left_on = '01/02/2020' WHERE id = 2")

    def test_client_is_closed_with_everything_below(self):
        self.assert_different(
            *(f"{row}: {EXTRA}" for row in (
                "clients 1", "client_team [1, 21]", "client_team [1, 22]", "client_team [1, 23]",
                "businesses [1, 31]", "ap_periods [1, 51]", "ap_periods [1, 52]", "ap_charts 61",
                "ap_nominals [61, 71]", "ap_nominals [61, 72]", "ap_transactions [51, 81]",
                "ap_transactions [51, 82]")),
            "ap_nominals [61, 73]: refused exception (no_code) " + ORDER,
            central="UPDATE client SET status = 'closed' WHERE id = 1")

    def test_client_is_reopened_with_everything_below(self):
        self.assert_different(
            *(f"{row}: {MISSING}" for row in (
                "clients 3", "client_team [3, 25]", "businesses [3, 33]", "ap_periods [3, 54]",
                "ap_charts 62", "ap_nominals [62, 74]", "ap_transactions [54, 84]")),
            central="UPDATE client SET status = 'active' WHERE id = 3")

    def test_client_without_status_is_not_closed(self):
        self.assert_different(
            f"clients 2: {breaks('missing', 'status')}",
            central="UPDATE client SET status = NULL WHERE id = 2")

    def test_lines_go_with_trial_balance_and_return(self):
        self.assert_different(
            f"ap_periods [2, 53]: {differs('oi_mode')}", f"ap_transactions [53, 85]: {EXTRA}",
            central="UPDATE ap_period SET oi_mode = 'trial_balance' WHERE id = 53")
        self.assert_different(
            f"ap_periods [1, 52]: {differs('oi_mode')}", f"ap_transactions [52, 83]: {MISSING}",
            central="UPDATE ap_period SET oi_mode = 'transactions' WHERE id = 52")

    def test_lines_of_a_trial_balance_that_stayed(self):
        self.assert_different(
            f"ap_transactions [52, 83]: {EXTRA}",
            oneclick="INSERT INTO ap_transactions VALUES "
            "(1, 52, 83, 71, NULL, NULL, NULL, NULL, NULL, 1, 'journal', NULL)")

    def test_chart_of_a_period_in_scope(self):
        self.assert_different(
            f"ap_periods [2, 53]: {differs('chart_id')}", f"ap_charts 63: {MISSING}",
            f"ap_nominals [63, 75]: {MISSING}",
            central="UPDATE ap_period SET chart_id = 63 WHERE id = 53")

    def test_credential_of_another_level(self):
        self.assert_different(
            f"hmrc_credentials 44: {MISSING}",
            central="UPDATE hmrc_credential SET level = 'office' WHERE id = 44")
        self.assert_different(
            f"hmrc_credentials 41: {EXTRA}",
            central="UPDATE hmrc_credential SET level = 'employee' WHERE id = 41")

    def test_row_moves_to_another_parent(self):
        self.assert_different(
            f"businesses [2, 32]: {EXTRA}", f"businesses [1, 32]: {MISSING}",
            central="UPDATE business SET client_id = 1 WHERE id = 32")


class ValueTest(CheckCase):
    def test_swapped_values(self):
        self.assert_different(
            f"ap_transactions [51, 81]: {differs('amount_pence')}",
            f"ap_transactions [51, 82]: {differs('amount_pence')}",
            oneclick="UPDATE ap_transactions SET amount_pence = -amount_pence WHERE id < 85")
        self.assert_different(
            f"clients 1: {differs('name', 'town')}",
            oneclick="UPDATE clients SET name = town, town = name WHERE id = 1")

    def test_small_differences(self):
        for table, change, field in (
            ("employees", "code = 'TE02' WHERE id = 2", "code"),
            ("clients", "address_line2 = NULL WHERE id = 1", "address_line2"),
            ("clients", "name = 'Cafe\u0301 Royal' WHERE id = 1", "name"),
            ("clients", "email = 'Cafe@royal.example' WHERE id = 1", "email"),
            ("ap_transactions", "narrative = 'trailing' WHERE id = 82", "narrative"),
            ("ap_transactions", "amount_pence = amount_pence - 1 WHERE id = 85", "amount_pence"),
            ("ap_periods", "finalised_at = '2026-06-30 10:00:00' WHERE id = 51", "finalised_at"),
            ("hmrc_credentials", "expires_at = '2027-07-01 00:00:00.123457' WHERE id = 41",
             "expires_at"),
        ):
            with self.subTest(change):
                self.build(oneclick=f"UPDATE {table} SET {change}")
                done = self.run_check()
                self.assertEqual(done.returncode, 1)
                self.assertIn(f": {differs(field)}\n", done.stdout)
                self.assertIn("different: 1 differences in 1 tables\n", done.stdout)

    def test_number_of_another_storage_class_in_oneclick(self):
        self.assert_different(
            f"data_security 1: {differs('by_office')}",
            oneclick=[
                "ALTER TABLE data_security RENAME TO before",
                "CREATE TABLE data_security AS SELECT practice_id, id, by_company, "
                "by_office * 1.0 AS by_office, by_department FROM before"])

    def test_values_only_where_asked_for(self):
        change = "UPDATE clients SET phone = '0208' WHERE id = 1"
        self.build(oneclick=change)
        self.assertNotIn("0208", self.run_check().stdout)
        self.assertNotIn("0208", self.run_check("--json").stdout)
        self.assertIn(
            "    phone: Central '020', OneClick '0208'\n", self.run_check("--values").stdout)
        answer = json.loads(self.run_check("--values", "--json").stdout)
        self.assertEqual(answer["differences"][0]["values"], {"phone": ["'020'", "'0208'"]})

    def test_values_on_a_terminal_that_cannot_show_them(self):
        self.build(oneclick="UPDATE clients SET name = 'x' WHERE id = 2")
        done = subprocess.run(
            [sys.executable, CHECK, "central.sqlite", "oneclick.sqlite", "--values"],
            cwd=self.folder, capture_output=True, check=False,
            env={**os.environ, "PYTHONIOENCODING": "ascii"})
        self.assertEqual((done.returncode, done.stderr), (1, b""))
        self.assertIn(b"name: Central '\\u682a\\u5f0f", done.stdout)

    def test_at_most_fifty_lines_a_table(self):
        self.build(
            central="WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n "
            "WHERE i < 1060) INSERT INTO ap_transaction (id, period_id, nominal_id, amount_pence, "
            "kind) SELECT i, 51, 71, 0, 'journal' FROM n",
            oneclick="DELETE FROM ap_charts")
        lines = self.run_check().stdout.splitlines()
        self.assertEqual(sum(line.startswith("ap_transactions [51, ") for line in lines), 50)
        self.assertIn("ap_transactions: and 10 more", lines)
        self.assertIn(f"ap_charts 61: {MISSING}", lines)
        self.assertEqual(lines[-1], "different: 61 differences in 2 tables")


class SealedTest(CheckCase):
    EXPECTED = {
        "access_token = NULL": "a cipher text",
        "access_token = x'00'": "a cipher text",
        "access_token = randomblob(65)": "a cipher text 48 bytes longer than the value of Central",
        "access_token = CAST(substr(hex(randomblob(48)), 1, 48) || 'access-token-of-41' AS BLOB)":
            "no clear text",
        "access_token_vault_key = NULL": "the name of a vault key",
        "access_token_vault_key = ''": "the name of a vault key",
        "access_token_vault_key = 'access-token-of-41'": "no clear text",
        "access_token_fingerprint = NULL": "a fingerprint of 32 bytes",
        "access_token_fingerprint = randomblob(31)": "a fingerprint of 32 bytes",
        "access_token_fingerprint = CAST(substr('access-token-of-41' || hex(randomblob(9)), 1, 32) "
        "AS BLOB)": "no clear text",
        "access_token = NULL, access_token_vault_key = NULL, access_token_fingerprint = NULL":
            "a cipher text",
    }

    def test_both_tokens(self):
        for change, expected in self.EXPECTED.items():
            for token in ("access_token", "refresh_token"):
                changed = change.replace("access", token.removesuffix("_token"))
                with self.subTest(changed):
                    self.assert_different(
                        f"hmrc_credentials 41: is not sealed right in {token}; "
                        f"expected {expected}",
                        oneclick=f"UPDATE hmrc_credentials SET {changed} WHERE id = 41")

    def test_none_must_be_none(self):
        self.assert_different(
            "hmrc_credentials 42: is not sealed right in refresh_token; expected none, as in "
            "Central",
            oneclick="UPDATE hmrc_credentials SET refresh_token_vault_key = 'v' WHERE id = 42")

    def test_fingerprint_without_a_key(self):
        digest = hashlib.sha256(b"access-token-of-41").hexdigest()
        self.assert_different(
            "hmrc_credentials 41: is not sealed right in access_token; expected a fingerprint "
            "under a secret key",
            oneclick=f"UPDATE hmrc_credentials SET access_token_fingerprint = x'{digest}' "
            "WHERE id = 41")

    def test_swapped_tokens(self):
        self.assert_different(
            "hmrc_credentials 41: is not sealed right in access_token, refresh_token; expected a "
            "cipher text 48 bytes longer than the value of Central; a cipher text 48 bytes longer "
            "than the value of Central",
            oneclick="UPDATE hmrc_credentials SET access_token = refresh_token, "
            "refresh_token = access_token WHERE id = 41")

    def test_values_never_show_a_token(self):
        self.build(oneclick="UPDATE hmrc_credentials SET access_token = x'00', label = 'x' "
                            "WHERE id = 41")
        for arguments in (["--values"], ["--values", "--json"]):
            self.assertNotIn("-of-41", self.run_check(*arguments).stdout)


class RefusalTest(CheckCase):
    """A row that breaks a rule, refused rightly, wrongly, or not at all."""

    # Central's table, column and bad value; OneClick's table and key; code.
    BAD = [
        ("client", "utr = '" + "1" * 21 + "'", "clients", [2], "too_long", "utr"),
        ("client", "code = 'a' || char(0) || 'b'", "clients", [2], "zero_character", "code"),
        ("client", "code = CAST(x'ff41' AS TEXT)", "clients", [2], "not_utf8", "code"),
        ("client", "code = CAST(x'eda080' AS TEXT)", "clients", [2], "not_utf8", "code"),
        ("client", "code = x'4142'", "clients", [2], "wrong_type", "code"),
        ("client", "code = NULL", "clients", [2], "missing", "code"),
        ("client", "contact_id = 1.5", "clients", [2], "wrong_type", "contact_id"),
        ("client", "year_end_month = 'March'", "clients", [2], "wrong_type", "year_end_month"),
        ("client", "apply_team_security = 2", "clients", [2], "wrong_type", "apply_team_security"),
        ("client", "apply_team_security = 'yes'", "clients", [2], "wrong_type",
         "apply_team_security"),
        ("client", "closed_on = '2026-02-29'", "clients", [2], "wrong_type", "closed_on"),
        ("client", "closed_on = '2026-2-28'", "clients", [2], "wrong_type", "closed_on"),
        ("client", "closed_on = '2026-02-28 '", "clients", [2], "wrong_type", "closed_on"),
        ("client", "closed_on = '2026-02-2' || char(1637)", "clients", [2], "wrong_type",
         "closed_on"),
        ("client", "closed_on = '0000-01-01'", "clients", [2], "wrong_type", "closed_on"),
        ("client", "closed_on = ''", "clients", [2], "wrong_type", "closed_on"),
        ("ap_period", "finalised_at = '2026-06-30'", "ap_periods", [2, 53], "wrong_type",
         "finalised_at"),
        ("ap_period", "finalised_at = '2026-06-30 24:00:00'", "ap_periods", [2, 53], "wrong_type",
         "finalised_at"),
        ("ap_period", "finalised_at = '2026-06-30 10:00:00+01:00'", "ap_periods", [2, 53],
         "wrong_type", "finalised_at"),
        ("ap_period", "finalised_at = '2026-06-30 10:00:00.1234567'", "ap_periods", [2, 53],
         "wrong_type", "finalised_at"),
        ("ap_period", "finalised_at = 1782813600", "ap_periods", [2, 53], "wrong_type",
         "finalised_at"),
        ("ap_transaction", "amount_pence = 9223372036854775808", "ap_transactions", [53, 85],
         "wrong_type", "amount_pence"),
        ("ap_transaction", "amount_pence = 0.5", "ap_transactions", [53, 85], "wrong_type",
         "amount_pence"),
        ("ap_transaction", "narrative = '" + "é" * 2001 + "'", "ap_transactions", [53, 85],
         "too_long", "narrative"),
        ("hmrc_credential", "access_token = '" + "t" * 4001 + "'", "hmrc_credentials", [42],
         "too_long", "access_token"),
        ("hmrc_credential", "refresh_token = x'00'", "hmrc_credentials", [42], "wrong_type",
         "refresh_token"),
        ("business", "kind = NULL", "businesses", [2, 32], "missing", "kind"),
        ("client_team", "allowed = -1", "client_team", [2, 26], "wrong_type", "allowed"),
        ("data_security", "by_company = NULL", "data_security", [1], "missing", "by_company"),
        ("ap_chart", "name = '" + "x" * 201 + "'", "ap_charts", [61], "too_long", "name"),
        ("ap_nominal", "main_code = char(8195)", "ap_nominals", [61, 72], "no_code", "main_code"),
        ("ap_nominal", "main_code = NULL", "ap_nominals", [61, 72], "no_code", "main_code"),
        ("employee", "work_email = NULL", "employees", [2], "no_email", "work_email"),
        ("employee", "is_super_user = NULL", "employees", [2], "missing", "is_super_user"),
    ]

    def test_every_kind_of_bad_value(self):
        for base, change, table, key, code, column in self.BAD:
            central = f"UPDATE {base} SET {change} WHERE id = {key[-1]}"
            shown = key[0] if len(key) == 1 else key
            absent = f"DELETE FROM {table} WHERE id = {key[-1]}"
            refused = exception(table, key, "refused", code, column)
            with self.subTest(change[:60]):
                # Neither absence nor an older version is allowed without the exception.
                line = f"{table} {shown}: {breaks(code, column)}"
                self.assert_different(line, central=central)
                self.assert_different(line, central=central, oneclick=absent)
                self.assert_different(
                    f"{table} {shown}: is refused for another reason (other of None); "
                    f"expected {code} of {column}",
                    central=central, oneclick=exception(table, key, "refused", "other"))
                says = EQUAL.replace(f"{ROWS}", f"{ROWS - 1}").replace("3 ex", "4 ex")
                self.assert_equal(central, refused, says=says)
                self.assert_equal(central, [refused, absent], says=says)

    # Of one row of each table: how many characters its texts may have.
    LIMITS = {
        ("employee", "employees", 2): {
            "code": 50, "title": 50, "first_name": 200, "last_name": 200, "salutation": 200,
            "work_email": 320},
        ("client", "clients", 1): {
            "code": 50, "contact_type": 30, "utr": 20, "nino": 20, "vrn": 20, "company_number": 20,
            "status": 30, "oneclick_status": 30},
        ("contact", "clients", 1): {
            "name": 500, "first_name": 200, "last_name": 200, "email": 320, "phone": 100,
            "address_line1": 500, "address_line2": 500, "town": 200, "postcode": 50},
        ("client_team", "client_team", 21): {"responsibility": 100},
        ("business", "businesses", 31): {
            "name": 500, "trading_name": 500, "kind": 50, "vrn": 20, "vat_scheme": 50,
            "vat_stagger": 50, "nino": 20, "mtd_it_id": 50, "income_source_id": 50,
            "accounting_type": 50},
        ("hmrc_credential", "hmrc_credentials", 41): {
            "label": 200, "gateway_user_id": 100, "arn": 20, "environment": 30, "scopes": 500,
            "status": 30},
        ("ap_period", "ap_periods", 51): {"type": 50, "entity": 100, "master_pack": 100},
        ("ap_chart", "ap_charts", 61): {"name": 200},
        ("ap_nominal", "ap_nominals", 71): {
            "main_code": 50, "sub_code": 50, "description": 500, "category": 100, "kind": 50},
        ("ap_transaction", "ap_transactions", 81): {
            "reference": 200, "narrative": 2000, "kind": 50, "source": 50},
    }

    def longest(self, besides=0):
        """SQL for both sides that makes every text as long as it may be, in characters."""
        central, oneclick = [], []
        for (base, table, identifier), limits in self.LIMITS.items():
            texts = ", ".join(f"{c} = '{'株' * (n + besides)}'" for c, n in limits.items())
            source = 11 if base == "contact" else identifier
            central.append(f"UPDATE {base} SET {texts} WHERE id = {source}")
            oneclick.append(f"UPDATE {table} SET {texts} WHERE id = {identifier}")
        return central, oneclick

    def test_longest_good_texts(self):
        self.assert_equal(*self.longest())

    def test_texts_one_character_too_long(self):
        columns = {}
        for (_, table, _), limits in self.LIMITS.items():
            columns.setdefault(table, []).extend(limits)
        key = {**{table: key for table, (_, _, key) in FIRST.items()}, "employees": "2"}
        self.assert_different(
            *(f"{table} {key[table]}: {breaks('too_long', ', '.join(names))}"
              for table, names in columns.items()),
            central=self.longest(besides=1)[0])

    def test_refused_exception_is_missing(self):
        self.assert_different(
            f"employees 6: {breaks('duplicate_email', 'work_email')}",
            oneclick="DELETE FROM exceptions WHERE key = '[6]'")
        self.assert_different(
            f"ap_nominals [61, 73]: {breaks('no_code', 'main_code')}",
            oneclick="DELETE FROM exceptions WHERE key = '[61,73]'")

    def test_refused_exception_of_a_good_row(self):
        self.assert_different(
            "clients 1: refused exception (too_long) " + ORDER,
            oneclick=exception("clients", [1], "refused", "too_long", "utr"))
        self.assert_different(
            "clients 3: refused exception (too_long) " + ORDER,
            oneclick=exception("clients", [3], "refused", "too_long", "utr"))

    def test_refused_exception_does_not_excuse_a_good_row(self):
        self.assert_different(
            "clients 1: refused exception (too_long) " + ORDER, f"clients 1: {MISSING}",
            oneclick=[
                exception("clients", [1], "refused", "too_long", "utr"),
                "DELETE FROM clients WHERE id = 1"])

    def test_refused_exception_of_another_table_or_practice(self):
        self.assert_different(
            f"employees 6: {breaks('duplicate_email', 'work_email')}",
            "clients 6: refused exception (duplicate_email) " + ORDER,
            oneclick="UPDATE exceptions SET table_name = 'clients' WHERE key = '[6]'")
        self.assert_different(
            f"employees 6: {breaks('duplicate_email', 'work_email')}",
            oneclick="UPDATE exceptions SET practice_id = 2 WHERE key = '[6]'")

    def test_refused_for_another_column(self):
        self.assert_different(
            "employees 7: is refused for another reason (no_email of code); expected no_email of "
            "work_email",
            oneclick="UPDATE exceptions SET column_name = 'code' WHERE key = '[7]'")

    def test_kept_version_that_was_never_good(self):
        never = "is kept in a version that was never good"
        self.assert_different(
            f"ap_nominals [61, 73]: {never} in main_code; expected no row, or an older version "
            "that keeps the rules",
            oneclick="INSERT INTO ap_nominals VALUES (1, 61, 73, ' ', NULL, NULL, NULL, NULL)")
        self.assert_different(
            f"employees 7: {never} in left_on; expected no row, or an older version that keeps "
            "the rules",
            oneclick="INSERT INTO employees SELECT 1, 7, code, title, first_name, last_name, "
            "salutation, work_email, 1, 1, 1, 0, 'activated', 'soon' FROM employees WHERE id = 1")


class DuplicateEmailTest(CheckCase):
    def test_the_larger_id_keeps_it(self):
        wrong = [
            "DELETE FROM employees WHERE id = 1", "DELETE FROM exceptions WHERE key = '[6]'",
            exception("employees", [1], "refused", "duplicate_email", "work_email"),
            "INSERT INTO employees VALUES (1, 6, 'DU06', NULL, 'Du', 'Plicate', NULL, "
            "' ann@firm.EXAMPLE ', 1, 1, 1, 0, 'activated', NULL)"]
        self.assert_different(
            "employees 1: refused exception (duplicate_email) " + ORDER,
            f"employees 1: {MISSING}",
            f"employees 6: {breaks('duplicate_email', 'work_email')}", oneclick=wrong)

    def test_both_are_taken(self):
        self.assert_different(
            f"employees 2: {breaks('duplicate_email', 'work_email')}",
            central="UPDATE employee SET work_email = 'ANN@firm.example' WHERE id = 2",
            oneclick="UPDATE employees SET work_email = 'ANN@firm.example' WHERE id = 2")

    def test_case_and_accents_of_other_alphabets(self):
        self.assert_different(
            f"employees 2: {breaks('duplicate_email', 'work_email')}",
            "employees 6: refused exception (duplicate_email) " + ORDER, f"employees 6: {MISSING}",
            f"employees 1: {differs('work_email')}",
            central=[
                "UPDATE employee SET work_email = 'ΌΔΟΣ@É.example' WHERE id = 1",
                "UPDATE employee SET work_email = 'όδοσ@e\u0301.example' || char(160) "
                "WHERE id = 2"])

    def test_other_characters_are_another_address(self):
        self.assert_equal(
            "UPDATE employee SET work_email = 'a.nn@firm.example' WHERE id = 2",
            "UPDATE employees SET work_email = 'a.nn@firm.example' WHERE id = 2")

    def test_one_out_of_scope_does_not_count(self):
        self.assert_equal("UPDATE employee SET work_email = 'tom@firm.example' WHERE id IN (3, 4)")

    def test_keeper_leaves(self):
        self.assert_different(
            "employees 6: refused exception (duplicate_email) " + ORDER, f"employees 6: {MISSING}",
            f"employees 1: {EXTRA}", f"client_team [1, 21]: {EXTRA}",
            central="UPDATE employee SET left_on = '2026-01-01' WHERE id = 1")

    def test_keeper_is_refused_itself(self):
        self.assert_equal(
            "UPDATE employee SET is_super_user = 5 WHERE id = 1",
            exception("employees", [1], "refused", "wrong_type", "is_super_user"),
            says=EQUAL.replace(f"{ROWS}", f"{ROWS - 1}").replace("3 ex", "4 ex"))

    def test_message_names_both(self):
        line = (
            "employees 6: is refused without naming both; expected a message that names who is "
            "refused and who keeps the e-mail")
        for message in ("Du Plicate (DU06) has another''s", "as Ann Byrne (AB01)", "as (AB0)"):
            with self.subTest(message):
                self.assert_different(
                    line,
                    oneclick=f"UPDATE exceptions SET message = '{message}' WHERE key = '[6]'")


class HeldTest(CheckCase):
    """A removal that waits for an answer, or was answered with "keep"."""

    CLOSE = "UPDATE client SET status = 'closed' WHERE id = 2"
    BELOW = [
        ("client_team", [2]), ("businesses", [2]), ("ap_periods", [2]), ("ap_transactions", [53])]

    def held(self, kind="held", besides=None):
        shared = [
            exception(table, key, kind, "held_with_parent", origin=("clients", [2]))
            for table, key in self.BELOW if table != besides]
        return [exception("clients", [2], kind), *shared]

    def test_held_with_everything_below(self):
        for kind in ("held", "kept"):
            with self.subTest(kind):
                self.assert_equal(
                    self.CLOSE, self.held(kind),
                    says=f"equal: {ROWS - 5} rows in 10 tables, 8 exceptions justified\n")

    def test_one_exception_is_missing(self):
        for table, row in (
            ("client_team", "client_team [2, 26]"), ("businesses", "businesses [2, 32]"),
            ("ap_periods", "ap_periods [2, 53]"), ("ap_transactions", "ap_transactions [53, 85]"),
        ):
            with self.subTest(table):
                self.assert_different(
                    f"{row}: {EXTRA}", central=self.CLOSE, oneclick=self.held(besides=table))

    def test_exception_of_the_parent_is_missing(self):
        self.assert_different(
            f"clients 2: {EXTRA}",
            *(f"{table} {key[0]}: held exception (held_with_parent) names a parent that is not "
              "held; expected the held or kept parent that its rows hang on"
              for table, key in self.BELOW),
            central=self.CLOSE, oneclick=self.held()[1:])

    def test_kept_parent_of_a_held_prefix(self):
        self.assert_different(
            *(f"{table} {key[0]}: held exception (held_with_parent) names a parent that is not "
              "held; expected the held or kept parent that its rows hang on"
              for table, key in self.BELOW),
            central=self.CLOSE,
            oneclick=[
                *self.held(), "UPDATE exceptions SET kind = 'kept' WHERE table_name = 'clients'"])

    def test_should_have_ended(self):
        for kind in ("held", "kept"):
            with self.subTest(kind):
                self.assert_different(
                    f"clients 2: {kind} exception (held) {COVERS_NOTHING}",
                    *(f"{table} {key[0]}: {kind} exception (held_with_parent) {COVERS_NOTHING}"
                      for table, key in self.BELOW),
                    oneclick=self.held(kind))

    def test_held_over_nothing(self):
        self.assert_different(
            f"clients 77: held exception (held) {COVERS_NOTHING}",
            oneclick=exception("clients", [77], "held"))

    def test_held_does_not_excuse_a_row_in_scope(self):
        self.assert_different(
            f"clients 1: held exception (held) {COVERS_NOTHING}", f"clients 1: {differs('town')}",
            oneclick=[
                exception("clients", [1], "held"), "UPDATE clients SET town = 'x' WHERE id = 1"])

    def test_held_does_not_excuse_a_row_that_breaks_a_rule(self):
        self.assert_different(
            f"clients 1: held exception (held) {COVERS_NOTHING}",
            f"clients 1: {breaks('too_long', 'postcode')}",
            central="UPDATE contact SET postcode = '" + "x" * 51 + "' WHERE id = 11",
            oneclick=exception("clients", [1], "held"))

    def test_refused_does_not_excuse_a_gone_row(self):
        self.assert_different(
            f"data_security 1: {EXTRA}", "data_security 1: refused exception (missing) " + ORDER,
            central="DELETE FROM data_security",
            oneclick=exception("data_security", [1], "refused", "missing", "by_office"))

    def test_held_row_that_is_back_must_be_equal(self):
        self.assert_different(
            "ap_transactions [53, 85]: held exception (held) " + COVERS_NOTHING,
            f"ap_transactions [53, 85]: {differs('kind')}",
            oneclick=[
                exception("ap_transactions", [53, 85], "held"),
                "UPDATE ap_transactions SET kind = 'audit' WHERE id = 85"])

    def test_own_key_is_held(self):
        self.assert_equal(
            "DELETE FROM ap_transaction WHERE id = 82",
            exception("ap_transactions", [51, 82], "held"),
            says=f"equal: {ROWS - 1} rows in 10 tables, 4 exceptions justified\n")

    def test_other_key_is_held(self):
        self.assert_different(
            f"ap_transactions [51, 82]: {EXTRA}",
            f"ap_transactions [51, 83]: held exception (held) {COVERS_NOTHING}",
            central="DELETE FROM ap_transaction WHERE id = 82",
            oneclick=exception("ap_transactions", [51, 83], "held"))

    def test_all_below_a_parent(self):
        gone = "UPDATE ap_period SET oi_mode = 'trial_balance' WHERE id = 51"
        switch = "UPDATE ap_periods SET oi_mode = 'trial_balance' WHERE id = 51"
        self.assert_equal(
            gone, [switch, exception("ap_transactions", [51], "held", rows=2)],
            says=f"equal: {ROWS - 2} rows in 10 tables, 4 exceptions justified\n")
        self.assert_different(
            "ap_transactions 51: held exception (held) counts 5 rows and covers 2; expected the "
            "rows that are gone",
            central=gone, oneclick=[switch, exception("ap_transactions", [51], "held", rows=5)])

    def test_prefix_of_another_parent(self):
        gone = "DELETE FROM ap_transaction WHERE id = 85"
        self.assert_different(
            "ap_transactions 53: held exception (held) names a parent that its rows do not hang "
            "on; expected the held or kept parent that its rows hang on",
            central=[gone, "UPDATE client SET status = 'closed' WHERE id = 4"],
            oneclick=[
                exception("clients", [4], "held"),
                exception("ap_transactions", [53], "held", origin=("clients", [4]))])

    def test_chart_is_held_with_its_nominals(self):
        self.assert_equal(
            "UPDATE ap_period SET chart_id = NULL WHERE client_id = 1",
            [
                "UPDATE ap_periods SET chart_id = NULL WHERE client_id = 1",
                "DELETE FROM exceptions WHERE table_name = 'ap_nominals'",
                exception("ap_charts", [61], "held"),
                exception("ap_nominals", [61], "held", origin=("ap_charts", [61]))],
            says=f"equal: {ROWS - 3} rows in 10 tables, 4 exceptions justified\n")

    def test_chart_is_held_with_a_client_that_needs_it(self):
        close = "UPDATE client SET status = 'closed' WHERE id = 1"
        below = [
            exception(table, key, "held", "held_with_parent", origin=("clients", [1]))
            for table, key in (
                ("client_team", [1]), ("businesses", [1]), ("ap_periods", [1]),
                ("ap_charts", [61]), ("ap_nominals", [61]), ("ap_transactions", [51]))]
        self.assert_equal(
            close, [
                "DELETE FROM exceptions WHERE table_name = 'ap_nominals'",
                exception("clients", [1], "held"), *below],
            says=f"equal: {ROWS - 12} rows in 10 tables, 9 exceptions justified\n")
        other = exception(
            "ap_charts", [61], "held", "held_with_parent", origin=("clients", [2]))
        self.assert_different(
            f"clients 2: held exception (held) {COVERS_NOTHING}",
            "ap_charts 61: held exception (held_with_parent) names a parent that its rows do not "
            "hang on; expected the held or kept parent that its rows hang on",
            central=close, oneclick=[
                "DELETE FROM exceptions WHERE table_name = 'ap_nominals'",
                exception("clients", [1], "held"), exception("clients", [2], "held"),
                *below[:3], other, *below[4:]])

    def test_chart_stays_with_the_older_version_of_a_refused_period(self):
        central = [
            "UPDATE ap_period SET chart_id = NULL WHERE client_id = 1",
            "UPDATE ap_period SET period_start = 'some day' WHERE id = 51"]
        stays = [
            "UPDATE ap_periods SET chart_id = NULL WHERE id = 52",
            "DELETE FROM exceptions WHERE table_name = 'ap_nominals'",
            exception("ap_charts", [61], "held", "needed", origin=("ap_periods", [1, 51])),
            exception("ap_nominals", [61], "held", "needed", origin=("ap_periods", [1, 51]))]
        refused = exception("ap_periods", [1, 51], "refused", "wrong_type", "period_start")
        self.assert_equal(
            central, [*stays, refused],
            says=f"equal: {ROWS - 4} rows in 10 tables, 5 exceptions justified\n")
        expected = "expected the held or kept parent that its rows hang on"
        self.assert_different(
            f"ap_charts 61: held exception (needed) names a row that is not refused; {expected}",
            f"ap_nominals 61: held exception (needed) names a row that is not refused; {expected}",
            "ap_periods [1, 51]: breaks a rule (wrong_type) in period_start; expected a refused "
            "exception", central=central, oneclick=stays)

    def test_held_row_that_was_never_good(self):
        self.assert_different(
            "data_security 1: is kept in a version that was never good in by_office; expected no "
            "row, or an older version that keeps the rules",
            central="DELETE FROM data_security",
            oneclick=[
                exception("data_security", [1], "held"), "UPDATE data_security SET by_office = 2"])

    def test_held_credential_that_is_not_sealed(self):
        for change in (
            "access_token_fingerprint = randomblob(31)", "access_token = CAST('clear' AS BLOB)",
            "access_token_vault_key = NULL",
        ):
            with self.subTest(change):
                self.assert_different(
                    "hmrc_credentials 41: is kept in a version that was never good in "
                    "access_token; expected no row, or an older version that keeps the rules",
                    central="DELETE FROM hmrc_credential WHERE id = 41",
                    oneclick=[
                        exception("hmrc_credentials", [41], "held"),
                        f"UPDATE hmrc_credentials SET {change} WHERE id = 41"])

    def test_malformed_exceptions(self):
        def line(table, key, kind, problem):
            return f"{table} {key}: {kind} exception {problem}; expected none"

        for sql, expected in (
            (exception("offices", [1], "held"),
             line("offices", "1", "held", "of an unknown table")),
            (exception("clients", [1, 2], "held"),
             line("clients", "[1, 2]", "held", "with a malformed key")),
            (exception("clients", [], "held"),
             line("clients", "[]", "held", "with a malformed key")),
            (exception("clients", ["1"], "held"),
             line("clients", '["1"]', "held", "with a malformed key")),
            (exception("clients", [2], "lost"),
             line("clients", "2", "lost", "of an unknown kind")),
            (exception("ap_nominals", [61], "refused", "no_code", "main_code"),
             line("ap_nominals", "61", "refused", "of a whole prefix")),
        ):
            with self.subTest(sql):
                self.assert_different(expected, oneclick=sql)

    def test_no_exceptions(self):
        self.assert_different(
            "employees 6: refused exception (duplicate_email) is recorded; expected no exception",
            "employees 7: refused exception (no_email) is recorded; expected no exception",
            "ap_nominals [61, 73]: refused exception (no_code) is recorded; expected no exception",
            arguments=["--no-exceptions"])
        self.assert_equal(
            ["DELETE FROM employee WHERE id IN (6, 7)", "DELETE FROM client_team WHERE id = 23",
             "DELETE FROM ap_nominal WHERE id = 73"],
            ["DELETE FROM exceptions", "DELETE FROM client_team WHERE id = 23"],
            ["--no-exceptions"],
            says=f"equal: {ROWS - 1} rows in 10 tables, 0 exceptions justified\n")


class PracticeTest(CheckCase):
    SECOND = ["INSERT INTO practices VALUES (2, 'Another')"]

    def test_rows_of_another_practice_do_not_count(self):
        self.assert_equal(
            oneclick=[
                *self.SECOND, "INSERT INTO ap_charts VALUES (2, 900, 'theirs')",
                "INSERT INTO checkpoints VALUES (2, 'employees', '2020-01-01')",
                exception("clients", [1], "held").replace("VALUES (1,", "VALUES (2,")],
            arguments=["--practice", "1"])

    def test_row_under_another_practice_is_missing(self):
        self.assert_different(
            f"ap_charts 61: {MISSING}",
            oneclick=[*self.SECOND, "UPDATE ap_charts SET practice_id = 2"],
            arguments=["--practice", "1"])

    def test_the_other_practice(self):
        self.build(oneclick=self.SECOND)
        done = self.run_check("--practice", "2")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"clients 1: {MISSING}\n", done.stdout)

    def test_which_practice(self):
        self.build(oneclick=self.SECOND)
        self.assert_unusable("OneClick has the practices 1, 2; name one with --practice.")
        self.assert_unusable("OneClick has no practice 3; it has 1, 2.", "--practice", "3")
        self.build(oneclick="DELETE FROM practices")
        self.assert_unusable("OneClick has the practices none; name one with --practice.")


class UnusableTest(CheckCase):
    def test_files(self):
        self.build()
        (self.folder / "text").write_text("no database " * 1000)
        central, oneclick = "central.sqlite", "oneclick.sqlite"
        for paths, message in (
            (("nowhere", oneclick), "There is no file nowhere; give the path of Central's"),
            ((central, "nowhere"), "There is no file nowhere; give the path of OneClick's"),
            ((central, "."), "There is no file .;"),
            (("text", oneclick), "Central's database text cannot be read: file is not a database"),
            ((central, "text"), "OneClick's database text cannot be read: file is not a database"),
            ((oneclick, central), "in the order CENTRAL ONECLICK"),
            ((central, central), "in the order CENTRAL ONECLICK"),
            ((oneclick, oneclick), "in the order CENTRAL ONECLICK"),
        ):
            with self.subTest(paths):
                self.assert_unusable(message, paths=paths)
        self.assertFalse((self.folder / "nowhere").exists())

    def test_usage(self):
        self.build()
        self.assert_unusable("--as-of 2026-02-30 is not a date", "--as-of", "2026-02-30")
        self.assert_unusable("invalid int value", "--practice", "one")
        self.assert_unusable("unrecognized arguments", "--unknown")
        self.assert_unusable("required: ONECLICK", paths=["central.sqlite"])

    def test_missing_table(self):
        self.build()
        with sqlite3.connect(self.folder / "oneclick.sqlite") as db:
            db.execute("DROP TABLE ap_transactions")
        self.assert_unusable("OneClick's database could not be read: no such table: ap_transact")

    def test_checkpoint_without_a_date(self):
        self.build(oneclick="UPDATE checkpoints SET as_of = 'soon' WHERE table_name = 'clients'")
        self.assert_unusable("The checkpoint of clients has no date that is one; give --as-of.")

    def test_json_says_why(self):
        self.build()
        done = self.run_check("--json", paths=("central.sqlite", "nowhere"))
        self.assertEqual(done.returncode, 2)
        self.assertIsNone(json.loads(done.stdout)["equal"])
        self.assertIn("There is no file nowhere", json.loads(done.stdout)["error"])


if __name__ == "__main__":
    unittest.main()
