"""What a person can get wrong, tried with the real programs over real HTTP.

Each test does one thing wrong, asserts on the exit code and on the words of the message (what
happened, and what to do next), then shows that nothing was lost: a normal run succeeds, and
scripts/check finds OneClick equal to Central. Build first: `swift build`.
"""

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

    def __init__(self, clients=30, transactions=300, oneclick_folder=None):
        # Another user has to get here too, and a socket's path may not be long.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bad-"))
        self.folder.chmod(0o755)
        self.site = self.folder / "site"
        self.site.mkdir()
        self.central = self.site / "central.db"
        self.oneclick = (oneclick_folder or self.folder) / "oneclick.db"
        self.config = self.folder / "syncworker.yaml"
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
             practice.oneclick], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=SECONDS_MAX)
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
        self.assert_refused(self.folder, str(self.folder), "folder")

    def test_locked_by_another_program(self):
        self.practice.change("UPDATE contact SET town = 'Leeds' WHERE id = 1")
        # In this mode a reader has to wait for an exclusive lock.
        db = sqlite3.connect(self.practice.central, isolation_level=None)
        self.assertEqual(db.execute("PRAGMA journal_mode = DELETE").fetchone()[0], "delete")
        try:
            db.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            done = self.practice.worker("run", central_wait_seconds=1)
            self.assertLess(time.monotonic() - began, 20)
            self.assert_says(
                done, FAILED, "locked by another program", str(self.practice.central), "Close",
                "tries again")
            db.execute("ROLLBACK")
            self.assert_normal()
        finally:
            db.execute("PRAGMA journal_mode = WAL")
            db.close()

    def test_locked_for_a_moment(self):
        self.practice.change("UPDATE contact SET town = 'Hull' WHERE id = 1")
        db = sqlite3.connect(self.practice.central, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = DELETE")
        try:
            db.execute("BEGIN EXCLUSIVE")
            release = threading.Timer(1, db.execute, ["ROLLBACK"])
            release.start()
            done = self.practice.worker("run")
            release.join()
            self.assertEqual(done.code, SUCCEEDED, done.text)
            self.assert_equal()
        finally:
            db.execute("PRAGMA journal_mode = WAL")
            db.close()

    def test_another_writer_holds_central(self):
        """Reading works beside a writer; the mark that the run leaves in Central has to wait."""
        self.practice.change("UPDATE contact SET town = 'York' WHERE id = 1")
        db = sqlite3.connect(self.practice.central, isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        done = self.practice.worker("run", central_wait_seconds=1)
        db.execute("ROLLBACK")
        db.close()
        if done.code != SUCCEEDED:
            self.assert_says(done, FAILED, "locked by another program", "tries again")
        self.assert_normal()


if __name__ == "__main__":
    unittest.main()
