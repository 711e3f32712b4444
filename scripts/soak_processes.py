"""Disturbs the real programs for some minutes, and proves after each episode that nothing is lost.

An episode is a fresh practice with an office at work, and some faults. Then the faults stop and the
office rests; after at most three runs the independent checker must find both sides equal, one more
run must send no row, and the journal must be honest. Everything an episode does follows from the
seed and its number, except what the machine's own timing decides.
"""

import argparse
import contextlib
import json
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from faults import KINDS
from practice import Failure, need_binaries
from soak_practice import SoakPractice, can_mount

FAULTS_PER_EPISODE = (3, 6)
TRIES_MAX = 12
# From here on a kind that never occurred is a failure.
MINUTES_OF_ALL_KINDS = 10
# A person who ends the soak; the table is printed all the same.
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def parse():
    parser = argparse.ArgumentParser(
        prog="scripts/soak --minutes", description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, required=True, help="for how long")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    parser.add_argument("--episode", type=int, help="this one alone, to repeat it")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser.parse_args()


def episodes(seed, kinds):
    """Without end: the faults of each episode. Every kind is dealt before any is dealt again."""
    chance = random.Random(seed)
    deck = []
    while True:
        hand = []
        for _ in range(chance.randint(*FAULTS_PER_EPISODE)):
            if not deck:
                deck = chance.sample(kinds, len(kinds))
            hand.append(deck.pop())
        yield hand


class Soak:
    def __init__(self, options):
        self.options = options
        self.can_mount = can_mount()
        self.kinds = [kind for kind in KINDS if self.can_mount or not kind.disk]
        self.hits = Counter()
        self.outcomes = Counter()
        #: How often, and the first episode in which, something was not said as it should be.
        self.complaints = Counter()
        self.complained_in = {}
        self.done = 0
        self.number = 0
        self.failure = None
        self.kept = None

    def all(self):
        end = time.monotonic() + self.options.minutes * 60
        for number, hand in enumerate(episodes(self.options.seed, self.kinds), 1):
            if self.options.episode is not None:
                if number < self.options.episode:
                    continue
                if number > self.options.episode:
                    return
            elif time.monotonic() >= end:
                return
            self.number = number
            self.episode(hand)

    def episode(self, hand):
        folder = Path(tempfile.mkdtemp(prefix="syncworker-soak-"))
        practice = SoakPractice(folder, random.Random(f"{self.options.seed} {self.number}"))
        try:
            practice.prepare({kind.disk for kind in hand if kind.disk})
            for kind in hand:
                self.one(practice, kind)
            self.say(practice.settle())
        except Exception:
            self.kept = folder
            raise
        finally:
            with contextlib.suppress(sqlite3.Error):
                self.outcomes += practice.outcomes()
            for words in practice.complaints:
                self.complaints[words] += 1
                self.complained_in.setdefault(words, self.number)
            with undisturbed():
                practice.close(keep=self.kept)
                if not self.kept:
                    shutil.rmtree(folder)
        self.done += 1

    def one(self, practice, kind):
        """Until it hits; a run may have ended before."""
        self.say(kind.name)
        for _ in range(TRIES_MAX):
            if kind.do(practice):
                self.hits[kind.name] += 1
                return
        self.say(f"{kind.name} did not hit in {TRIES_MAX} tries")

    def say(self, words):
        now = time.strftime("%H:%M:%S")
        print(f"{now} episode {self.number}: {words}", file=sys.stderr, flush=True)

    # Summary

    @property
    def command(self):
        """Repeats the episode."""
        return self.command_for(self.number)

    def command_for(self, number):
        return (f"scripts/soak --minutes {self.options.minutes:g} --seed {self.options.seed} "
                f"--episode {number}")

    @property
    def missing(self):
        return [kind.name for kind in KINDS if not self.hits[kind.name]]

    @property
    def has_failed(self):
        was_long = self.options.minutes >= MINUTES_OF_ALL_KINDS and self.options.episode is None
        return bool(self.failure or self.complaints or was_long and self.missing)

    def summary(self):
        return {
            "seed": self.options.seed, "episodes": self.done,
            "faults": {kind.name: self.hits[kind.name] for kind in KINDS},
            "runs": dict(sorted(self.outcomes.items())), "never_occurred": self.missing,
            "complaints": [
                {"words": words, "times": times, "episode": self.complained_in[words],
                 "command": self.command_for(self.complained_in[words])}
                for words, times in self.complaints.items()],
            "can_mount": self.can_mount,
            "failure": self.failure and {
                "message": self.failure, "episode": self.number, "folder": str(self.kept),
                "command": self.command},
            "passed": not self.has_failed,
        }

    def table(self):
        lines = [f"{self.done} episodes of seed {self.options.seed}, {self.hits.total()} faults, "
                 f"{self.outcomes.total()} runs", ""]
        lines += [f"{self.hits[kind.name]:6}  {kind.name}" for kind in KINDS]
        lines += ["", *(f"{count:6}  {name}" for name, count in sorted(self.outcomes.items()))]
        if not self.can_mount:
            lines += ["", "No small disk can be mounted here (that takes root): full disks were "
                      "not tried."]
        if self.missing and self.options.episode is None:
            lines += ["", f"Never occurred: {', '.join(self.missing)}."]
        if self.complaints:
            lines += ["", "Not said as it should be:"]
            for words, count in self.complaints.items():
                again = self.command_for(self.complained_in[words])
                lines += [f"{count:6}  {words}", f"        To repeat it: {again}"]
        if self.failure:
            lines += ["", self.failure, ""]
            lines += [f"Episode {self.number} of seed {self.options.seed} failed."]
            lines += [f"The practice is kept in {self.kept}.", f"To repeat it: {self.command}"]
        return "\n".join(lines)


@contextlib.contextmanager
def undisturbed():
    """A second Ctrl-C must not leave anything running or mounted."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)


def main():
    soak = Soak(parse())
    for end in ENDS:
        signal.signal(end, signal.default_int_handler)
    code = None
    try:
        need_binaries()
        soak.all()
    except KeyboardInterrupt:
        code = 130
    except Failure as failure:
        soak.failure = str(failure)
    except Exception:
        soak.failure = traceback.format_exc()
    print(json.dumps(soak.summary(), indent=2) if soak.options.json else soak.table())
    return code or int(soak.has_failed)


if __name__ == "__main__":
    sys.exit(main())
