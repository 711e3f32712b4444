"""What somebody else may send to OneClick, tried over real HTTP with the real program: frames that
lie, tokens that are not theirs, codes that were used. Each is refused in words, with its code, and
nothing has changed. Build first: `swift build`.
"""

import hashlib
import json
import pathlib
import sqlite3
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scripts"))

from attacker import (API, BATCH, CHECKPOINT, EVERYTHING, PLAN, Key, OneClick, Zstd, batch, bomb,
                      frame, hs256, integer, number, text, token)

MEBIBYTE = 1 << 20
CHARTS = "ap_charts"


def row(key, name):
    """A row of ap_charts: its key, and a text that is there."""
    return integer(key) + b"\x01" + text(name)


class AttackTest(unittest.TestCase):
    """Two practices of one OneClick, each with a row."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="attack-")
        cls.addClassCleanup(folder.cleanup)
        cls.oneclick = OneClick(folder.name)
        cls.addClassCleanup(cls.oneclick.close)
        cls.practice = cls.oneclick.practice("practice")
        cls.other = cls.oneclick.practice("other")
        for practice in (cls.practice, cls.other):
            cls.load(practice)

    @classmethod
    def load(cls, practice):
        run = practice.open()
        tables = {}
        for place, table in enumerate(sorted(practice.shapes), 1):
            load = f"load-{table}"
            answers = [run.send("POST", "loads",
                                {"table": table, "load": load, "base": CHECKPOINT})]
            rows = [(EVERYTHING, [], [row(1, practice.name)])] if table == CHARTS else []
            sent = frame(BATCH, batch(run.name, place, table, rows, load, "mark", [EVERYTHING]))
            answers.append(run.ship(place, sent))
            tables[table] = {"checkpoint": CHECKPOINT, "load": load, "refused": [],
                             "unchanged": 0}
            for answer in answers:
                if answer.status != 200:
                    raise RuntimeError(f"{table}: {answer}")
        answer = run.commit(len(tables), tables)
        if answer.status != 200:
            raise RuntimeError(f"The first commit: {answer}")

    def setUp(self):
        self.before = self.everything()

    def tearDown(self):
        if self.before is not None:
            self.assertEqual(self.everything(), self.before, "something has changed")
        self.assertTrue(self.oneclick.is_alive)
        self.assertEqual(self.oneclick.request("GET", "/health").status, 200)

    def everything(self):
        """What readers see of both practices, and how often they were committed."""
        database = sqlite3.connect(f"{self.oneclick.database.as_uri()}?mode=ro", uri=True)
        try:
            return [database.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
                    for table in sorted(self.practice.shapes)] + database.execute(
                        "SELECT id, version, installation, latest_mark FROM practices").fetchall()
        finally:
            database.close()

    def staged(self, run):
        database = sqlite3.connect(f"{self.oneclick.database.as_uri()}?mode=ro", uri=True)
        try:
            return database.execute("SELECT count(*) FROM staged_batches WHERE run_id = ?",
                                    (run.name,)).fetchone()[0]
        finally:
            database.close()

    def assert_refused(self, answer, status, code, *words):
        self.assertEqual(answer.status, status, answer)
        said = answer.json
        self.assertEqual(said["code"], code, answer)
        for word in words:
            self.assertIn(word, said["message"])
        self.assertTrue(said["message"].endswith("."), answer)
        self.assertGreater(len(said["hint"]), 20, answer)

    # A change that goes through is what all of these begin with

    def content(self, run, number_=1, name="changed"):
        one = (integer(0), integer(1))
        return batch(run.name, number_, CHARTS, [(one, [], [row(1, name)])], mark="mark")

    def refused_frames(self, *cases):
        """Each is refused, staged nowhere, and in nobody's way: the right one goes through."""
        run = self.practice.open()
        content = self.content(run)
        for what, make, words in cases:
            with self.subTest(what=what):
                self.assert_refused(run.ship(1, make(content)), 400, "malformed", words)
                self.assertEqual(self.staged(run), 0)
        self.assertEqual(run.ship(1, frame(BATCH, content)).status, 200)


