"""A practice of real processes, for the scripts that disturb them: Central with an office at work,
a OneClick that serves, and a SyncWorker that is enrolled."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

# Any free port: several services, and a real console, may be on this machine.
os.environ.setdefault("SYNCWORKER_CONSOLE_LISTEN", "127.0.0.1:0")

ROOT = Path(__file__).resolve().parent.parent
BINARIES = Path(os.environ.get("SYNCWORKER_BINARIES")
                or ROOT / ".build" / os.environ.get("CONFIGURATION", "debug"))

# The SyncWorker says at debug level when a step begins and has ended.
STEPS = ("open", "pin", "mark", "load", "affected", "read", "plan", "ship", "commit")
POINTS = [(step, moment) for step in STEPS for moment in ("begins", "has ended")]
# A run that is alive has ended by then, even where OneClick was away until it gave up.
RUN_SECONDS_MAX = 240
LOOK_SECONDS = 0.2


class Failure(Exception):
    """Something that must never happen did; the message says what."""


def need_binaries():
    for program in ("central-sample", "oneclick", "syncworker"):
        if not (BINARIES / program).exists():
            raise Failure(f"There is no {BINARIES / program}. Build it with `swift build`, or name "
                          "a folder of built programs with SYNCWORKER_BINARIES.")


class Program:
    """A process; what it prints, both streams, is kept, and can be waited for."""

    started = []

    def __init__(self, program, *words, log=None, environment=None):
        self.name = program
        self.process = subprocess.Popen(
            [BINARIES / program, *map(str, words)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, **(environment or {})})
        self.lines = []
        self.signals = set()
        self.log = open(log, "a") if log else None
        self.has_ended = False
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        Program.started.append(self)

    @classmethod
    def kill_all(cls):
        """Whatever still runs, also what is stopped."""
        for program in cls.started:
            if program.is_alive:
                program.kill()
        cls.started.clear()

    def read(self):
        """Nobody's pipe may fill up, whoever follows it."""
        for line in self.process.stdout:
            if self.log:
                self.log.write(line)
                self.log.flush()
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()
        with self.changed:
            self.has_ended = True
            self.changed.notify_all()
        self.process.stdout.close()
        if self.log:
            self.log.close()

    @property
    def output(self):
        return "".join(self.lines)

    @property
    def is_alive(self):
        return self.process.poll() is None

    def says(self, pattern, occurrence=1, after=0, seconds=RUN_SECONDS_MAX, until=None):
        """Waits for a line, counted from line `after` on; None if the process ends before it, or
        the one that it works for."""
        pattern = re.compile(pattern)
        deadline = time.monotonic() + seconds
        while True:
            with self.changed:
                while len(self.lines) == after:
                    left = deadline - time.monotonic()
                    if self.has_ended or left <= 0 or until and until.has_ended:
                        return None
                    self.changed.wait(min(left, LOOK_SECONDS))
                line = self.lines[after]
            after += 1
            match = pattern.search(line)
            if match:
                occurrence -= 1
                if occurrence <= 0:
                    return match

    def reaches(self, point, occurrence=1, after=0, until=None):
        """Whether it says so often that it is at this point of a step."""
        step, moment = point
        pattern = rf"step={step}\b.*A step {moment}|A step {moment}.*step={step}\b"
        return self.says(pattern, occurrence, after, until=until) is not None

    def signal(self, number):
        self.signals.add(number)
        self.process.send_signal(number)

    def kill(self):
        """Whether it was this that ended the process."""
        self.signal(signal.SIGKILL)
        return self.wait() == -signal.SIGKILL

    def end(self):
        """As a person would end it."""
        if self.is_alive:
            self.signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds=RUN_SECONDS_MAX):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} still ran after {seconds} seconds:\n{self.tail}") from None
        self.reader.join()
        if code < 0 and -code not in self.signals:
            raise Failure(f"{self.name} crashed with signal {-code}:\n{self.tail}")
        return code

    @property
    def tail(self):
        return self.output[-4000:]

    @property
    def answer(self):
        """What it answered in JSON; None if it did not get that far."""
        for line in reversed(self.lines):
            if line.startswith("{"):
                return json.loads(line)
        return None


