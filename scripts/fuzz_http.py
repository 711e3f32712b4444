"""Gives the real `oneclick serve` mutated bodies, headers and requests over HTTP, and judges every
answer: never a fault of OneClick's (5xx), never none, always in its words; the process lives, and
another practice's rows stay as they are. Each request follows from the seed and its number.
"""

import argparse
import json
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter

from attacker import (API, BATCH, CHECKPOINT, CORPUS, EVERYTHING, PLAN, OneClick, Zstd, batch,
                      frame, opened)

# No answer may take longer, on a machine that is at other work too.
ANSWER_SECONDS_MAX = 30
# A run is ended by many a request; a new one costs two signatures.
REQUESTS_PER_RUN = 40
FRAMES = {"batch": BATCH, "plan": PLAN}
BAD_NUMBERS = (0, 1, -1, 2**31, 2**63 - 1, 2**63, -2**63, 2**64, 1.5, 1e300)
BAD_VALUES = (None, True, "", [], {}, "\u0000", "\ud800", "x" * 70_000, [[[[]]]], [None],
              "0001-01-01", "9999-12-31T23:59:59.999999Z", ["", "ff"], ["ff", ""], [1, "a"])


def parse():
    parser = argparse.ArgumentParser(prog="scripts/fuzz_http.py",
                                     description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=20, help="for how long; default: 20")
    parser.add_argument("--requests", type=int, help="end after so many")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    parser.add_argument("--only", type=int, help="this request of the seed alone, to repeat it")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    return parser.parse_args()


class Violation(Exception):
    pass


def corpus():
    """By kind, the bodies that --write-corpus recorded."""
    found = {}
    for file in sorted(CORPUS.iterdir()):
        parts = file.name.split(".")
        if len(parts) >= 3:
            found.setdefault(parts[-2], []).append(file.read_bytes())
    return found


