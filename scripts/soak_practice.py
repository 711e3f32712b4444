"""The practice that the soak disturbs: its office never rests, a proxy stands before OneClick, its
folders can be disks of their own, and it can be copied and put back."""

import contextlib
import datetime
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
import zoneinfo
from collections import Counter

from practice import Failure, Practice, Program, rows
from proxy import Proxy

CLIENTS = (20, 60, 150, 400)
DISK_MEGABYTES = 32
# A service at rest looks every five seconds whether its journal can be written again.
JOURNAL_SECONDS_MAX = 20
# What SQLite may leave beside a database.
BESIDE = ("-wal", "-shm", "-journal")
# Codes that say that nobody thought of what happened.
POOR_CODES = ("unexpected", "internal")
TABLES = ("employees", "clients", "client_team", "data_security", "businesses", "hmrc_credentials",
          "ap_charts", "ap_nominals", "ap_periods", "ap_transactions")


class SoakPractice(Practice):
    def __init__(self, folder, chance):
        super().__init__(folder)
        self.chance = chance
        self.service = None
        self.at_work = None
        self.complaints = []
        (self.folder / "logs").mkdir()
        self.proxy = Proxy(lambda: self.address, random.Random(self.number()))

    def number(self):
        return self.chance.randint(1, 1 << 30)

    def prepare(self, disks):
        """With disks of their own for these folders."""
        for disk in sorted(disks):
            place = self.folder / disk
            place.mkdir()
            mount(place)
        super().prepare(self.chance.choice(CLIENTS), self.number())

    def front(self):
        return f"127.0.0.1:{self.proxy.port}"

    def log(self, name):
        return self.folder / "logs" / f"{name}.log"

    def close(self, keep=False):
        """Ends everything; what is kept stays where it was."""
        Program.kill_all()
        self.proxy.close()
        for place in (self.central.parent, self.oneclick.parent, self.premises):
            if place.is_mount():
                self.unmount(place, keep)

    def unmount(self, place, keep):
        copy = self.folder / f"{place.name}.kept"
        if keep:
            shutil.copytree(place, copy, ignore=shutil.ignore_patterns("*.sock", "ballast"))
        subprocess.run(["umount", "-l", place], check=True)
        if keep:
            place.rmdir()
            copy.rename(place)

    # The office

    def open_office(self):
        """At work from now on, if it is not."""
        if self.at_work and self.at_work.is_alive:
            return
        self.close_office()
        rate = self.chance.choice((3, 10, 30, 100))
        self.at_work = self.office(self.number(), "--rate", rate)

    def close_office(self):
        if self.at_work:
            code = self.at_work.end()
            if code > 0:
                raise Failure(f"The office ended with {code}:\n{self.at_work.tail}")
        self.at_work = None

    # The SyncWorker

    def start_service(self):
        if self.service and self.service.is_alive:
            return
        if self.service and self.service.wait() >= 0:
            raise Failure(f"The service ended by itself:\n{self.service.tail}")
        self.service = Program(
            "syncworker", "serve", "--config", self.config, "--json", log=self.log("service"),
            environment={"SYNCWORKER_LOG_LEVEL": "debug"})
        if not self.service.says(r'"socket"', seconds=30):
            raise Failure(f"The service did not start:\n{self.service.tail}")

    def end_service(self):
        if self.service:
            code = self.service.end()
            if code > 0:
                raise Failure(f"The service ended with {code}:\n{self.service.tail}")
        self.service = None

    def finish(self, run, may_fail=True):
        """Waits for a run, and listens to what it says."""
        code = run.wait()
        answer = run.answer
        if code < 0:
            return answer
        if not may_fail and code not in (0, 3, 4):
            raise Failure(f"The undisturbed run ended with {code}:\n{run.tail}")
        if code and not answer and not run.output.strip():
            self.complain(f"A run ended with {code} and said nothing.")
        for error in (answer or {}).get("errors", []):
            if error["code"] in POOR_CODES or not error["message"] or not error["hint"]:
                self.complain(f"{error['code']}: {error['message']} {error['hint']}")
        return answer

    def complain(self, words):
        """Not wrong, but not as it should be said."""
        self.complaints.append(words.replace(str(self.folder), "FOLDER"))

    def outcomes(self):
        """The runs of the journal by how they ended."""
        counts = Counter()
        for outcome, record in rows(self.journal, "SELECT outcome, record FROM runs"):
            counts["cut off" if record and '"cut_off"' in record else outcome or "none"] += 1
        return counts

    # Proof

    def settle(self):
        """Faults have stopped and the office rests: at most three runs, and both are equal."""
        self.proxy.disarm()
        self.close_office()
        self.revive()
        day = today()
        for attempt in range(3):
            run = self.worker()
            answer = self.finish(run, may_fail=attempt < 2)
            if answer and answer["outcome"] not in ("failed", "stopped"):
                break
        # Its schedule could begin a run while the journal is looked at.
        self.end_service()
        self.prove_equal()
        answer = self.finish(self.worker(), may_fail=False)
        # A new day is a change: who leaves on it, leaves.
        if answer["rows_sent"] and day == today():
            raise Failure(f"A run without changes sent {answer['rows_sent']} rows:\n{answer}")
        equal = self.prove_equal()
        self.prove_journal()
        return equal

    def look_into_journal(self):
        """A service that goes on ends its runs in the journal, too, a moment later if need be."""
        if not self.service:
            return
        deadline = time.monotonic() + JOURNAL_SECONDS_MAX
        while True:
            underway = rows(self.journal, "SELECT id FROM runs WHERE outcome IS NULL")
            status = self.call("syncworker", "status", "--json", "--config", self.config)
            if not underway or '"isRunning":false' not in status:
                return
            if time.monotonic() > deadline:
                return self.complain(
                    "The service is at rest, and its journal has a run without an end.")
            time.sleep(0.2)

    def contents(self):
        """A digest of every row that OneClick's readers see."""
        digest = hashlib.sha256()
        for table in TABLES:
            for row in rows(self.oneclick, f"SELECT * FROM {table} ORDER BY 1, 2, 3"):
                digest.update(repr(row).encode())
        return digest.hexdigest()

    # Copies

    def copy(self, database):
        """A copy as a backup program makes it, while others work."""
        copy = self.folder / f"{database.name}.copy"
        copy.unlink(missing_ok=True)
        source, target = sqlite3.connect(database, timeout=30), sqlite3.connect(copy)
        try:
            source.backup(target)
        finally:
            source.close()
            target.close()
        return copy

    def put_back(self, copy, database):
        """Nobody may have the database open."""
        for end in BESIDE:
            database.with_name(database.name + end).unlink(missing_ok=True)
        arriving = database.with_name("arriving")
        shutil.copyfile(copy, arriving)
        os.replace(arriving, database)

    # Disks

    def fold(self, disk):
        """No room that is its own already is left to a database."""
        for database in (self.folder / disk).glob("*.db"):
            with contextlib.suppress(sqlite3.Error):
                db = sqlite3.connect(database, timeout=1)
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                db.close()

    def fill(self, disk, leaving):
        """Leaves at most so many bytes free on a folder's disk, on which others write too."""
        with open(self.folder / disk / "ballast", "wb", buffering=0) as ballast:
            for piece in (1 << 20, 4096):
                with contextlib.suppress(OSError):
                    while True:
                        ballast.write(bytes(piece))
            ballast.truncate(max(0, ballast.tell() - leaving))

    def free(self, disk):
        (self.folder / disk / "ballast").unlink(missing_ok=True)


def today():
    return datetime.datetime.now(zoneinfo.ZoneInfo("Europe/London")).date()


def mount(place):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", place],
                   check=True, capture_output=True)


def can_mount():
    """Whether this user may make a small disk."""
    with tempfile.TemporaryDirectory() as place:
        try:
            mount(place)
        except (OSError, subprocess.CalledProcessError):
            return False
        subprocess.run(["umount", place], check=True)
        return True
