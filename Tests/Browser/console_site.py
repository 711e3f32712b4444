"""A practice with a Management Console, of real processes: a sample Central, OneClick and the
Portal Service. Its clock can be another one than this machine's."""

import contextlib
import json
import math
import os
import pathlib
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BINARIES = pathlib.Path(os.environ.get("SYNCWORKER_BINARIES")
                        or ROOT / ".build" / os.environ.get("CONFIGURATION", "debug"))
PASSWORD = "correct horse battery staple"
SECONDS_MAX = 60
# Codes of `syncworker run` that went through: a sample has records that are refused.
WENT_THROUGH = (0, 3, 4)
#: Nothing begins by itself within a test.
A_DAY = 1440


class Clock:
    """A time of day that the programs take for the machine's; only by `set` does it jump."""

    def __init__(self, folder, start):
        library = folder / "clock.so"
        subprocess.run(["clang", "-shared", "-fPIC", "-O1", HERE / "clock.c", "-o", library],
                       check=True)
        self.file = folder / "clock"
        self.file.touch()
        self.set(start)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(self.file)}

    def set(self, moment):
        """An offset, not a time: all processes have the same clock, whenever they began."""
        with open(self.file, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", math.ceil(moment.timestamp() - time.time())))


class Process:
    """A service that runs until it is ended; `answer` is what it said when it was ready."""

    def __init__(self, command, environment, log):
        with open(log, "ab") as errors:
            self.popen = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                text=True, env=environment)
        line = self.popen.stdout.readline()
        if not line:
            self.end(signal.SIGKILL)
            raise RuntimeError(f"{command[0].name} did not start:\n{log.read_text()[-2000:]}")
        self.answer = json.loads(line)

    def send(self, number):
        self.popen.send_signal(number)

    def end(self, number=signal.SIGTERM):
        if self.popen.poll() is None:
            self.send(number)
            self.popen.wait(SECONDS_MAX)
        self.popen.stdout.close()