class Mutation:
    """One request: everything about it follows from chance."""

    def __init__(self, chance, bodies, practice, run):
        self.chance = chance
        self.bodies = bodies
        self.practice = practice
        self.run = run

    # Bodies

    def bytes(self, body):
        body = bytearray(body)
        for _ in range(self.chance.choice((1, 1, 2, 4))):
            at = self.chance.randint(0, len(body))
            match self.chance.randrange(7):
                case 0 if at < len(body):
                    body[at] ^= 1 << self.chance.randrange(8)
                case 1:
                    del body[at:at + self.chance.choice((1, 4, 64))]
                case 2:
                    body[at:at] = body[at:at + self.chance.choice((1, 8, 64))]
                case 3:
                    del body[at:]
                case 4:
                    body[at:at] = self.chance.choice((b"\x00", b"\xff" * 9 + b"\x01", b"\x80" * 9))
                case 5:
                    body[at:at] = self.chance.randbytes(self.chance.choice((1, 8, 200)))
                case _:
                    other = self.chance.choice(self.chance.choice(list(self.bodies.values())))
                    body[at:] = other[at:]
        return bytes(body)

    def frame(self, kind):
        """Of this run, mostly; its content wrong in a frame that is right, or the frame itself."""
        sent = self.chance.choice(self.bodies[kind])
        content = opened(sent)[1]
        if kind == "batch":
            content = self.own(content)
        match self.chance.randrange(8):
            case 0:
                return self.bytes(sent)
            case 1:
                return frame(FRAMES[kind], content)
            case 2:
                content = self.bytes(content)
                return frame(FRAMES[kind], content, Zstd.fold(content, self.chance.choice((1, 19))))
            case 3:
                return frame(FRAMES[kind], content,
                             length=self.chance.choice((0, 2**63, len(content) + 1)))
            case _:
                return frame(FRAMES[kind], self.bytes(content))

    def own(self, content):
        """The batch says which run it belongs to: behind the table's name."""
        table = content[0] + 1
        run = self.run.name.encode()
        rest = content[table + 1 + content[table]:]
        return content[:table] + bytes([len(run)]) + run + rest

    def json(self, kind):
        sent = self.chance.choice(self.bodies[kind])
        if self.chance.randrange(4) == 0:
            return self.bytes(sent)
        message = json.loads(sent)
        if kind == "open-request":
            message.update(run=self.run.name, lastFence=self.practice.fence, place="here")
        if kind == "commit-request":
            message.update(version=self.run.version, batches=self.chance.choice((0, 1)))
        if self.chance.randrange(10):
            self.change(message)
        text = json.dumps(message)
        if self.chance.randrange(30) == 0:
            text = '{"a":' + "[" * self.chance.choice((600, 100_000)) + text
        return text.encode(errors="surrogatepass")

    def change(self, message):
        """One value, at any depth."""
        place = message
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                return
            key = self.chance.choice(keys)
            if isinstance(place[key], (dict, list)) and place[key] and self.chance.randrange(4):
                place = place[key]
                continue
            match self.chance.randrange(4):
                case 0:
                    place[key] = self.chance.choice(BAD_NUMBERS)
                case 1 if isinstance(place, dict):
                    del place[key]
                case _:
                    place[key] = self.chance.choice(BAD_VALUES)
            return

    # Requests

    def request(self):
        """Method, path, body and credential."""
        run = f"{API}runs/{self.run.name}"
        any_frame = self.chance.choice(list(FRAMES))
        routes = (
            lambda: ("PUT", f"{run}/batches/1", self.frame("batch"), self.run.token),
            lambda: ("POST", f"{run}/plans", self.frame("plan"), self.run.token),
            lambda: ("POST", f"{run}/loads", self.json("load-request"), self.run.token),
            lambda: ("POST", f"{run}/commit", self.json("commit-request"), self.run.token),
            lambda: ("POST", f"{run}/abandon", self.json("abandon-request"), self.run.token),
            lambda: ("POST", f"{API}enrolments", self.json("enrolment-request"), None),
            lambda: ("POST", f"{API}runs", self.json("open-request"), self.assertion()),
            lambda: ("POST", f"{API}answers", self.json("answer-request"), self.assertion()),
            lambda: ("GET", f"{API}status", None, self.assertion()),
            lambda: ("GET", run, None, self.assertion()),
            lambda: (self.chance.choice(("PUT", "POST", "DELETE", "PATCH", "GET", "OPTIONS")),
                     self.path(), self.frame(any_frame), self.run.token))
        weights = (30, 20, 10, 10, 2, 8, 4, 2, 2, 2, 10)
        return self.chance.choices(routes, weights)[0]()

    def assertion(self):
        match self.chance.randrange(5):
            case 0:
                # What no header may hold, HTTP itself refuses: see `raw`.
                changed = self.bytes(self.practice.assertion().encode())
                return "".join(chr(byte) for byte in changed if 0x20 < byte < 0x7F)
            case 1:
                claim = self.chance.choice(("iss", "sub", "aud", "iat", "exp", "jti"))
                value = self.chance.choice(BAD_NUMBERS[:8] + BAD_VALUES[:6])
                return self.practice.assertion(**{claim: value})
            case _:
                return self.practice.assertion()

    def path(self):
        part = self.chance.choice(
            ("..", "%2e%2e", "%00", "%ff", "é", "x" * 5000, "", "//", "a/b", "?a=b", "%2F", ":run",
             str(2**64), "-1", "batches", "loads"))
        whole = self.chance.choice(
            (f"{API}runs/{part}/plans", f"{API}runs/{self.run.name}/batches/{part}",
             f"{API}{part}", f"/{part}", f"{API}runs/{self.run.name}/{part}"))
        return "".join(c if " " < c < "\x7f" else f"%{ord(c):02x}" for c in whole)

    def raw(self):
        """A request whose form is wrong: what HTTP itself has to refuse."""
        line, host = b"POST /sync/v1/runs HTTP/1.1\r\n", b"Host: localhost\r\n"
        bearer = f"Authorization: Bearer {self.run.token}\r\n".encode()
        body = self.chance.choice(self.bodies["open-request"])
        size = self.chance.choice((b"-1", b"abc", b"99999999999999999999", b"1", b"5, 6"))
        return self.chance.choice((
            line + host + b"Content-Length: " + size + b"\r\n\r\n" + body,
            line + host + bearer + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n" + body,
            line + host + bearer + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + body,
            line + host + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            line + host + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
            line + host + b"Authorization: " + b"A" * 200_000 + b"\r\n\r\n",
            line + host + b"".join(b"X-%d: y\r\n" % i for i in range(3000)) + b"\r\n",
            line + host + b"Authorization: Bearer \xff\xfe\x80\r\nContent-Length: 0\r\n\r\n",
            line + host + b"Authorization:\r\nContent-Length: 0\r\n\r\n",
            line + b"\r\n", line + b"Bad Header: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
            b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n\r\n\r\n",
            self.bytes(line + host + bearer + b"Content-Length: %d\r\n\r\n" % len(body) + body)))