class Batches(AttackTest):
    def test_truncated(self):
        self.refused_frames(*[
            (f"{count} bytes", lambda content, count=count: frame(BATCH, content)[:count],
             "A frame of the synchronisation protocol")
            for count in (0, 3, 4, 5, 6, 7, 38, 39, 40, 60)])

    def test_truncated_content(self):
        self.refused_frames(*[
            (f"{count} bytes", lambda content, count=count: frame(BATCH, content[:count]), "ends")
            for count in (0, 1, 9, 15, 20)])

    def test_wrong_digest(self):
        self.refused_frames(
            ("of another content",
             lambda content: frame(BATCH, content, digest=hashlib.sha256(b"x").digest()),
             "does not match its digest"),
            ("content changed behind it",
             lambda content: frame(BATCH, content)[:-1] + b"\x01", "does not match its digest"),
            ("folded, and changed behind it",
             lambda content: frame(BATCH, content,
                                   Zstd.fold(content.replace(b"changed", b"CHANGED"))),
             "does not match its digest"))

    def test_lies_about_its_length(self):
        self.refused_frames(
            ("shorter", lambda content: frame(BATCH, content, length=1), "its digest"),
            ("longer", lambda content: frame(BATCH, content, length=len(content) + 1),
             "its digest"),
            ("longer than agreed on",
             lambda content: frame(BATCH, content, length=64 * MEBIBYTE + 1),
             "larger than the 67108864 bytes"),
            ("as long as numbers go", lambda content: frame(BATCH, content, length=2**64 - 1),
             "larger than"),
            ("folded, and shorter",
             lambda content: frame(BATCH, content, Zstd.fold(content), length=5),
             "does not unfold to the length it names"),
            ("no zstd at all", lambda content: frame(BATCH, content, b"x" * 40), "unfold"))

    def test_of_another_kind(self):
        self.refused_frames(
            ("a plan", lambda content: frame(PLAN, content), "another kind"),
            ("another version", lambda content: b"SWF\x02" + frame(BATCH, content)[4:],
             "version 1"),
            ("another compression", lambda content: frame(BATCH, content)[:5] + b"\x02"
             + frame(BATCH, content)[6:], "not known"))

    def test_bombs(self):
        zeros = 64 * MEBIBYTE
        digest = hashlib.sha256(bytes(zeros)).digest()
        self.refused_frames(
            ("32 kB that are 1 GiB, honestly",
             lambda content: frame(BATCH, content, bomb(1 << 30), length=1 << 30), "larger than"),
            ("32 kB that are 1 GiB and say that they are small",
             lambda content: frame(BATCH, content, bomb(1 << 30, named=500), length=500),
             "cannot be decompressed"),
            ("32 kB that say so to zstd alone",
             lambda content: frame(BATCH, content, bomb(1 << 30), length=500),
             "does not unfold to the length it names"),
            ("64 MiB of nothing, in a frame that is right",
             lambda content: frame(BATCH, content, bomb(zeros), zeros, digest),
             "A frame of the synchronisation protocol"))

    def test_huge(self):
        run = self.practice.open()
        answer = run.ship(1, b"SWF\x01" + bytes(17 * MEBIBYTE))
        self.assert_refused(answer, 413, "too_large")
        self.assertEqual(self.staged(run), 0)
        answer = run.send("POST", "loads", b'"' + b"x" * (9 * MEBIBYTE) + b'"')
        self.assert_refused(answer, 413, "too_large")
        answer = self.oneclick.request("POST", API + "enrolments", b" " * (9 * MEBIBYTE))
        self.assert_refused(answer, 413, "too_large")

    def test_recompressed(self):
        """Folded otherwise it is another frame: as the first of its number it is taken, as the
        second it is refused."""
        run = self.practice.open()
        content = self.content(run)
        first = frame(BATCH, content, Zstd.fold(content, 19))
        self.assertEqual(run.ship(1, first).status, 200)
        self.assertEqual(run.ship(1, first).status, 200)
        for again in (frame(BATCH, content), frame(BATCH, content, Zstd.fold(content, 1) + b"")):
            if again != first:
                self.assert_refused(run.ship(1, again), 400, "malformed", "number of another batch")
        self.assertEqual(self.staged(run), 1)

    def test_replayed_under_another_number_or_run(self):
        earlier = self.practice.open()
        sent = frame(BATCH, self.content(earlier))
        self.assertEqual(earlier.ship(1, sent).status, 200)
        words = "another batch than its address"
        self.assert_refused(earlier.ship(2, sent), 400, "malformed", words)
        run = self.practice.open()
        self.assert_refused(run.ship(1, sent), 400, "malformed", words)
        self.assert_refused(earlier.ship(1, sent), 409, "fenced", "a later run was opened")
        self.assertEqual(self.staged(run), 0)

    def test_replayed_after_the_commit(self):
        run = self.practice.open()
        sent = frame(BATCH, self.content(run, name="practice"))
        self.assertEqual(run.ship(1, sent).status, 200)
        tables = {CHARTS: {"checkpoint": CHECKPOINT, "refused": [], "unchanged": 0}}
        self.assertEqual(run.commit(1, tables).status, 200)
        self.before = self.everything()
        self.assert_refused(run.ship(1, sent), 409, "fenced", "was ended")
        self.assertEqual(run.commit(1, tables).status, 200)
        self.assertEqual(self.staged(run), 0)

    def test_shipped_for_another_practice(self):
        theirs, ours = self.other.open(), self.practice.open()
        sent = frame(BATCH, self.content(theirs))
        self.assert_refused(theirs.ship(1, sent, bearer=ours.token), 401, "token", "unknown")
        self.assert_refused(ours.ship(1, sent, bearer=theirs.token), 401, "token", "unknown")
        self.assertEqual(self.staged(theirs), 0)

    def test_rows_that_are_none(self):
        """Staged batches are looked into at the commit: then all of it is refused."""
        one = (integer(0), integer(1))
        cases = {
            "a row cut short": [row(1, "x")[:-1]], "a key of another type": [b"\x20x\x00"],
            "a row outside its range": [row(2, "x")], "a text that is no UTF-8":
                [integer(1) + b"\x01\x01\xff"], "a text with U+0000": [row(1, "a\0")],
            "a text that is too long": [row(1, "x" * 501)],
        }
        for what, rows in cases.items():
            with self.subTest(what=what):
                run = self.practice.open()
                sent = frame(BATCH, batch(run.name, 1, CHARTS, [(one, [], rows)], mark="mark"))
                answer = run.ship(1, sent)
                if answer.status == 200:
                    answer = run.commit(1, {CHARTS: {
                        "checkpoint": CHECKPOINT, "refused": [], "unchanged": 0}})
                self.assert_refused(answer, 400, "malformed")
                self.assertEqual(self.everything(), self.before)

    def test_numbers_beyond_all(self):
        """What OneClick would add one to, or add up."""
        most = 2**63 - 1
        run = self.practice.open()
        request = self.practice.open_request()
        request["lastFence"] = most
        self.assert_refused(self.post_signed("runs", request), 400, "malformed", "lastFence")
        one = (integer(0), integer(1))
        same = batch(run.name, 1, CHARTS, [(one, [], [row(1, "practice")])], mark="mark")
        self.assertEqual(run.ship(1, frame(BATCH, same)).status, 200)
        for unchanged in (most, -1, -most - 1):
            answer = run.commit(1, {CHARTS: {
                "checkpoint": CHECKPOINT, "refused": [], "unchanged": unchanged}})
            self.assert_refused(answer, 400, "malformed", "unchanged")
        for rows in (most, -1):
            refused = [{"table": CHARTS, "key": [place], "kind": "refused", "code": "x",
                        "message": "x", "hint": "x", "rows": rows} for place in (7, 8)]
            answer = run.commit(1, {CHARTS: {
                "checkpoint": CHECKPOINT, "refused": refused, "unchanged": 0}})
            self.assert_refused(answer, 400, "malformed", "rows")

    def test_a_list_longer_than_any(self):
        """64 MiB of list in some kilobytes: refused before a place is made for each element."""
        run = self.practice.open()
        head = text(CHARTS) + text(run.name) + number(1) + text("") + text("")
        body = head + number(32 * MEBIBYTE - 100) + bytes(64 * MEBIBYTE - 200)
        sent = frame(BATCH, body, Zstd.fold(body, 1))
        self.assertLess(len(sent), 20_000)
        self.assert_refused(run.ship(1, sent), 400, "malformed", "more than")

    def test_tiles_that_overlap(self):
        run = self.practice.open()
        load = {"table": CHARTS, "load": "another", "base": CHECKPOINT}
        self.assertEqual(run.send("POST", "loads", load).status, 200)
        for covers in ([EVERYTHING, EVERYTHING], [(b"", integer(5)), (integer(4), b"\xff")]):
            sent = frame(BATCH, batch(run.name, 1, CHARTS, [], "another", "mark", covers))
            self.assert_refused(run.ship(1, sent), 400, "malformed", "twice")
        self.assertEqual(self.staged(run), 0)

    def post_signed(self, path, message):
        return self.oneclick.request(
            "POST", API + path, json.dumps(message).encode(), self.practice.assertion())


