"""Tests of scripts/soak: that the proxy does what it is told, that every kind of fault is dealt,
and that a soak fails when it must. The programs must have been built."""

import http.client
import itertools
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scripts"))

import soak_processes
from faults import KINDS, Kind
from practice import Failure
from proxy import FAULTS, Plan, Proxy
from soak_practice import SoakPractice, can_mount

ANSWER = b'{"answer":"' + b"x" * 500 + b'"}'


class Upstream:
    """Stands for OneClick: answers, and remembers what it was asked."""

    def __init__(self):
        upstream = self
        self.bodies = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if len(body) < int(self.headers["content-length"]):
                    return
                upstream.bodies.append(body)
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(ANSWER)))
                self.end_headers()
                self.wfile.write(ANSWER)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.upstream = Upstream()
        self.proxy = Proxy(lambda: self.upstream.address, random.Random(1))

    def tearDown(self):
        self.proxy.close()
        self.upstream.close()

    def ask(self, body=b"question", path="/sync/v1/runs/1/commit"):
        """Status and body; None where the connection ended without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=20)
        try:
            connection.request("POST", path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def spoiled(self, fault):
        self.assertIn(fault, FAULTS)
        self.proxy.arm(Plan(fault))
        return self.ask()

    def test_it_passes_on_what_is_not_to_be_spoiled(self):
        self.assertEqual(self.ask(), (200, ANSWER))
        self.assertEqual(self.upstream.bodies, [b"question"])

    def test_a_request_that_is_cut_does_not_arrive(self):
        for fault in ("cut before the request", "cut within the request"):
            self.assertIsNone(self.spoiled(fault), fault)
        self.assertEqual(self.upstream.bodies, [])

    def test_an_answer_that_is_lost_is_one_to_a_request_that_arrived(self):
        for fault in ("cut before the answer", "cut within the answer"):
            self.upstream.bodies.clear()
            self.assertIsNone(self.spoiled(fault), fault)
            self.assertEqual(self.upstream.bodies, [b"question"], fault)

    def test_a_late_answer_is_whole(self):
        for fault in ("delay", "trickle", "cut after the answer"):
            self.assertEqual(self.spoiled(fault), (200, ANSWER), fault)

    def test_another_answers_in_its_place(self):
        status, body = self.spoiled("503 in place of the answer")
        self.assertEqual(status, 503)
        self.assertEqual(self.upstream.bodies, [])
        status, body = self.spoiled("HTML in place of the answer")
        self.assertIn(b"<!DOCTYPE html>", body)

    def test_an_old_request_comes_again_before_the_new(self):
        self.ask(b"old")
        self.proxy.arm(Plan("an old request again"))
        self.assertEqual(self.ask(b"new"), (200, ANSWER))
        self.assertEqual(self.upstream.bodies, [b"old", b"old", b"new"])

    def test_a_plan_takes_the_requests_that_it_names(self):
        plan = Plan("cut before the answer", first=2, times=1, path="/commit")
        self.proxy.arm(plan)
        self.assertEqual(self.ask(path="/sync/v1/runs/1/plans")[0], 200)
        self.assertEqual(self.ask()[0], 200)
        self.assertIsNone(self.ask())
        self.assertEqual(self.ask()[0], 200)
        self.assertEqual(plan.hits, 1)


class SoakTest(unittest.TestCase):
    def soak(self, minutes=10, episode=None):
        return soak_processes.Soak(SimpleNamespace(
            seed=1, minutes=minutes, episode=episode, json=False))

    def test_every_kind_is_dealt_before_any_is_dealt_again(self):
        hands = itertools.islice(soak_processes.episodes(5, KINDS), 40)
        dealt = [kind.name for hand in hands for kind in hand]
        for start in range(0, len(dealt) - len(KINDS), len(KINDS)):
            self.assertEqual(len(set(dealt[start:start + len(KINDS)])), len(KINDS))

    def test_the_same_seed_deals_the_same(self):
        first, again, other = (
            list(itertools.islice(soak_processes.episodes(seed, KINDS), 9)) for seed in (1, 1, 2))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_a_kind_that_never_occurred_fails_a_long_soak(self):
        soak = self.soak(minutes=10)
        soak.hits.update(kind.name for kind in KINDS)
        self.assertFalse(soak.has_failed)
        del soak.hits["restore: Central"]
        self.assertTrue(soak.has_failed)
        self.assertIn("Never occurred: restore: Central.", soak.table())
        soak.options.minutes = 9
        self.assertFalse(soak.has_failed)

    def test_what_is_said_badly_fails_a_soak_and_lets_it_go_on(self):
        soak = self.soak(minutes=1)
        soak.say = lambda words: None
        soak.number = 3
        soak.episode([Kind("words", lambda practice: practice.complain("Disk I/O error") or True)])
        self.assertEqual(soak.done, 1)
        self.assertTrue(soak.has_failed)
        self.assertIn("Disk I/O error", soak.table())
        self.assertEqual(soak.summary()["complaints"], [{
            "words": "Disk I/O error", "times": 1, "episode": 3,
            "command": "scripts/soak --minutes 1 --seed 1 --episode 3"}])

    def failing(self, harm, words):
        """An episode in which this is done to a practice must fail with these words."""
        soak = self.soak(minutes=1)
        soak.say = lambda words: None
        soak.number = 7
        with self.assertRaisesRegex(Failure, words):
            soak.episode([Kind("harm", harm)])
        self.addCleanup(shutil.rmtree, soak.kept)
        return soak

    def test_a_row_changed_behind_the_back_of_both_fails_its_episode(self):
        def tamper(practice):
            practice.settle()
            change(practice.oneclick, "UPDATE clients SET code = 'X' WHERE id = (SELECT min(id) "
                   "FROM clients)")
            practice.prove_equal()

        soak = self.failing(tamper, "clients [0-9]+: differs in code")
        self.assertTrue((soak.kept / "oneclick" / "oneclick.db").exists())
        self.assertTrue((soak.kept / "logs" / "syncworker.log").exists())
        self.assertEqual(soak.command, "scripts/soak --minutes 1 --seed 1 --episode 7")

    def test_a_journal_that_lies_fails_its_episode(self):
        def boast(practice):
            practice.settle()
            change(practice.journal, "UPDATE runs SET id = 'boast' WHERE number = 1")

        self.failing(boast, "calls runs successful that OneClick never committed: boast")

    def test_a_program_that_ends_by_itself_fails_its_episode(self):
        def crash(practice):
            practice.server.process.send_signal(signal.SIGUSR1)
            practice.server.process.wait()
            return True

        self.failing(crash, "oneclick crashed with signal 10")

    def test_nothing_is_left_running(self):
        programs = []

        def interrupt(practice):
            practice.open_office()
            practice.start_service()
            programs.extend([practice.at_work, practice.service, practice.server])
            practice.service.signal(signal.SIGSTOP)
            raise KeyboardInterrupt

        soak = self.soak(minutes=1)
        soak.say = lambda words: None
        with self.assertRaises(KeyboardInterrupt):
            soak.episode([Kind("Ctrl-C", interrupt)])
        self.assertFalse([program.name for program in programs if program.is_alive])

    @unittest.skipUnless(can_mount(), "small disks take root")
    def test_nothing_stays_mounted_and_what_is_kept_is_whole(self):
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        practice = SoakPractice(folder, random.Random(1))
        try:
            practice.prepare({"oneclick"})
            self.assertTrue(practice.oneclick.parent.is_mount())
            practice.fill("oneclick", leaving=0)
            self.assertEqual(os.statvfs(practice.oneclick.parent).f_bavail, 0)
        finally:
            practice.close(keep=True)
        self.assertFalse(practice.oneclick.parent.is_mount())
        self.assertTrue(practice.oneclick.exists())


def change(path, sql):
    db = sqlite3.connect(path)
    with db:
        db.execute(sql)
    db.close()


if __name__ == "__main__":
    unittest.main()