class Fuzz:
    def __init__(self, options, folder):
        self.options = options
        self.bodies = corpus()
        self.oneclick = OneClick(folder)
        self.practice = self.neighbour = self.run = None
        self.statuses = Counter()
        self.codes = Counter()
        self.violations = []
        self.number = 0
        self.known = None

    def prepare(self):
        self.neighbour = self.loaded("neighbour")
        self.practice = self.loaded("practice")
        self.known = self.rows(self.neighbour)
        if not self.known:
            raise RuntimeError("The neighbour has no rows.")

    def loaded(self, name):
        """A practice with the rows of the corpus."""
        practice = self.oneclick.practice(name)
        run = practice.open()
        tables, sent = {}, 0
        for body in self.bodies["batch"]:
            content = opened(body)[1]
            table = content[1:1 + content[0]].decode()
            if table not in practice.shapes or table in tables:
                continue
            message = {"table": table, "load": f"load-{table}", "base": CHECKPOINT}
            self.need(run.send("POST", "loads", message))
            sent += 1
            self.need(run.ship(sent, frame(BATCH, self.first(content, run, sent, table))))
            tables[table] = {"checkpoint": CHECKPOINT, "load": f"load-{table}", "refused": [],
                             "unchanged": 0}
        for table in set(practice.shapes) - set(tables):
            message = {"table": table, "load": f"load-{table}", "base": CHECKPOINT}
            self.need(run.send("POST", "loads", message))
            sent += 1
            empty = batch(run.name, sent, table, load=f"load-{table}", covers=[EVERYTHING])
            self.need(run.ship(sent, frame(BATCH, empty)))
            tables[table] = {"checkpoint": CHECKPOINT, "load": f"load-{table}", "refused": [],
                             "unchanged": 0}
        self.need(run.commit(sent, tables))
        return practice

    @staticmethod
    def need(answer):
        if answer.status != 200:
            raise RuntimeError(f"What has to go through was refused: {answer}")

    @staticmethod
    def first(content, run, number, table):
        """The recorded Replaces as the one batch of a load."""
        place = 0
        for _ in range(2):
            place += content[place] + 1
        place += 1
        for _ in range(2):
            place += content[place] + 1
        covers = content[place]
        place += 1
        for _ in range(2 * covers):
            place += content[place] + 1
        head = batch(run.name, number, table, load=f"load-{table}", mark="mark",
                     covers=[EVERYTHING])
        return head[:-1] + content[place:]

    def rows(self, practice):
        database = sqlite3.connect(f"{self.oneclick.database.as_uri()}?mode=ro", uri=True)
        try:
            return {table: rows for table in sorted(practice.shapes)
                    if (rows := database.execute(
                        f"SELECT * FROM {table} WHERE practice_id = ?",
                        (practice.id,)).fetchall())}
        finally:
            database.close()

    # Work

    def go(self):
        began = time.monotonic()
        numbers = iter([self.options.only]) if self.options.only else iter(range(1, 10**9))
        for self.number in numbers:
            if time.monotonic() - began >= self.options.seconds and not self.options.only:
                break
            if self.options.requests and self.number > self.options.requests:
                break
            self.one()
            if not self.oneclick.is_alive or len(self.violations) >= 20:
                break
        return time.monotonic() - began

    def one(self):
        chance = random.Random(f"{self.options.seed} {self.number}")
        if self.run is None or self.number % REQUESTS_PER_RUN == 0:
            self.run = self.practice.open()
        mutation = Mutation(chance, self.bodies, self.practice, self.run)
        began = time.monotonic()
        what = "raw"
        try:
            if chance.randrange(20) == 0:
                self.judge_raw(self.oneclick.raw(mutation.raw(), ANSWER_SECONDS_MAX))
            else:
                what = mutation.request()
                self.judge(self.oneclick.request(*what))
        except Violation as violation:
            self.note(what, str(violation))
        except (OSError, ValueError) as error:
            self.note(what, f"no answer: {type(error).__name__} {error}")
        if time.monotonic() - began > ANSWER_SECONDS_MAX:
            self.note(what, "an answer took too long")
        if not self.oneclick.is_alive:
            self.note(what, f"OneClick ended with {self.oneclick.process.wait()}")

    def judge(self, answer):
        self.statuses[f"{answer.status // 100}xx"] += 1
        said = answer.json
        if answer.status >= 500 or answer.status < 200 or 300 <= answer.status < 400:
            raise Violation(f"answered {answer}")
        if answer.status < 400:
            return
        if not isinstance(said, dict) or not all(said.get(key) for key in
                                                 ("code", "message", "hint")):
            raise Violation(f"refused in no words: {answer}")
        self.codes[said["code"]] += 1
        if len(answer.content) > 4000:
            raise Violation(f"refused in {len(answer.content)} bytes: {answer}")
        if said["code"] in ("fenced", "token", "copy"):
            self.run = None

    def judge_raw(self, came):
        """What is no HTTP is refused, or the connection is closed; no fault of OneClick's."""
        status = came[9:12]
        self.statuses[f"{status[:1].decode(errors='replace')}xx" if status else "closed"] += 1
        if status.startswith(b"5") and status != b"505":
            raise Violation(f"answered {came[:300]!r}")

    def note(self, what, why):
        request = what if isinstance(what, str) else f"{what[0]} {what[1][:120]}"
        replay = f"scripts/fuzz_http.py --seed {self.options.seed} --only {self.number}"
        self.violations.append({"request": self.number, "what": f"{request}: {why}",
                                "replay": replay})
        print(f"request {self.number}: {request}: {why}\n  {replay}", file=sys.stderr)

    def finish(self):
        """What must be so after all of it."""
        if not self.oneclick.is_alive:
            return
        if self.oneclick.request("GET", "/health").status != 200:
            self.note("raw", "OneClick is not healthy afterwards")
        if self.rows(self.neighbour) != self.known:
            self.note("raw", "another practice's rows changed")
        self.practice.open()
        self.neighbour.open()


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="fuzz-http-") as folder:
        fuzz = Fuzz(options, folder)
        try:
            fuzz.prepare()
            seconds = fuzz.go()
            fuzz.finish()
        finally:
            fuzz.oneclick.close()
    count = sum(fuzz.statuses.values())
    if options.json:
        print(json.dumps({
            "requests": count, "seconds": round(seconds, 1), "statuses": fuzz.statuses,
            "codes": fuzz.codes, "seed": options.seed, "violations": fuzz.violations},
            sort_keys=True))
    else:
        for code, times in sorted(fuzz.codes.items()):
            print(f"  refused as {code}: {times}")
        kinds = ", ".join(f"{times} {kind}" for kind, times in sorted(fuzz.statuses.items()))
        print(f"{count} requests over HTTP in {seconds:.0f} s ({count / max(seconds, 0.1):.0f} a "
              f"second), seed {options.seed}: {kinds}; {len(fuzz.violations)} violations")
    return 1 if fuzz.violations or not count else 0


if __name__ == "__main__":
    sys.exit(main())