class Tokens(AttackTest):
    """Client assertions, each with a signature that is made as it should be, but for its fault."""

    def refuse(self, assertion, code, *words):
        """By every address that takes one; the body would be right."""
        opening = json.dumps(self.practice.open_request()).encode()
        for method, path, body in (("GET", "status", None), ("POST", "runs", opening),
                                   ("GET", "runs/any", None),
                                   ("POST", "answers", b'{"answer":"keep","person":"x"}')):
            answer = self.oneclick.request(method, API + path, body, assertion)
            self.assert_refused(answer, 401, code, *words)

    def test_a_good_one(self):
        answer = self.oneclick.request("GET", API + "status", bearer=self.practice.assertion())
        self.assertEqual(answer.json["practiceName"], "practice")

    def test_used_twice(self):
        assertion = self.practice.assertion()
        first = self.oneclick.request("GET", API + "status", bearer=assertion)
        self.assertEqual(first.status, 200)
        self.refuse(assertion, "assertion", "received before")

    def test_of_another_practice(self):
        theirs = {"iss": self.other.installation, "sub": self.other.installation}
        self.refuse(self.practice.assertion(**theirs), "assertion", "does not accept")
        self.refuse(self.practice.assertion(sub=self.other.installation), "assertion")
        # Right as it is, it opens nothing of the first practice.
        answer = self.oneclick.request("GET", API + "status", bearer=self.other.assertion())
        self.assertEqual(answer.json["practiceName"], "other")

    def test_expired(self):
        now = int(time.time())
        for seconds in (300, 86_400, 10**9):
            self.refuse(self.practice.assertion(iat=now - seconds - 60, exp=now - seconds), "clock",
                        "clocks differ", "UTC")

    def test_from_the_future(self):
        now = int(time.time())
        for seconds in (600, 86_400, 10**9):
            self.refuse(self.practice.assertion(iat=now + seconds, exp=now + seconds + 60), "clock",
                        "clocks differ")

    def test_good_for_too_long(self):
        self.refuse(self.practice.assertion(exp=int(time.time()) + 3_600), "clock")

    def test_unsigned(self):
        claims = self.practice.claims()
        for algorithm in ("none", "None", "NONE", "nOnE", ""):
            unsigned = token(claims, lambda _: b"", algorithm)
            self.refuse(unsigned, "assertion", "does not accept")
            signed = token(claims, self.practice.key.signature, algorithm)
            self.refuse(signed, "assertion", "does not accept")

    def test_signed_with_the_public_key_as_a_secret(self):
        pem = self.practice.key.pem
        for secret in (pem, pem + "\n", pem.replace("\n", "\r\n"),
                       "".join(pem.splitlines()[1:-1])):
            for algorithm in ("HS256", "ES256"):
                forged = token(self.practice.claims(), hs256(secret.encode()), algorithm)
                self.refuse(forged, "assertion", "does not accept")

    def test_signed_with_another_key(self):
        forged = token(self.practice.claims(), Key().signature)
        self.refuse(forged, "assertion", "does not accept")
        forged = token(self.practice.claims(), self.other.key.signature)
        self.refuse(forged, "assertion", "does not accept")

    def test_signatures_that_fit_everything(self):
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        for r, s in ((0, 0), (1, 0), (0, 1), (order, order), (1, 1)):
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
            self.refuse(token(self.practice.claims(), lambda _, s=signature: s), "assertion")
        for size in (0, 1, 63, 65, 128, 1000):
            self.refuse(token(self.practice.claims(), lambda _, n=size: bytes(n)), "assertion")

    def test_two_audiences(self):
        for audience in (["oneclick", "another"], ["oneclick"], [], "another", "oneclick,another",
                         "ONECLICK", "oneclick "):
            self.refuse(self.practice.assertion(aud=audience), "assertion", "does not accept")

    def test_missing_claims(self):
        for claim in ("iss", "sub", "aud", "iat", "exp", "jti"):
            with self.subTest(claim=claim):
                self.refuse(self.practice.assertion(**{claim: None}), "assertion",
                            "does not accept")

    def test_claims_of_another_kind(self):
        odd = (0, -1, 2**63, 1.5, True, "", [], {}, "x" * 5000, "1")
        for claim in ("iss", "sub", "aud", "jti", "iat", "exp"):
            for value in odd:
                if (claim, value) in (("jti", "1"), ("iat", 0)):
                    # A name is a name, and how long it has been good for says nothing.
                    continue
                with self.subTest(claim=claim, value=value):
                    answer = self.oneclick.request(
                        "GET", API + "status", bearer=self.practice.assertion(**{claim: value}))
                    self.assertEqual(answer.status, 401, answer)
                    self.assertIn(answer.json["code"], ("assertion", "clock"))

    def test_claims_twice(self):
        """The last or the first may count; either way the signature covers both."""
        parts = self.practice.assertion().split(".")
        self.refuse(".".join([parts[0], parts[1] + "AA", parts[2]]), "assertion")
        self.refuse(".".join(parts + [parts[2]]), "assertion")
        self.refuse(".".join(parts[:2]), "assertion")
        self.refuse("..", "assertion")

    def test_no_token_at_all(self):
        for header in (None, "", "Bearer", "Bearer  ", "Basic abc", "Bearer a b"):
            sent = {} if header is None else {"Authorization": header}
            answer = self.oneclick.request("GET", API + "status", headers=sent)
            self.assert_refused(answer, 401, "assertion", "does not say who sends it")