class Practice:
    """Everything lies below one folder, which is there already."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.central = self.folder / "central" / "central.db"
        self.oneclick = self.folder / "oneclick" / "oneclick.db"
        self.premises = self.folder / "premises"
        self.config = self.premises / "syncworker.yaml"
        self.journal = self.premises / "syncworker-journal.db"
        self.address = "127.0.0.1:0"
        self.server = None
        #: Runs that OneClick had committed, and knows no more since it was restored.
        self.forgotten = set()

    def prepare(self, clients, seed):
        for place in (self.central.parent, self.oneclick.parent, self.premises):
            place.mkdir(exist_ok=True)
        self.call("central-sample", "create", "--clients", clients, "--seed", seed, self.central)
        database = f"sqlite:{self.oneclick}"
        self.call("oneclick", "migrate", "--database", database)
        added = self.call("oneclick", "practice", "add", "Kill & Co", "--database", database,
                          "--json")
        self.start_oneclick()
        self.call("syncworker", "init", "--central", f"sqlite:{self.central}", "--oneclick",
                  f"http://{self.front()}", "--code", json.loads(added)["code"],
                  "--config", self.config)

    def front(self):
        """Where the SyncWorker finds OneClick."""
        return self.address

    def log(self, name):
        """Where the output of a program is kept; nowhere unless somebody wants it."""
        return None

    def close(self):
        Program.kill_all()

    def call(self, program, *words):
        done = subprocess.run(
            [BINARIES / program, *map(str, words)], capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"{program} {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    # Programs

    def start_oneclick(self):
        if not self.try_oneclick():
            raise Failure(f"OneClick did not start again:\n{self.server.tail}")

    def try_oneclick(self):
        """On any free port at first, then always on the same one; whether it is ready."""
        self.server = Program(
            "oneclick", "serve", "--database", f"sqlite:{self.oneclick}", "--listen",
            self.address, "--json", log=self.log("oneclick"))
        ready = self.server.says(r'"address":"http://([^"]+)"', seconds=30)
        if ready:
            self.address = ready.group(1)
        return ready is not None

    def revive(self):
        """A run tries again for a while: OneClick is back before it gives up."""
        if not self.server.is_alive:
            if self.server.wait() >= 0:
                raise Failure(f"OneClick ended by itself:\n{self.server.tail}")
            self.start_oneclick()

    def worker(self, *words):
        return Program(
            "syncworker", "run", "--json", "--config", self.config, *words,
            log=self.log("syncworker"), environment={"SYNCWORKER_LOG_LEVEL": "debug"})

    def office(self, seed, *words):
        return Program(
            "central-sample", "work", self.central, "--seed", seed, *words, log=self.log("office"))

    # Proof

    def prove(self):
        """Undisturbed, with the office at rest, one run must leave both sides equal."""
        worker = self.worker()
        code = worker.wait()
        if code not in (0, 3, 4):
            raise Failure(f"The undisturbed run ended with {code}:\n{worker.tail}")
        equal = self.prove_equal()
        self.prove_journal()
        return equal

    def prove_equal(self):
        """What the checker says, which knows nothing of the product."""
        check = subprocess.run(
            [ROOT / "scripts" / "check", self.central, self.oneclick],
            capture_output=True, text=True)
        if check.returncode:
            raise Failure(f"The two differ:\n{check.stdout}{check.stderr}")
        return check.stdout.strip().splitlines()[-1]

    def prove_journal(self):
        runs = rows(self.journal, "SELECT id, outcome, record FROM runs")
        underway = [run for run, outcome, _ in runs if outcome is None]
        if underway:
            raise Failure(f"The journal says that these are in progress: {', '.join(underway)}")
        # A run that asks whose Central this is applies nothing.
        done = {run for run, outcome, record in runs
                if outcome not in ("failed", "stopped") and '"code":"lineage"' not in record}
        unknown = done - self.committed() - self.forgotten
        if unknown:
            raise Failure("The journal calls runs successful that OneClick never committed: "
                          + ", ".join(sorted(unknown)))

    def committed(self):
        return {run for run, in rows(
            self.oneclick, "SELECT run_id FROM runs WHERE state = 'committed'")}


def rows(path, sql):
    db = sqlite3.connect(f"{Path(path).as_uri()}?mode=rw", uri=True, timeout=30)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()
