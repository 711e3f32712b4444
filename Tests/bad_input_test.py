"""What a person can get wrong, tried with the real programs over real HTTP.

Each test does one thing wrong, asserts on the exit code and on the words of the message (what
happened, and what to do next), then shows that nothing was lost: a normal run succeeds, and
scripts/check finds OneClick equal to Central. Build first: `swift build`.
"""

import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest

# Any free port: several services, and a real console, may be on this machine.
os.environ.setdefault("SYNCWORKER_CONSOLE_LISTEN", "127.0.0.1:0")

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARIES = ROOT / ".build" / "debug"
BUILT_IN_CATALOGUE = ROOT / "Sources" / "CatalogueResource" / "catalogue.yaml"
SECONDS_MAX = 75
NOBODY = 65534

SUCCEEDED, FAILED, MISUNDERSTOOD, WITH_ERRORS, HELD = 0, 1, 2, 3, 4


class Done:
    """How a program ended and what it said, on both its outputs."""

    def __init__(self, code, text):
        self.code = code
        self.text = text
        # A message may be wrapped and indented.
        self.words = " ".join(text.split())


def call(program, *words, environment=None, folder=None, user=None):
    done = subprocess.run(
        [BINARIES / program, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL, timeout=SECONDS_MAX, cwd=folder, user=user,
        env={**os.environ, **(environment or {})})
    return Done(done.returncode, done.stdout.decode("utf-8", "replace"))


def needed(program, *words):
    """A step without which there is nothing to test."""
    done = call(program, *words)
    if done.code:
        raise RuntimeError(f"{program} {words[0]} ended with {done.code}: {done.text}")
    return done.text


class Practice:
    """A small practice: Central, OneClick that serves, and a SyncWorker that is enrolled."""

    def __init__(
        self, clients=30, transactions=300, oneclick_folder=None, config_folder=None,
        central_folder=None
    ):
        # Another user has to get here too, and a socket's path may not be long.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bad-"))
        self.folder.chmod(0o755)
        self.site = self.folder / "site"
        self.site.mkdir()
        self.central = (central_folder or self.site) / "central.db"
        self.oneclick = (oneclick_folder or self.folder) / "oneclick.db"
        self.config = (config_folder or self.folder) / "syncworker.yaml"
        self.server = None
        self.port = 0
        try:
            self._make(clients, transactions)
        except BaseException:
            self.close()
            raise

    def _make(self, clients, transactions):
        needed(
            "central-sample", "create", "--clients", clients, "--seed", 1, "--transactions",
            transactions, self.central)
        # A sample has faults of its own; here every fault is a test's.
        self.change(
            "UPDATE employee SET work_email = 'e' || id || '@example.com'",
            "UPDATE ap_nominal SET main_code = 'N' || id WHERE trim(ifnull(main_code, '')) = ''")
        needed("oneclick", "migrate", "--database", self.database)
        self.code = self.new_code("Bad & Co")
        self.serve()
        needed(
            "syncworker", "init", "--central", f"sqlite:{self.central}", "--oneclick",
            self.address, "--code", self.code, "--config", self.config)

    @property
    def database(self):
        return f"sqlite:{self.oneclick}"

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def new_code(self, name):
        added = needed("oneclick", "practice", "add", name, "--database", self.database, "--json")
        return json.loads(added)["code"]

    def serve(self):
        """Starts OneClick: on any free port at first, then always on the same one."""
        self.server = subprocess.Popen(
            [BINARIES / "oneclick", "serve", "--database", self.database, "--listen",
             f"127.0.0.1:{self.port}", "--log-level", "error", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.server.stdout.readline()
        if not line:
            raise RuntimeError("oneclick did not serve.")
        self.port = int(json.loads(line)["address"].rpartition(":")[2])

    def stop_serving(self, how=signal.SIGTERM):
        if self.server is None:
            return
        self.server.send_signal(how)
        self.server.wait(SECONDS_MAX)
        self.server.stdout.close()
        self.server = None

    def close(self):
        self.stop_serving(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    # Central and OneClick as files

    def change(self, *statements):
        db = sqlite3.connect(self.central)
        with db:
            for statement in statements:
                db.execute(statement)
        db.close()

    def value(self, sql, path=None):
        db = sqlite3.connect(path or self.central)
        found = db.execute(sql).fetchone()[0]
        db.close()
        return found

    def rows_of_oneclick(self):
        return sum(
            self.value(f"SELECT count(*) FROM {table}", self.oneclick)
            for table in ("employees", "clients", "businesses", "ap_periods", "ap_transactions"))

    # The SyncWorker

    def worker(self, *words, **settings):
        """Runs a command; a setting such as `central=...` stands before the configuration's."""
        environment = {f"SYNCWORKER_{key.upper()}": str(value) for key, value in settings.items()}
        return call("syncworker", *words, "--config", self.config, environment=environment)

    def start_worker(self, *words):
        return subprocess.Popen(
            [BINARIES / "syncworker", *words, "--config", self.config], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    @property
    def journal(self):
        return self.config.with_name("syncworker-journal.db")

    @contextlib.contextmanager
    def service(self):
        """The Portal Service's process, which rests for a day."""
        process = subprocess.Popen(
            [BINARIES / "syncworker", "serve", "--config", self.config, "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            env={**os.environ, "SYNCWORKER_INTERVAL_MINUTES": "1440"})
        try:
            if not process.stdout.readline():
                raise RuntimeError("The service did not start.")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS_MAX)
            process.stdout.close()

    @contextlib.contextmanager
    def held_up(self):
        """A run that the service was asked for stands still within: OneClick does not answer it."""
        self.server.send_signal(signal.SIGSTOP)
        try:
            run = self.start_worker("run")
            wait_until(lambda: self.runs_without_end() or run.poll() is not None)
            yield run
        finally:
            self.server.send_signal(signal.SIGCONT)

    def runs_without_end(self):
        return self.value("SELECT count(*) FROM runs WHERE record IS NULL", self.journal)


def wait_until(is_so):
    deadline = time.monotonic() + SECONDS_MAX
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError("What was waited for did not come.")
        time.sleep(0.02)


def fold(database):
    """Nothing stands beside the file that has room of its own already."""
    db = sqlite3.connect(database)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def ended(process):
    text, _ = process.communicate(timeout=SECONDS_MAX)
    return Done(process.returncode, text.decode("utf-8", "replace"))


class BadInput(unittest.TestCase):
    """One practice for the whole class; every test leaves it equal."""

    @classmethod
    def setUpClass(cls):
        cls.practice = Practice()
        cls.addClassCleanup(cls.practice.close)
        first = cls.practice.worker("run", "--full")
        if first.code:
            raise RuntimeError(f"The first run ended with {first.code}: {first.text}")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="bad-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def assert_says(self, done, code, *words):
        for word in words:
            self.assertIn(word.lower(), done.words.lower())
        self.assertEqual(done.code, code, done.text)
        self.assert_calm(done)

    def assert_calm(self, done):
        """Nothing that only a programmer reads."""
        for word in ("Fatal error", "Swift.", "SQLite error", "Optional(", "SyncError("):
            self.assertNotIn(word, done.text)

    def assert_normal(self, practice=None, code=SUCCEEDED):
        """A normal run succeeds, and OneClick is what Central is."""
        practice = practice or self.practice
        done = practice.worker("run")
        self.assertEqual(done.code, code, done.text)
        self.assert_equal(practice)

    def check(self, practice=None):
        practice = practice or self.practice
        checked = subprocess.run(
            [sys.executable, "-B", ROOT / "scripts" / "check", practice.central,
             practice.oneclick, "--practice", "1"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX)
        return Done(checked.returncode, checked.stdout)

    def assert_equal(self, practice=None):
        checked = self.check(practice)
        self.assertEqual(checked.code, 0, checked.text)


class Databases(BadInput):
    """Central is not where or what it should be."""

    def assert_refused(self, path, *words):
        rows = self.practice.rows_of_oneclick()
        for command in (["run"], ["run", "--full"], ["config", "check"]):
            with self.subTest(command=command):
                done = self.practice.worker(*command, central=f"sqlite:{path}")
                self.assert_says(done, FAILED, *words)
        self.assertEqual(self.practice.rows_of_oneclick(), rows)
        self.assert_normal()

    def test_no_such_file(self):
        path = self.folder / "nowhere.db"
        self.assert_refused(path, "There is no file", str(path), "Check the path")
        self.assertFalse(path.exists())

    def test_not_sqlite(self):
        path = self.folder / "letter.db"
        path.write_text("Dear client, please find enclosed your accounts. " * 40)
        self.assert_refused(path, str(path), "not a healthy SQLite database", "Check the path")
        self.assertTrue(path.read_text().startswith("Dear client"))

    def test_cut_off_file(self):
        path = self.folder / "cut.db"
        copy = sqlite3.connect(path)
        original = sqlite3.connect(self.practice.central)
        original.backup(copy)
        original.close()
        copy.close()
        os.truncate(path, path.stat().st_size // 2)
        self.assert_refused(path, str(path), "not a healthy SQLite database", "backup")

    def test_empty_file(self):
        path = self.folder / "empty.db"
        path.touch()
        self.assert_refused(path, "not a Central", "Check the path")

    def test_another_programs_database(self):
        path = self.folder / "music.db"
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE song (title TEXT)")
        db.commit()
        db.close()
        self.assert_refused(path, "not a Central", "no table", "Check the path")

    def test_says_which_database_is_not_a_central(self):
        path = self.folder / "empty.db"
        path.touch()
        done = self.practice.worker("run", central=f"sqlite:{path}")
        self.assert_says(done, FAILED, "not a Central", str(path))

    def test_a_folder(self):
        self.assert_refused(self.folder, "is a folder", str(self.folder), "Check the path")

    def test_locked_by_another_program(self):
        self.practice.change("UPDATE contact SET town = 'Leeds' WHERE id = 1")
        db = sqlite3.connect(self.practice.central, isolation_level=None)
        db.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        done = self.practice.worker("run", central_wait_seconds=1)
        db.execute("ROLLBACK")
        db.close()
        self.assertLess(time.monotonic() - began, 20)
        self.assert_says(
            done, FAILED, "locked by another program", str(self.practice.central), "Close",
            "tries again")
        self.assert_normal()

    def test_wait_is_read_from_the_configuration(self):
        configured = self.practice.config.read_text()
        self.practice.config.write_text(
            configured.replace("central_wait_seconds: 10", "central_wait_seconds: 1"))
        try:
            self.test_locked_by_another_program()
        finally:
            self.practice.config.write_text(configured)

    def test_locked_even_for_readers(self):
        db = sqlite3.connect(self.practice.central, isolation_level=None)
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("UPDATE contact SET town = 'Bath' WHERE id = 1")
        done = self.practice.worker("run", central_wait_seconds=1)
        db.close()
        self.assert_says(
            done, FAILED, "locked by another program", str(self.practice.central), "Close",
            "tries again")
        self.assert_normal()

    def test_locked_for_a_moment(self):
        self.practice.change("UPDATE contact SET town = 'Hull' WHERE id = 1")
        db = sqlite3.connect(self.practice.central, isolation_level=None, check_same_thread=False)
        db.execute("BEGIN EXCLUSIVE")
        release = threading.Timer(1, db.execute, ["ROLLBACK"])
        release.start()
        done = self.practice.worker("run")
        release.join()
        db.close()
        self.assertEqual(done.code, SUCCEEDED, done.text)
        self.assert_equal()

    def test_central_with_a_rollback_journal(self):
        self.practice.change("UPDATE contact SET town = 'Ely' WHERE id = 1")
        self.journal_mode("DELETE")
        try:
            done = self.practice.worker("run", central_wait_seconds=1)
        finally:
            self.journal_mode("WAL")
        if done.code != SUCCEEDED:
            self.assert_says(done, FAILED, "WAL")
        self.assert_normal()

    def journal_mode(self, mode):
        db = sqlite3.connect(self.practice.central, isolation_level=None)
        self.assertEqual(db.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0], mode.lower())
        db.close()


class ReadOnly(BadInput):
    """Central may be read and not written; root may write anyway, so root asks as another user."""

    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        self.user = None
        if os.geteuid() == 0:
            self.user = NOBODY
            try:
                self.worker("--help")
            except OSError:
                self.skipTest("another user may not run the programs")
            for path in [self.practice.folder, *self.practice.folder.glob("syncworker*")]:
                os.chown(path, self.user, -1)
        else:
            self.user = os.geteuid()

    def worker(self, *words):
        return call("syncworker", *words, user=self.user)

    def copy(self):
        site = self.folder / "site"
        site.mkdir()
        path = site / "central.db"
        original = sqlite3.connect(self.practice.central)
        copy = sqlite3.connect(path)
        original.backup(copy)
        copy.close()
        original.close()
        return path

    def protect(self, path, mode="DELETE"):
        db = sqlite3.connect(path, isolation_level=None)
        db.execute(f"PRAGMA journal_mode = {mode}")
        db.close()
        path.chmod(0o444)
        path.parent.chmod(0o555)
        self.addCleanup(self.unprotect, path)

    def unprotect(self, path):
        path.parent.chmod(0o755)
        path.chmod(0o644)
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.close()

    def enrol(self, central):
        """A second practice, for the copy."""
        added = json.loads(needed(
            "oneclick", "practice", "add", "Read & Only", "--database", self.practice.database,
            "--json"))
        home = self.folder / "home"
        home.mkdir()
        os.chown(home, self.user, -1)
        self.config = home / "syncworker.yaml"
        done = self.worker(
            "init", "--central", f"sqlite:{central}", "--oneclick", self.practice.address,
            "--code", added["code"], "--config", self.config)
        return added["practice"], done

    def test_never_captured(self):
        central = self.copy()
        self.assert_says(
            self.practice.worker(
                "capture", "remove", "--everything", central=f"sqlite:{central}"), SUCCEEDED,
            "not installed", "compares everything", "syncworker capture install")
        self.protect(central)
        number, done = self.enrol(central)
        self.assert_says(
            done, SUCCEEDED, "could not be installed", "may not be written", "compare everything",
            "restored from a backup")
        for kind in (["--full"], []):
            done = self.worker("run", *kind, "--config", self.config)
            self.assert_says(
                done, SUCCEEDED, "not installed", "compares everything",
                "restored from a backup", "capture install")
        checked = subprocess.run(
            [sys.executable, "-B", ROOT / "scripts" / "check", central, self.practice.oneclick,
             "--practice", str(number)], stdout=subprocess.PIPE, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout)

    def test_captured_and_then_protected(self):
        """Everything is compared while Central may only be read, and once more afterwards."""
        self.practice.change("UPDATE contact SET town = 'Ayr' WHERE id = 2")
        self.protect(self.practice.central)
        for _ in range(2):
            done = self.worker("run", "--config", self.practice.config)
            self.assert_says(
                done, SUCCEEDED, "may only read Central", "compares everything",
                "restored from a backup", "the marks that are there", "right to write",
                "its folder", "have to wait before they save")
            self.assert_equal()
        for command in (["config", "check"], ["capture", "status"]):
            done = self.worker(*command, "--config", self.practice.config)
            self.assert_says(done, SUCCEEDED, "installed", "may only read Central")
        self.unprotect(self.practice.central)
        self.practice.change("UPDATE contact SET town = 'Wick' WHERE id = 2")
        done = self.practice.worker("run")
        self.assert_says(done, SUCCEEDED, "compared in full: capture or schema changed")
        self.assertNotIn("may only read", done.words)
        done = self.practice.worker("run")
        self.assertNotIn("Note:", done.text)
        self.assert_normal()

    def test_restored_and_then_protected(self):
        """The marks that can still be read tell that Central went back."""
        central, backup = self.practice.central, self.copy()
        self.assert_normal()
        right = central.with_name("right.db")
        self.practice.change(f"VACUUM INTO '{right}'")
        rows = self.practice.rows_of_oneclick()
        try:
            self.put(backup)
            self.protect(central)
            done = self.worker("run", "--config", self.practice.config)
            self.assert_says(
                done, HELD, "restored from a backup, or is a copy", "Nothing was applied",
                "approve --lineage", "may only read Central")
            self.assertEqual(self.practice.rows_of_oneclick(), rows)
            self.unprotect(central)
        finally:
            self.put(right)
            right.unlink()
        self.assert_normal()

    def put(self, backup):
        """A backup in Central's place."""
        db = sqlite3.connect(self.practice.central)
        copy = sqlite3.connect(backup)
        copy.backup(db)
        copy.close()
        db.execute("PRAGMA journal_mode = WAL")
        db.close()

    def test_protected_in_wal_mode(self):
        """SQLite itself cannot read such a file in a folder that may not be written."""
        central = self.practice.central
        self.protect(central, "WAL")
        done = self.worker("run", "--config", self.practice.config)
        self.assert_says(
            done, FAILED, "may not be written by this user", str(central), "right to write",
            "its folder")
        self.unprotect(central)
        self.assert_normal()

    def test_capture_removed(self):
        """What a Central without our tables means, whoever may write it."""
        try:
            done = self.practice.worker("capture", "remove")
            self.assert_says(done, SUCCEEDED, "not installed", "compares everything")
            self.practice.change("UPDATE contact SET town = 'Wells' WHERE id = 2")
            done = self.practice.worker("run")
            self.assert_says(
                done, SUCCEEDED, "not installed", "compares everything",
                "restored from a backup", "syncworker capture install")
            self.assert_equal()
        finally:
            self.assertEqual(self.practice.worker("capture", "install").code, SUCCEEDED)
        self.assert_normal()


class Catalogues(BadInput):
    """A catalogue of the practice's own, with mistakes."""

    def catalogue(self, *mistakes):
        """The built-in one with mistakes made in it; answers the file and the mistakes' lines."""
        text = BUILT_IN_CATALOGUE.read_text()
        lines = []
        for right, wrong in mistakes:
            self.assertIn(right, text)
            lines.append(text[:text.index(right)].count("\n") + 1)
            text = text.replace(right, wrong, 1)
        path = self.folder / "catalogue.yaml"
        path.write_text(text)
        return path, lines

    def assert_reported(self, done, path, count, *words):
        self.assertIn(done.code, (FAILED, MISUNDERSTOOD), done.text)
        self.assert_says(done, done.code, f"{count} mistakes", str(path), "Mend them", *words)
        lines = [int(line) for line in re.findall(r", line (\d+):", done.text)]
        self.assertEqual(len(lines), count, done.text)
        self.assertEqual(lines, sorted(lines))
        return lines

    def test_right_copy(self):
        path, _ = self.catalogue()
        self.assertEqual(self.practice.worker("run", catalogue=path).code, SUCCEEDED)
        self.assert_normal()

    def test_wrong_columns_and_an_unwatched_table(self):
        """What only Central can tell. A mistake in a query is reported at its table."""
        path, _ = self.catalogue(
            ("SELECT e.id, e.code,", "SELECT e.id, e.coed,"),
            ("- { by_value: work_email }", "- { key: [idd] }"),
            ("FROM client AS c LEFT JOIN contact AS n", "FROM client AS c LEFT JOIN person AS n"))
        text = path.read_text().splitlines()
        tables = [text.index(f"  {name}:") for name in ("employees", "clients")]
        for command in ("run", "config check"):
            with self.subTest(command=command):
                done = self.practice.worker(*command.split(), catalogue=path)
                lines = self.assert_reported(
                    done, path, 3, "no such column: e.coed", "no column idd",
                    "no such table: person")
                # A table's line may be that of its name or of its first key.
                self.assertIn(lines[0] - tables[0], (1, 2))
                self.assertIn(text.index("        - { key: [idd] }") + 1, lines)
                self.assertIn(lines[2] - tables[1], (1, 2))
        self.assert_normal()

    def test_mistakes_of_form(self):
        path, lines = self.catalogue(
            ("work_email: text(320)?", "work_email: txt(320)?"),
            ("unique:", "uniqe:"),
            ("- { by_value: work_email }", "- { by_valeu: work_email }"),
            ('label: "{first_name} {last', 'label: "{first_nam} {last'))
        for command in ("run", "config check"):
            with self.subTest(command=command):
                done = self.practice.worker(*command.split(), catalogue=path)
                self.assertIn(done.code, (FAILED, MISUNDERSTOOD), done.text)
                self.assert_says(
                    done, done.code, "work_email has the type \"txt(320)\"", "text(max)",
                    "does not know \"uniqe\"", "does not know \"by_valeu\"",
                    "names {first_nam}", "Mend them")
                for line in lines:
                    self.assertIn(f"{path}, line {line}:", done.text)
        self.assert_normal()

    def test_mistakes_of_both_kinds(self):
        path, _ = self.catalogue(
            ("SELECT c.id, c.code, c.contact_id,", "SELECT c.id, c.coed, c.contact_id,"),
            ("work_email: text(320)?", "work_email: txt(320)?"),
            ("label:", "labell:"))
        for command in ("run", "config check", "capture install"):
            with self.subTest(command=command):
                done = self.practice.worker(*command.split(), catalogue=path)
                self.assert_reported(done, path, 3, "no such column: c.coed", "txt(320)", "labell")
        # Where Central cannot be asked, the mistakes of form are reported all the same.
        done = self.practice.worker("run", catalogue=path, central="sqlite:/nowhere.db")
        self.assert_reported(done, path, 2, "txt(320)", "labell")
        self.assert_normal()

    def test_a_mistake_of_form_makes_no_second_one(self):
        """A rule or a query that cannot be read is not reported again for what it lacks."""
        path, _ = self.catalogue(
            ("contact: { lookup: SELECT", "contact: { lokup: SELECT"),
            ("query: SELECT id, by_company", "qury: SELECT id, by_company"))
        done = self.practice.worker("run", catalogue=path)
        self.assert_reported(
            done, path, 3, "does not know \"lokup\"", "does not know \"qury\"",
            "the query of data_security is missing")
        self.assert_normal()

    def test_slow_queries(self):
        """They work, so that they are no mistakes; who looks is told of each, with its line."""
        wrong = ("FROM business AS b CROSS JOIN client AS c ON b.client_id = c.id",
                 "contact: { lookup: SELECT id FROM client WHERE contact_id + 0 = :id }")
        path, lines = self.catalogue(
            ("FROM client AS c CROSS JOIN business AS b ON b.client_id = c.id", wrong[0]),
            ("contact: { lookup: SELECT id FROM client WHERE contact_id = :id }", wrong[1]))
        for command in (["config", "check"], ["capture", "status"]):
            done = self.practice.worker(*command, catalogue=path)
            self.assert_says(
                done, SUCCEEDED, f"Warning: {path}, line", "query of businesses has to sort",
                "(client_id, id)", "CROSS JOIN", f"line {lines[1]}",
                "lookup on contact reads a whole table", "index on the columns")
        found = json.loads(self.practice.worker(
            "config", "check", "--json", catalogue=path).text)["warnings"]
        self.assertEqual(
            [warning["table"] for warning in found], ["clients", "businesses"], found)
        self.assertEqual(found[0]["line"], lines[1])
        self.assertEqual(self.practice.worker("run", catalogue=path).code, SUCCEEDED)
        self.assert_normal()

    def test_the_built_in_catalogue_gives_no_warning(self):
        done = self.practice.worker("config", "check")
        self.assert_says(done, SUCCEEDED, "fit together")
        self.assertNotIn("Warning", done.text)

    def test_not_yaml(self):
        path = self.folder / "catalogue.yaml"
        path.write_text("tables: [employees\n  clients: {")
        done = self.practice.worker("run", catalogue=path)
        self.assertIn(done.code, (FAILED, MISUNDERSTOOD), done.text)
        self.assert_says(done, done.code, "not YAML", str(path), "Mend them")
        self.assert_normal()

    def test_no_such_catalogue(self):
        path = self.folder / "nowhere.yaml"
        done = self.practice.worker("run", catalogue=path)
        self.assert_says(done, MISUNDERSTOOD, str(path), "cannot be read", "Check the path")
        self.assert_normal()


class Configurations(BadInput):
    def with_configuration(self, text, *words):
        path = self.folder / "syncworker.yaml"
        path.write_text(text)
        return call("syncworker", *(words or ["run"]), "--config", path)

    def test_missing(self):
        path = self.folder / "nowhere.yaml"
        for command in ("run", "serve", "status", "held", "config check"):
            with self.subTest(command=command):
                done = call("syncworker", *command.split(), "--config", path)
                self.assert_says(
                    done, MISUNDERSTOOD, "no configuration", str(path), "--config",
                    "syncworker init")
        self.assert_normal()

    def test_three_mistakes(self):
        text = self.practice.config.read_text()
        for right, wrong in (
            ('central: "sqlite:', 'central: "'), ("interval_minutes: 30", "interval_minutes: 0"),
            ("log_level: info", "log_level: loud"),
        ):
            self.assertIn(right, text)
            text = text.replace(right, wrong)
        done = self.with_configuration(text)
        self.assert_says(
            done, MISUNDERSTOOD, "has mistakes", "sqlite:FILE", "interval_minutes is \"0\"",
            "1 to 1440", "log_level is \"loud\"", "warning", "config check")
        self.assert_normal()

    def test_nothing_in_it(self):
        done = self.with_configuration("log_level: info\n")
        self.assert_says(
            done, MISUNDERSTOOD, "central is missing", "oneclick is missing",
            "practice is missing", "installation is missing")

    def test_not_yaml(self):
        done = self.with_configuration("central: [a\n b: {")
        self.assert_says(done, MISUNDERSTOOD, "no YAML", "Correct it")

    def test_not_a_number(self):
        done = self.practice.worker("run", interval_minutes="often")
        self.assert_says(done, MISUNDERSTOOD, "interval_minutes", "often", "1 to 1440")
        self.assert_normal()

    def test_misspelt_setting(self):
        text = self.practice.config.read_text()
        self.assertIn("interval_minutes: 30", text)
        self.practice.config.write_text(
            text.replace("interval_minutes: 30", "intervall_minutes: 5"))
        try:
            done = self.practice.worker("config", "check")
        finally:
            self.practice.config.write_text(text)
        self.assert_says(done, MISUNDERSTOOD, "intervall_minutes", "interval_minutes")

    def test_no_readable_file(self):
        done = call("syncworker", "run", "--config", self.folder)
        self.assert_says(done, MISUNDERSTOOD, str(self.folder), "is a folder", "--config")

    def test_bad_time_zone(self):
        for zone in ("Europe/Londn", "BST"):
            done = self.practice.worker("config", "check", time_zone=zone)
            self.assert_says(
                done, MISUNDERSTOOD, f'time_zone is "{zone}"', "expected", "Europe/London")
        done = self.practice.worker("config", "check", time_zone="Europe/Dublin")
        self.assert_says(done, SUCCEEDED, "time_zone: Europe/Dublin")
        self.assert_normal()

    def test_key_is_gone(self):
        done = self.with_configuration(self.practice.config.read_text())
        self.assert_says(done, FAILED, "syncworker.fingerprint", "backup", "init --force")
        self.assert_normal()

    def test_key_that_others_may_read(self):
        key = self.practice.config.with_name("syncworker.key")
        for mode in (0o640, 0o604, 0o644, 0o660):
            with self.subTest(mode=oct(mode)):
                key.chmod(mode)
                try:
                    done = self.practice.worker("run")
                finally:
                    key.chmod(0o600)
                self.assert_says(
                    done, FAILED, str(key), "may be read or written by others", "chmod 600")
        self.assert_normal()

    def test_unknown_data_set(self):
        done = self.practice.worker("run", "--only", "Nonsense")
        self.assert_says(
            done, MISUNDERSTOOD, "no data set \"Nonsense\"", "Client List", "AP Transactions")
        self.assert_normal()

    def test_one_data_set_is_widened(self):
        self.practice.change(
            "UPDATE contact SET town = 'Deal' WHERE id IN (SELECT contact_id FROM client)")
        done = self.practice.worker("run", "--only", "Client List")
        self.assert_says(
            done, SUCCEEDED, "what hangs together is synchronised together", "Employee List", "Client List",
            "Team Security")
        self.assert_normal()

    SEEN = "2026-01-05T09:30:00.000000Z"

    def test_unknown_table_to_approve(self):
        done = self.practice.worker("approve", "nonsense", "--seen", self.SEEN)
        self.assertIn(done.code, (FAILED, MISUNDERSTOOD))
        self.assert_says(done, done.code, "no table nonsense", "clients")

    def test_approve_without_saying_what_was_seen(self):
        for options in ([], ["17", "--seen", self.SEEN]):
            self.assert_says(
                self.practice.worker("approve", "clients", *options), MISUNDERSTOOD, "Name keys",
                "--seen", "syncworker held")
        done = self.practice.worker("approve", "clients", "--seen", "yesterday")
        self.assert_says(done, MISUNDERSTOOD, "\"yesterday\" is no time", "syncworker held")
        self.assert_normal()

    def test_approve_what_is_not_held(self):
        rows = self.practice.rows_of_oneclick()
        done = self.practice.worker("approve", "clients", "--seen", self.SEEN)
        self.assert_says(done, SUCCEEDED, "nothing to answer", "syncworker held")
        self.assertEqual(self.practice.rows_of_oneclick(), rows)
        self.assert_normal()


class Enrolments(BadInput):
    def enrol(self, code, oneclick=None, central=None):
        return call(
            "syncworker", "init", "--central", f"sqlite:{central or self.practice.central}",
            "--oneclick", oneclick or self.practice.address, "--code", code, "--config",
            self.folder / "syncworker.yaml")

    def assert_refused(self, done, code, *words):
        self.assert_says(done, code, *words)
        self.assertFalse((self.folder / "syncworker.yaml").exists())
        self.assert_normal()

    def test_wrong_code(self):
        self.assert_refused(
            self.enrol("AAAA-BBBB-CCCC"), FAILED, "not one that OneClick gave out",
            "typing mistakes", "a new one")

    def test_used_code(self):
        self.assert_refused(
            self.enrol(self.practice.code), FAILED, "used before", "a new one")

    def test_expired_code(self):
        code = self.practice.new_code("Too Late")
        db = sqlite3.connect(self.practice.oneclick)
        with db:
            db.execute(
                "UPDATE enrolment_codes SET expires_at = '2020-01-01 00:00:00.000000' "
                "WHERE practice_id = (SELECT max(id) FROM practices)")
        db.close()
        self.addCleanup(self.forget_practices)
        self.assert_refused(self.enrol(code), FAILED, "expired", "a new one")

    def test_no_central_keeps_the_code(self):
        code = self.practice.new_code("Second Try")
        self.addCleanup(self.forget_practices)
        done = self.enrol(code, central=self.folder / "nowhere.db")
        self.assert_says(done, FAILED, "There is no file", "nowhere.db", "Check the path")
        self.assertEqual(self.enrol(code).code, SUCCEEDED)

    def test_configuration_is_there(self):
        before = self.practice.config.read_bytes()
        done = self.practice.worker(
            "init", "--central", f"sqlite:{self.practice.central}", "--oneclick",
            self.practice.address, "--code", "AAAA-BBBB-CCCC")
        self.assert_says(
            done, MISUNDERSTOOD, "configuration", "already", "--config", "--force")
        self.assertEqual(self.practice.config.read_bytes(), before)
        self.assert_normal()

    def test_forced_with_a_wrong_code(self):
        done = self.practice.worker(
            "init", "--central", f"sqlite:{self.practice.central}", "--oneclick",
            self.practice.address, "--code", "AAAA-BBBB-CCCC", "--force")
        self.assert_says(done, FAILED, "not one that OneClick gave out")
        self.assert_normal()

    def test_central_without_its_kind(self):
        done = call(
            "syncworker", "init", "--central", self.practice.central, "--oneclick",
            self.practice.address, "--code", "AAAA-BBBB-CCCC", "--config",
            self.folder / "syncworker.yaml")
        self.assert_refused(done, MISUNDERSTOOD, "names no database", "sqlite:FILE")

    def test_addresses(self):
        for address, word in (("nonsense", "not an address"), ("http://example.com", "plain http")):
            with self.subTest(address=address):
                self.assert_refused(
                    self.enrol("AAAA-BBBB-CCCC", address), MISUNDERSTOOD, "cannot be used", word,
                    "https://")

    def test_oneclick_not_there(self):
        done = self.enrol("AAAA-BBBB-CCCC", f"http://127.0.0.1:{free_port()}")
        self.assert_says(done, FAILED, "does not take connections", "Check")
        self.assertNotIn("next synchronisation", done.words)

    def forget_practices(self):
        """The checker and the other tests see one practice only."""
        db = sqlite3.connect(self.practice.oneclick)
        db.execute("PRAGMA foreign_keys = OFF")
        with db:
            for table, in db.execute(
                "SELECT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
                "WHERE m.type = 'table' AND c.name = 'practice_id'").fetchall():
                db.execute(f"DELETE FROM {table} WHERE practice_id > 1")
            db.execute("DELETE FROM practices WHERE id > 1")
        db.close()


class Rows(BadInput):
    """Values that break their type or a rule: refused one by one, the rest goes on."""

    def refuse(self, make, mend, *words):
        """Makes a fault and a good change beside it; mends the fault at the end."""
        self.practice.change(make, "UPDATE contact SET town = town || 'x' WHERE id = 9")
        done = self.practice.worker("run")
        self.assert_says(done, WITH_ERRORS, "completed with errors", *words)
        self.assert_equal()
        # Refused rows stay listed until they are mended.
        done = self.practice.worker("run")
        self.assert_says(done, WITH_ERRORS, *words)
        self.practice.change(mend)
        self.assert_normal()

    @property
    def client(self):
        return self.practice.value("SELECT min(id) FROM client WHERE status <> 'closed'")

    def test_too_long(self):
        identifier = self.client
        code = self.practice.value(f"SELECT code FROM client WHERE id = {identifier}")
        self.refuse(
            f"UPDATE client SET code = printf('%.*c', 60, 'x') WHERE id = {identifier}",
            f"UPDATE client SET code = '{code}' WHERE id = {identifier}",
            "Client List:", "50")

    def test_zero_character(self):
        where = f"WHERE id = (SELECT contact_id FROM client WHERE id = {self.client})"
        self.refuse(
            f"UPDATE contact SET name = 'A' || char(0) || 'B' {where}",
            f"UPDATE contact SET name = 'Arthur' {where}", "Client List:",
            "Enter the text again in Central")

    def test_zero_character_says_what_is_wrong(self):
        identifier = self.client
        code = self.practice.value(f"SELECT code FROM client WHERE id = {identifier}")
        where = f"WHERE id = (SELECT contact_id FROM client WHERE id = {identifier})"
        self.practice.change(f"UPDATE contact SET name = 'A' || char(0) || 'B' {where}")
        try:
            done = self.practice.worker("run")
        finally:
            self.practice.change(f"UPDATE contact SET name = 'Arthur' {where}")
            self.assert_normal()
        self.assert_says(done, WITH_ERRORS, code, "U+0000", "Enter the text again in Central")

    def test_not_a_date(self):
        where = f"WHERE id = {self.client}"
        self.refuse(
            f"UPDATE client SET closed_on = '31/12/2020' {where}",
            f"UPDATE client SET closed_on = NULL {where}", "Client List:", "date")

    def test_not_utf8(self):
        where = f"WHERE id = (SELECT contact_id FROM client WHERE id = {self.client})"
        self.refuse(
            f"UPDATE contact SET name = CAST(x'41FF42' AS TEXT) {where}",
            f"UPDATE contact SET name = 'Arthur' {where}", "Client List:", "UTF-8")

    def test_dry_run_changes_nothing(self):
        self.practice.change("UPDATE contact SET town = 'Dry' || id")
        before = self.practice.rows_of_oneclick()
        for kind in ([], ["--full"]):
            done = self.practice.worker("run", "--dry-run", *kind)
            self.assert_says(done, SUCCEEDED, "dry run", "nothing was applied")
            checked = self.check()
            self.assertEqual(checked.code, 1, checked.text)
            self.assertIn("clients", checked.text)
            self.assertEqual(self.practice.rows_of_oneclick(), before)
        self.assert_normal()

    def test_practice_list(self):
        listed = needed("oneclick", "practice", "list", "--database", self.practice.database)
        self.assertIn("Bad & Co", listed)
        self.assertIn("last synchronised", listed)
        known = json.loads(needed(
            "oneclick", "practice", "list", "--database", self.practice.database, "--json"))
        self.assertEqual([practice["name"] for practice in known], ["Bad & Co"])
        self.assertEqual(
            known[0]["rows"]["clients"],
            self.practice.value("SELECT count(*) FROM clients", self.practice.oneclick))

    def test_commands_that_are_not_understood(self):
        for program in ("syncworker", "oneclick", "central-sample"):
            for words in (["nonsense"], ["--nonsense"]):
                with self.subTest(program=program, words=words):
                    self.assert_says(call(program, *words), MISUNDERSTOOD, "nonsense", "--help")

    def test_last_run_in_detail(self):
        """What a run by the service found is read afterwards, record by record."""
        self.practice.change("UPDATE employee SET work_email = NULL WHERE id = 1")
        try:
            self.assertEqual(self.practice.worker("run").code, WITH_ERRORS)
            status = self.practice.worker("status")
            self.assert_says(
                status, SUCCEEDED, "completed with errors", "syncworker runs --limit 1 --details")
            done = self.practice.worker("runs", "--limit", 1, "--details")
            self.assert_says(done, SUCCEEDED, "Employee List:", "has no work e-mail", "Personal")
        finally:
            self.practice.change("UPDATE employee SET work_email = 'e1@example.com' WHERE id = 1")
            self.assert_normal()

    def test_oneclick_on_another_programs_database(self):
        """Central's file for OneClick's: refused, and left as it is to the byte."""
        central = self.folder / "central.db"
        original = sqlite3.connect(self.practice.central)
        copy = sqlite3.connect(central)
        original.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.close()
        original.close()
        before = central.read_bytes()
        for command in (["serve", "--listen", "127.0.0.1:0"], ["migrate"], ["practice", "list"]):
            with self.subTest(command=command):
                done = call("oneclick", *command, "--database", f"sqlite:{central}")
                self.assert_says(
                    done, FAILED, "not OneClick's database", str(central), "Check the path")
        self.assertEqual(central.read_bytes(), before)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["central.db"])

    def test_vault_is_gone(self):
        vault = self.practice.oneclick.with_name(self.practice.oneclick.name + ".vault")
        away = vault.with_suffix(".away")
        vault.rename(away)
        try:
            for command in ("status", "rotate", "check"):
                done = call("oneclick", "vault", command, "--database", self.practice.database)
                self.assert_says(
                    done, FAILED, str(vault), "is not there", "backup", "oneclick migrate")
            # Who serves has no use for private keys.
            done = call("oneclick", "practice", "list", "--database", self.practice.database)
            self.assertEqual(done.code, 0)
        finally:
            away.rename(vault)

    def test_practice_list_of_no_database(self):
        path = self.folder / "nowhere.db"
        done = call("oneclick", "practice", "list", "--database", f"sqlite:{path}")
        self.assert_says(done, FAILED, "no database", str(path), "oneclick migrate")
        self.assertFalse(path.exists())

    def test_two_runs_at_once(self):
        self.practice.change("UPDATE contact SET town = 'Two' || id")
        lock = self.practice.folder / "syncworker.lock"
        for _ in range(20):
            first = self.practice.start_worker("run", "--full")
            while first.poll() is None and lock.read_text() != str(first.pid):
                time.sleep(0.001)
            first.send_signal(signal.SIGSTOP)
            if first.poll() is None:
                break
            ended(first)
        try:
            second = self.practice.worker("run")
        finally:
            first.send_signal(signal.SIGCONT)
        done = ended(first)
        self.assert_says(
            second, FAILED, "Another process synchronises", f"process {first.pid}", "Wait")
        self.assertEqual(done.code, SUCCEEDED, done.text)
        self.assert_normal()

    def test_worker_killed(self):
        """The lock goes with its process, and what OneClick has stays whole."""
        self.practice.change("UPDATE contact SET town = 'Kill' || id")
        process = self.practice.start_worker("run", "--full")
        time.sleep(0.06)
        process.kill()
        ended(process)
        self.assert_normal()

    def test_service_killed(self):
        """Whoever asked it for a run hears at once what is known of it."""
        with self.practice.service() as service, self.practice.held_up() as run:
            time.sleep(0.5)
            service.kill()
            self.practice.server.send_signal(signal.SIGCONT)
            began = time.monotonic()
            done = ended(run)
        self.assertLess(time.monotonic() - began, 5)
        self.assert_says(
            done, FAILED, "The SyncWorker service ended", "had begun", "0 rows sent",
            "OneClick has not committed it", "Nothing is lost", "syncworker serve")
        self.assert_normal()

    def test_service_killed_before_it_began(self):
        with self.practice.service() as service, self.practice.held_up() as first:
            second = self.practice.start_worker("run", "--full")
            self.assertIn(b"this one follows it", second.stdout.readline())
            service.kill()
            dones = [ended(run) for run in (first, second)]
        self.assert_says(
            dones[1], FAILED, "The SyncWorker service ended", "had not begun",
            "Nothing is lost", "syncworker serve")
        self.assert_normal()

    def test_backup_after_an_orderly_stop(self):
        """The file alone is OneClick's database."""
        self.practice.change("UPDATE contact SET town = 'Stop' || id")
        self.assertEqual(self.practice.worker("run").code, SUCCEEDED)
        self.practice.stop_serving()
        log = self.practice.oneclick.with_name("oneclick.db-wal")
        self.assertEqual(log.stat().st_size if log.exists() else 0, 0)
        copy = self.folder / "copy.db"
        shutil.copyfile(self.practice.oneclick, copy)
        checked = subprocess.run(
            [sys.executable, "-B", ROOT / "scripts" / "check", self.practice.central, copy,
             "--practice", "1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout)
        self.practice.serve()
        self.assert_normal()


class EmptyCentral(BadInput):
    TABLES = ("ap_transaction", "ap_period", "ap_nominal", "ap_chart", "hmrc_credential",
              "business", "client_team", "client", "contact", "employee")

    def setUp(self):
        super().setUp()
        self.saved = self.folder / "saved.db"
        self.practice.change(f"VACUUM INTO '{self.saved}'")
        self.rows = self.practice.rows_of_oneclick()
        self.practice.change(*(f"DELETE FROM {table}" for table in self.TABLES))

    def put_back(self):
        """As from a backup of the tables: afterwards there is nothing left to ask."""
        db = sqlite3.connect(self.practice.central, isolation_level=None)
        db.execute("ATTACH ? AS saved", [str(self.saved)])
        db.execute("BEGIN")
        for table in self.TABLES:
            db.execute(f"INSERT INTO main.{table} SELECT * FROM saved.{table}")
        db.execute("COMMIT")
        db.close()
        self.assert_normal()
        self.assertEqual(self.practice.rows_of_oneclick(), self.rows)
        self.assert_says(self.practice.worker("held"), SUCCEEDED, "Nothing waits")

    def test_everything_deleted(self):
        for kind in ([], ["--full"]):
            done = self.practice.worker("run", *kind)
            self.assert_says(
                done, HELD, "is held", "waits for an answer", "gone from Central",
                "Look at the held removals", "approve", "keep")
            self.assertEqual(self.practice.rows_of_oneclick(), self.rows)
            self.assert_equal()
        done = self.practice.worker("held")
        self.assert_says(
            done, SUCCEEDED, "employees: ", "records are gone from Central", "Since",
            "syncworker approve clients --seen", "syncworker approve employees --keep --seen")
        seen = json.loads(self.practice.worker("held", "--json").text)["seen"]
        self.assertIn(f"--seen {seen}", done.text)
        done = self.practice.worker("approve", "clients", "--seen", seen)
        self.assert_says(done, SUCCEEDED, "approved")
        done = self.practice.worker("held")
        self.assert_says(done, SUCCEEDED, "approved already", "Approved until")
        held = json.loads(self.practice.worker("held", "--json").text)
        self.assertEqual(
            [[item["table"], item["key"]] for item in held["approvals"]],
            [[item["table"], item["key"]] for item in held["held"] if item["table"] == "clients"])
        done = self.practice.worker("approve", "clients", "--keep", "--seen", seen)
        self.assert_says(done, SUCCEEDED, "will be kept")
        self.assertEqual(
            json.loads(self.practice.worker("held", "--json").text)["approvals"], [])
        done = self.practice.worker("held")
        self.assert_says(done, SUCCEEDED, "a person decided that OneClick keeps")
        self.put_back()

    def test_names_the_command(self):
        done = self.practice.worker("run")
        self.put_back()
        self.assert_says(done, HELD, "syncworker held")


class Disk:
    """A small file system that can be filled to the last byte; only root can mount one."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bad-"))
        mounted = os.geteuid() == 0 and shutil.which("mount") and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", self.folder],
            stderr=subprocess.DEVNULL).returncode
        if not mounted:
            self.folder.rmdir()
            raise unittest.SkipTest("a small disk cannot be mounted here")

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=True)
        self.folder.rmdir()

    def fill(self):
        with open(self.folder / "ballast", "ab", buffering=0) as ballast:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while ballast.write(b"x" * size) == size:
                        pass
                except OSError:
                    pass

    def free(self):
        (self.folder / "ballast").unlink()


def practice_with_work(clean_up, **folders):
    """A practice that was synchronised, and then changed a lot."""
    practice = Practice(**folders)
    clean_up(practice.close)
    done = practice.worker("run", "--full")
    if done.code:
        raise RuntimeError(f"The first run ended with {done.code}: {done.text}")
    practice.change(
        "UPDATE contact SET town = 'Full' || id",
        "UPDATE ap_transaction SET narrative = printf('%.*c', 150, 'x') || id")
    return practice


class FullDisk(BadInput):
    @classmethod
    def setUpClass(cls):
        pass

    def run_without_space(self):
        disk = Disk()
        self.addCleanup(disk.close)
        practice = practice_with_work(self.addCleanup, config_folder=disk.folder)
        disk.fill()
        done = practice.worker("run")
        self.assert_says(done, FAILED, "journal", str(disk.folder))
        disk.free()
        self.assert_normal(practice)
        return done

    def test_journal_goes_on_afterwards(self):
        self.run_without_space()

    def test_journal(self):
        done = self.run_without_space()
        self.assert_says(done, FAILED, "disk", "is full", "Free some space")

    def full(self, which):
        """A practice whose programs have nothing open, on a disk without a byte left."""
        disk = Disk()
        self.addCleanup(disk.close)
        practice = Practice(**{which: disk.folder})
        self.addCleanup(practice.close)
        if which == "oneclick_folder":
            practice.stop_serving()
        for database in disk.folder.glob("*.db"):
            fold(database)
        disk.fill()
        return practice, disk

    def assert_full(self, done, *words):
        self.assert_says(done, FAILED, "The disk that holds", "is full", "Free some space", *words)

    def test_service_goes_on_with_its_journal(self):
        """The end of a run that could not be written down is written as soon as it can be."""
        disk = Disk()
        self.addCleanup(disk.close)
        practice = practice_with_work(self.addCleanup, config_folder=disk.folder)
        with practice.service():
            with practice.held_up() as run:
                fold(practice.journal)
                disk.fill()
            self.assert_full(ended(run), "SyncWorker's journal")
            told = practice.worker("runs", "--limit", "1", "--details")
            self.assert_says(told, SUCCEEDED, "failed", "SyncWorker's journal", "is full")
            # This one cannot even begin.
            self.assert_full(practice.worker("run", "--full"), "SyncWorker's journal")
            disk.free()
            wait_until(lambda: not practice.runs_without_end())
            runs = json.loads(practice.worker("runs", "--limit", "2", "--json").text)
        self.assertEqual([run["kind"] for run in runs], ["full", "change"])
        for run in runs:
            self.assertEqual(run["outcome"], "failed")
            self.assertEqual({error["code"] for error in run["errors"]}, {"journal"})
            self.assertIn("is full", run["errors"][0]["message"])
        self.assert_normal(practice)

    def test_central_without_its_log(self):
        practice, disk = self.full("central_folder")
        for command in (["run"], ["config", "check"], ["capture", "status"],
                        ["capture", "install"], ["capture", "remove"]):
            with self.subTest(command=command):
                done = practice.worker(*command)
                self.assert_full(done, "Central", str(practice.central))
        done = call("central-sample", "work", practice.central, "--operations", 3, "--rate", 1000)
        self.assert_full(done, str(practice.central))
        disk.free()
        self.assert_normal(practice)

    def test_office_at_work(self):
        disk = Disk()
        self.addCleanup(disk.close)
        practice = Practice(central_folder=disk.folder)
        self.addCleanup(practice.close)
        log = practice.central.with_name("central.db-wal")
        office = subprocess.Popen(
            [BINARIES / "central-sample", "work", practice.central, "--rate", "200"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wait_until(lambda: log.exists() and log.stat().st_size)
        disk.fill()
        self.assert_full(ended(office), str(practice.central))
        done = call("central-sample", "create", "--clients", 3, disk.folder / "more.db")
        self.assert_full(done, str(disk.folder / "more.db"))
        disk.free()
        self.assertIn(practice.worker("run").code, (SUCCEEDED, WITH_ERRORS))
        self.assert_equal(practice)

    def test_oneclick_without_its_log(self):
        practice, disk = self.full("oneclick_folder")
        new = f"sqlite:{disk.folder / 'new.db'}"
        for command, database in (
            (["serve", "--listen", "127.0.0.1:0"], practice.database),
            (["practice", "list"], practice.database),
            (["practice", "add", "More & Co"], practice.database),
            (["migrate"], practice.database), (["migrate"], new),
        ):
            with self.subTest(command=command, database=database):
                done = call("oneclick", *command, "--database", database)
                self.assert_full(done, "OneClick's database", "run the command again")
                self.assertNotIn("synchronisation", done.words)
        disk.free()
        practice.serve()
        self.assert_normal(practice)


class Page(http.server.BaseHTTPRequestHandler):
    """What a captive portal or a wrong address answers."""

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        body = b"<html><body>Welcome to the hotel. Please sign in.</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_GET

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class WrongAnswers(BadInput):
    """Something answers in OneClick's place."""

    def test_html(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        try:
            done = self.practice.worker("run", oneclick=address)
            enrolled = call(
                "syncworker", "init", "--central", f"sqlite:{self.practice.central}",
                "--oneclick", address, "--code", "AAAA-BBBB-CCCC", "--config",
                self.folder / "syncworker.yaml")
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        for answer in (done, enrolled):
            self.assert_says(
                answer, FAILED, "Something else than OneClick answers", address, "text/html",
                "Check the address", "proxy")
        self.assert_normal()

    def test_listening(self):
        """Port 0 takes a free port (every test here relies on it); others are judged."""
        for listen, code, words in (
            (f"127.0.0.1:{self.practice.port}", FAILED,
             ["cannot listen", "in use", "port 0 takes any free port"]),
            ("0.0.0.0:0", MISUNDERSTOOD, ["does not listen on 0.0.0.0", "proxy"]),
            ("127.0.0.1:99999", MISUNDERSTOOD, ["not an address", "HOST:PORT"]),
            ("nonsense", MISUNDERSTOOD, ["not an address", "HOST:PORT"]),
        ):
            with self.subTest(listen=listen):
                done = call(
                    "oneclick", "serve", "--database", self.practice.database, "--listen", listen)
                self.assert_says(done, code, *words)
        self.assertGreater(self.practice.port, 0)
        self.assert_normal()

    def test_killed_during_a_run_and_back(self):
        """The run waits for OneClick, and carries on or says that it could not."""
        practice = Practice(clients=200, transactions=20_000)
        self.addCleanup(practice.close)
        process = practice.start_worker("run", "--full")
        wait_for_rows(practice, process)
        practice.stop_serving(signal.SIGKILL)
        practice.serve()
        done = ended(process)
        self.assert_calm(done)
        self.assertIn(done.code, (SUCCEEDED, FAILED), done.text)
        if done.code == SUCCEEDED:
            self.assert_equal(practice)
        self.assert_normal(practice)


def wait_for_rows(practice, process):
    """Until a part of a first load has arrived in OneClick's file."""
    log = practice.oneclick.with_name(practice.oneclick.name + "-wal")
    begin = log.stat().st_size
    while process.poll() is None and log.stat().st_size < begin + 500_000:
        time.sleep(0.002)


class WithoutOneClick(BadInput):
    """OneClick is out of order for longer than a run tries again.

    Such a run takes half a minute, so these begin with the whole file and are looked at late.
    """

    running = {}

    @classmethod
    def begin(cls):
        away = Practice()
        unittest.addModuleCleanup(away.close)
        if away.worker("run", "--full").code:
            raise RuntimeError("The first run failed.")
        away.change("UPDATE contact SET town = 'Away' || id")
        away.stop_serving()
        cls.running["away"] = (away, away.start_worker("run"))
        killed = Practice(clients=200, transactions=20_000)
        unittest.addModuleCleanup(killed.close)
        process = killed.start_worker("run", "--full")
        wait_for_rows(killed, process)
        killed.stop_serving(signal.SIGKILL)
        cls.running["killed"] = (killed, process)
        try:
            disk = Disk()
        except unittest.SkipTest:
            return
        unittest.addModuleCleanup(disk.close)
        full = practice_with_work(unittest.addModuleCleanup, oneclick_folder=disk.folder)
        # A server that starts anew begins with an empty log: all that it writes is growth.
        full.stop_serving()
        full.serve()
        disk.fill()
        cls.running["full"] = (full, full.start_worker("run"), disk)

    @classmethod
    def setUpClass(cls):
        pass

    def test_not_there(self):
        practice, process = self.running["away"]
        status = practice.worker("status")
        self.assert_says(status, SUCCEEDED, "does not take connections", "Last:")
        held = practice.worker("held")
        self.assert_says(held, FAILED, "does not take connections")
        done = ended(process)
        self.assert_says(
            done, FAILED, practice.address, "does not take connections", "firewall",
            "tries again by itself")
        practice.serve()
        self.assert_normal(practice)

    def test_killed_half_way(self):
        practice, process = self.running["killed"]
        done = ended(process)
        self.assert_says(
            done, FAILED, practice.address, "does not take connections", "tries again by itself")
        practice.serve()
        self.assert_normal(practice)

    def test_full_disk_of_oneclick(self):
        if "full" not in self.running:
            self.skipTest("a small disk cannot be mounted here")
        practice, process, disk = self.running["full"]
        done = ended(process)
        self.assert_says(
            done, FAILED, "disk of OneClick's database is full", "free some space",
            "Nothing was applied", "tries again")
        disk.free()
        self.assert_normal(practice)


def setUpModule():
    missing = [name for name in ("syncworker", "oneclick", "central-sample")
               if not (BINARIES / name).exists()]
    if missing:
        raise unittest.SkipTest(f"{', '.join(missing)} must be built first: swift build")
    WithoutOneClick.begin()


if __name__ == "__main__":
    unittest.main()