class Codes(AttackTest):
    def test_used_twice(self):
        answer = self.practice.enrol()
        self.assert_refused(answer, 401, "code", "This code was used before")
        self.assertNotIn(self.practice.code, answer.content.decode())

    def test_guessed(self):
        right, self.practice.code = self.practice.code, "AAAA-AAAA-AAAA"
        try:
            self.assert_refused(self.practice.enrol(), 401, "code", "not one that OneClick gave")
        finally:
            self.practice.code = right

    def test_with_a_key_that_is_none(self):
        code = json.loads(self.oneclick.call(
            "practice", "add", f"another {time.monotonic_ns()}", "--json"))["code"]
        self.before = self.everything()
        for key in ("", "PEM", self.practice.key.pem.replace("MFkw", "MFkx"),
                    self.practice.key.pem[:-40], "-----BEGIN PUBLIC KEY-----\n" * 100):
            answer = self.oneclick.request("POST", API + "enrolments", json.dumps({
                "protocolVersion": 1, "code": code, "publicKey": key, "server": "x",
                "place": "x"}).encode())
            self.assert_refused(answer, 400, "malformed", "P-256")
        # The code is as good as before.
        answer = self.oneclick.request("POST", API + "enrolments", json.dumps({
            "protocolVersion": 1, "code": code, "publicKey": Key().pem, "server": "x",
            "place": "x"}).encode())
        self.assertEqual(answer.status, 200, answer)
        self.before = None


del AttackTest

if __name__ == "__main__":
    unittest.main()