class Site:
    """Both sides were made equal once; the services run."""

    def __init__(self, clients=40, transactions=None, start=None, interval=A_DAY):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="console-"))
        self.central = self.folder / "central.db"
        self.oneclick = self.folder / "oneclick.db"
        self.config = self.folder / "syncworker.yaml"
        self.journal = self.folder / "syncworker-journal.db"
        self.clock = Clock(self.folder, start) if start else None
        self.environment = {
            **os.environ, "SYNCWORKER_INTERVAL_MINUTES": str(interval),
            **(self.clock.environment if self.clock else {})}
        self.port = 0
        self.cloud = self.service = None
        self.asked = []
        try:
            self.make(clients, transactions, start)
        except BaseException:
            self.close()
            raise

    def make(self, clients, transactions, start):
        if not (BINARIES / "syncworker").exists():
            raise RuntimeError(f"There is no {BINARIES}/syncworker: build it first.")
        digest = self.call("syncworker", "hash-password", given=PASSWORD + "\n").strip()
        size = ["--clients", clients, "--seed", 1, "--password-hash", digest]
        size += ["--transactions", transactions] if transactions else []
        size += ["--today", f"{start:%Y-%m-%d}"] if start else []
        self.call("central-sample", "create", *size, self.central)
        database = f"sqlite:{self.oneclick}"
        self.call("oneclick", "migrate", "--database", database)
        practice = json.loads(self.call(
            "oneclick", "practice", "add", "Console & Co", "--database", database, "--json"))
        self.cloud = self.start(
            "oneclick", "serve", "--database", database, "--listen", "127.0.0.1:0", "--json")
        self.call(
            "syncworker", "init", "--central", f"sqlite:{self.central}", "--oneclick",
            self.cloud.answer["address"], "--code", practice["code"], "--config", self.config)
        self.run("--full")
        self.start_service()

    def close(self):
        for process in (self.service, self.cloud):
            if process:
                process.end(signal.SIGKILL)
        for process in self.asked:
            process.wait(SECONDS_MAX)
        shutil.rmtree(self.folder, ignore_errors=True)

    # Programs

    def call(self, program, *words, codes=(0,), given=None):
        """Runs a command to its end and answers what it printed."""
        done = subprocess.run(
            [BINARIES / program, *map(str, words)], capture_output=True, text=True, input=given,
            timeout=SECONDS_MAX, env=self.environment)
        if done.returncode not in codes:
            raise RuntimeError(f"{program} {words[0]} ended with {done.returncode}: "
                               f"{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, program, *words):
        return Process([BINARIES / program, *map(str, words)], self.environment,
                       self.folder / f"{program}.log")

    def start_service(self):
        """On any free port at first, then always on the same one."""
        self.environment["SYNCWORKER_CONSOLE_LISTEN"] = f"127.0.0.1:{self.port}"
        self.service = self.start("syncworker", "serve", "--config", self.config, "--json")
        self.address = self.service.answer["console"]
        self.port = int(self.address.rpartition(":")[2])

    def run(self, *words):
        """Synchronises, by the service where it runs."""
        self.call("syncworker", "run", "--config", self.config, *words, codes=WENT_THROUGH)

    def ask(self, *words):
        """Asks the service for a synchronisation, and does not wait for its end."""
        command = [BINARIES / "syncworker", "run", "--config", self.config, *words]
        self.asked.append(subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=self.environment))

    @contextlib.contextmanager
    def held_up(self):
        """OneClick answers nothing meanwhile: a synchronisation stands still in the middle."""
        self.cloud.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.cloud.send(signal.SIGCONT)

    def let_on(self, seconds):
        """OneClick answers for so long while it is held up."""
        self.cloud.send(signal.SIGCONT)
        time.sleep(seconds)
        self.cloud.send(signal.SIGSTOP)

    # Databases

    def change(self, *statements):
        """In Central, as another program of the practice would."""
        with contextlib.closing(sqlite3.connect(self.central, timeout=SECONDS_MAX)) as db, db:
            for statement in statements:
                db.execute(*([statement] if isinstance(statement, str) else statement))

    def rows(self, path, sql, *values):
        with contextlib.closing(sqlite3.connect(path, timeout=SECONDS_MAX)) as db:
            return db.execute(sql, values).fetchall()

    def value(self, path, sql, *values):
        return self.rows(path, sql, *values)[0][0]

    def runs(self):
        """Outcomes by the journal, oldest first; None for one in progress."""
        return [outcome for outcome, in self.rows(
            self.journal, "SELECT outcome FROM runs ORDER BY number")]

    def copy_runs(self, count):
        """Makes the history longer, by copies of its first run."""
        renamed = "replace({0}, (SELECT id FROM runs WHERE number = 1), :id)"
        runs = (f"started_at, outcome, {renamed.format('summary')}, start, "
                f"{renamed.format('record')}")
        history = ("started_at, ended, outcome, kind, trigger, purpose, applied, records, "
                   "microseconds, search")
        with contextlib.closing(sqlite3.connect(self.journal, timeout=SECONDS_MAX)) as db, db:
            first, = db.execute("SELECT max(number) + 1 FROM runs").fetchone()
            for number in range(first, first + count):
                values = {"number": number, "id": f"{number:032x}"}
                db.execute(f"INSERT INTO runs SELECT :number, :id, {runs} FROM runs "
                           "WHERE number = 1", values)
                db.execute(f"INSERT INTO history SELECT :number, {history} FROM history "
                           "WHERE number = 1", values)

    def people(self, permitted):
        """Logins of those who may use the console, or may not."""
        return [login for login, in self.rows(self.central, """
            SELECT login_name FROM employee WHERE login_disabled = 0 AND (
              is_super_user OR EXISTS (
                SELECT 1 FROM employee_security_group
                JOIN task_permission USING (security_group_id)
                WHERE employee_id = employee.id AND task = 'OneClick' AND allowed)) = ?
            ORDER BY id""", permitted)]


def wait_until(is_so, seconds=SECONDS_MAX):
    """For what no page shows."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"What was waited for did not come within {seconds} seconds.")
        time.sleep(0.02)
