"""Canaries: distinctive values in Central, and the search for where they got to.

A sample practice gets tokens, password hashes, names and numbers that occur nowhere else. Then
everything runs that a practice sees in a year, at the log level debug; what the programs wrote,
said, sent and served is searched, as bytes and in every usual spelling, also unfolded. Secrets are
nowhere outside Central; personal data is where it belongs and nowhere else. Build first:
`swift build`.
"""

import base64
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from attacker import Zstd, opened
from practice import BINARIES, Program

SECONDS_MAX = 120
ADMINISTRATOR, PASSWORD = "canary-administrator", "CANARYpassword0typed"
WENT_THROUGH = (0, 3, 4)
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

#: Never outside Central, in no spelling: sealed, or not read at all.
SECRETS = {
    "access token": "CANARYaccess7f3a91c2",
    "refresh token": "CANARYrefresh5b8e04d6",
    "access token of a refused row": "CANARYbadaccess9e21",
    "refresh token that is too long": "CANARYlongrefresh4c7d",
    "password hash": "CANARYhashQ2F0czRldmVy",
    "login name": "CANARYlogin1a2b3c",
    "typed password": PASSWORD,
}
#: In OneClick's typed tables and in batches on their way there, and nowhere else.
PERSONAL = {
    "UTR": "CANARYutr8812345",
    "NINO": "CANARYnino4411A",
    "NINO of a business": "CANARYbiznino771",
    "VRN": "CANARYvrn551234",
    "MTD id": "CANARYmtd00112233",
    "gateway user": "CANARYgateway919",
    "e-mail of a client": "canary.client@canary-mail.example",
    "e-mail of an employee": "canary.employee@canary-mail.example",
    "phone": "CANARYphone020794",
    "address": "CANARYaddress1 Road",
    "postcode": "CANARYpc9ZZ",
    "narrative": "CANARYnarrative paid to",
    "reference": "CANARYreference77",
}
#: The values of rows that are refused: nowhere at all, as no row of theirs gets through.
REFUSED = {
    "date that is none": "CANARYdate31/12",
    "e-mail that is too long": "CANARYlongmail",
    "NINO that is too long": "CANARYlongnino",
}
#: How a record is called: in exceptions, the journal and the console, and in no log.
NAMES = {
    "client's name": "CANARYclientname Ltd",
    "refused client's name": "CANARYrefusedname Ltd",
    "removed client's name": "CANARYgonename Ltd",
    "employee's name": "CANARYfirst CANARYlast",
}


def spellings(value):
    """A value as bytes, in the ways in which it may be hidden in others."""
    raw = value.encode()
    yield raw
    for encoding in ("utf-16-le", "utf-16-be"):
        yield value.encode(encoding)
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):
        # What stands before it moves the groups of three; the ends are mixed with neighbours.
        whole = base64.b64encode(b"\0" * shift + raw)
        yield whole[4 if shift else 0:-4]
        yield whole[4 if shift else 0:-4].translate(bytes.maketrans(b"+/", b"-_"))
    yield urllib.parse.quote(value).encode()
    yield json.dumps(value)[1:-1].replace("/", "\\/").encode()
    yield raw[::-1]


def unfolded(content):
    """The content, and what lies folded in it."""
    yield content
    place = content.find(ZSTD_MAGIC)
    while place >= 0:
        inside = Zstd.unfold(content[place:place + (32 << 20)]) or folded_at(content[place:])
        if inside:
            yield inside
        place = content.find(ZSTD_MAGIC, place + 1)


def folded_at(content):
    """A frame with something behind it: the `zstd` command would stop, the library says no."""
    for end in frame_ends(content):
        inside = Zstd.unfold(content[:end])
        if inside is not None:
            return inside
    return None


def frame_ends(content):
    """Where the frame at the beginning ends (RFC 8878, section 3.1.1)."""
    if len(content) < 6:
        return
    descriptor = content[4]
    single = descriptor >> 5 & 1
    place = 5 + (0 if single else 1) + (0, 1, 2, 4)[descriptor & 3]
    place += (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    while place + 3 <= len(content):
        header = int.from_bytes(content[place:place + 3], "little")
        place += 3 + (1 if header >> 1 & 3 == 1 else header >> 3)
        if header & 1:
            yield place + (4 if descriptor >> 2 & 1 else 0)
            return


def found(values, content):
    """Names of the values that the content holds, with some of what stands around them."""
    hits = []
    for part in unfolded(content):
        lower = part.lower()
        for name, value in values.items():
            for spelled in spellings(value):
                place = lower.find(spelled.lower())
                if place >= 0:
                    around = part[max(0, place - 60):place + len(spelled) + 20]
                    hits.append(f"{name}: {around!r}")
                    break
    return hits


class Tap:
    """Stands between the SyncWorker and OneClick, and keeps every byte."""

    def __init__(self):
        self.upstream = None
        self.kept = bytearray()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            host, port = self.upstream.split(":")
            server = socket.create_connection((host, int(port)))
        except OSError:
            client.close()
            return
        back = threading.Thread(target=self.carry, args=(server, client), daemon=True)
        back.start()
        self.carry(client, server)
        back.join()
        client.close()
        server.close()

    def carry(self, a, b):
        kept = bytearray()
        with contextlib.suppress(OSError):
            while part := a.recv(65536):
                kept += part
                b.sendall(part)
        with self.lock:
            self.kept += kept + b"\n----\n"
        for end in (a, b):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()


class Messages(http.server.BaseHTTPRequestHandler):
    """Where alerts are posted."""

    kept = bytearray()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        Messages.kept += self.path.encode() + str(self.headers).encode() + body
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Office:
    """Both sides in one folder; whatever is said is kept."""

    def __init__(self, folder):
        self.folder = folder
        self.premises = folder / "premises"
        self.premises.mkdir()
        self.central = folder / "central.db"
        self.oneclick = folder / "oneclick.db"
        self.config = self.premises / "syncworker.yaml"
        #: By where it came from: what was said, shown or sent.
        self.said = {}
        self.staged = []
        self.tap = Tap()
        self.server = None
        self.alerts = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Messages)
        threading.Thread(target=self.alerts.serve_forever, daemon=True).start()

    def close(self):
        Program.kill_all()
        self.tap.close()
        self.alerts.shutdown()
        self.alerts.server_close()

    # Central

    def change(self, *statements):
        database = sqlite3.connect(self.central, timeout=30)
        with database:
            for statement in statements:
                if isinstance(statement, str):
                    database.execute(statement)
                else:
                    database.execute(*statement)
        database.close()

    def value(self, sql):
        database = sqlite3.connect(self.central, timeout=30)
        try:
            return database.execute(sql).fetchone()[0]
        finally:
            database.close()

    # Programs

    def keep(self, where, content):
        self.said[where] = self.said.get(where, b"") + content

    def call(self, program, *words, codes=(0,), given=None, environment=None):
        done = subprocess.run(
            [BINARIES / program, *map(str, words)], capture_output=True, timeout=SECONDS_MAX,
            input=given, env={**os.environ, **(environment or {})})
        self.keep(f"output of {program} {words[0]}", done.stdout + b"\n" + done.stderr)
        if codes is not None and done.returncode not in codes:
            raise RuntimeError(f"{program} {' '.join(map(str, words))} ended with "
                               f"{done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def worker(self, *words, codes=WENT_THROUGH, **settings):
        environment = {f"SYNCWORKER_{key.upper()}": str(value) for key, value in settings.items()}
        environment.setdefault("SYNCWORKER_LOG_LEVEL", "debug")
        return self.call("syncworker", *words, "--config", self.config, codes=codes,
                         environment=environment)

    def serve(self):
        address = self.tap.upstream or "127.0.0.1:0"
        self.server = Program(
            "oneclick", "serve", "--database", f"sqlite:{self.oneclick}", "--listen", address,
            "--json", "--log-level", "debug")
        ready = self.server.says(r'"address":"http://([^"]+)"', seconds=60)
        if not ready:
            raise RuntimeError(f"OneClick does not serve: {self.server.tail}")
        self.tap.upstream = ready.group(1)

    def stop_serving(self, how=signal.SIGTERM):
        self.server.signal(how)
        self.server.wait()
        self.keep("log of oneclick serve", self.server.output.encode())

    def prepare(self):
        self.call("central-sample", "create", "--clients", 40, "--seed", 1, "--transactions", 400,
                  self.central)
        self.fill()
        self.call("oneclick", "migrate", "--database", f"sqlite:{self.oneclick}")
        added = self.call("oneclick", "practice", "add", "Canary & Co", "--database",
                          f"sqlite:{self.oneclick}", "--json")
        self.code = json.loads(added)["code"]
        self.serve()
        self.call("syncworker", "init", "--central", f"sqlite:{self.central}", "--oneclick",
                  f"http://{self.tap.address}", "--code", self.code, "--config", self.config)
        secret = self.premises / "webhook-secret"
        secret.write_text("a secret of the webhook's own\n")
        secret.chmod(0o600)
        with open(self.config, "a") as config:
            config.write(f"alert_webhook: http://127.0.0.1:{self.alerts.server_port}/alerts\n"
                         f"alert_webhook_secret_file: {secret}\n")

    def fill(self):
        clients = [row for row in range(1, 500) if self.has_open(row)][:12]
        self.client, self.bad, self.long, self.longer, self.gone = clients[:5]
        contact = "(SELECT contact_id FROM client WHERE id = ?)"
        self.change(
            ("UPDATE client SET utr = ?, nino = ?, vrn = ? WHERE id = ?",
             (PERSONAL["UTR"], PERSONAL["NINO"], PERSONAL["VRN"], self.client)),
            ("UPDATE contact SET name = ?, email = ?, phone = ?, address_line1 = ?, postcode = ? "
             f"WHERE id = {contact}",
             (NAMES["client's name"], PERSONAL["e-mail of a client"], PERSONAL["phone"],
              PERSONAL["address"], PERSONAL["postcode"], self.client)),
            (f"UPDATE contact SET name = ? WHERE id = {contact}",
             (NAMES["refused client's name"], self.bad)),
            (f"UPDATE contact SET name = ? WHERE id = {contact}",
             (NAMES["removed client's name"], self.gone)),
            ("INSERT INTO business (client_id, name, kind, nino, mtd_it_id) "
             "VALUES (?, 'Shop', 'self-employment', ?, ?)",
             (self.client, PERSONAL["NINO of a business"], PERSONAL["MTD id"])),
            ("UPDATE employee SET first_name = ?, last_name = ?, work_email = ?, login_name = ?, "
             "password_hash = ?, oneclick_status = 'activated', left_on = NULL, login_disabled = 0 "
             "WHERE id = 2",
             (*NAMES["employee's name"].split(), PERSONAL["e-mail of an employee"],
              SECRETS["login name"], "$scrypt$ln=15,r=8,p=1$c2FsdA$" + SECRETS["password hash"])),
            ("INSERT INTO hmrc_credential (level, label, gateway_user_id, access_token, "
             "refresh_token, granted_at, expires_at, status) VALUES ('practice', 'Agent', ?, ?, ?, "
             "'2026-01-05 09:30:00', '2027-07-05 09:30:00', 'active')",
             (PERSONAL["gateway user"], SECRETS["access token"], SECRETS["refresh token"])),
            ("UPDATE ap_transaction SET narrative = ?, reference = ? WHERE id IN "
             "(SELECT t.id FROM ap_transaction t JOIN ap_period p ON p.id = t.period_id "
             "JOIN client c ON c.id = p.client_id WHERE p.oi_mode = 'transactions' "
             "AND c.status <> 'closed' LIMIT 3)",
             (PERSONAL["narrative"], PERSONAL["reference"])))

    def has_open(self, client):
        return bool(self.value(
            f"SELECT count(*) FROM client WHERE id = {client} AND status <> 'closed'"))

    # What a practice sees

    def play(self):
        self.worker("run")
        self.worker("run", "--full", "--json")
        self.change("UPDATE contact SET town = 'Leeds'")
        self.worker("run", "--dry-run")
        self.worker("run", "--json")
        self.break_rows()
        self.worker("run")
        self.worker("run", "--full")
        self.catch_staged()
        self.fail()
        self.remove()
        self.look()
        self.serve_console()
        self.look()
        for words in (("practice", "list"), ("practice", "list", "--json")):
            self.call("oneclick", *words, "--database", f"sqlite:{self.oneclick}")

    def break_rows(self):
        """Rows that are refused, with a canary in the value that is wrong."""
        self.change(
            ("UPDATE client SET closed_on = ?, nino = ? WHERE id = ?",
             (REFUSED["date that is none"], PERSONAL["NINO"], self.bad)),
            ("UPDATE contact SET email = ? WHERE id = "
             "(SELECT contact_id FROM client WHERE id = ?)",
             (REFUSED["e-mail that is too long"] * 40, self.long)),
            ("UPDATE client SET nino = ? WHERE id = ?",
             (REFUSED["NINO that is too long"] * 3, self.longer)),
            ("INSERT INTO hmrc_credential (level, label, access_token) "
             "VALUES ('practice', 'Zero', ? || char(0))",
             (SECRETS["access token of a refused row"],)),
            ("INSERT INTO hmrc_credential (level, label, access_token, refresh_token) "
             "VALUES ('practice', 'Long', 'x', ?)",
             (SECRETS["refresh token that is too long"] * 300,)),
            "UPDATE employee SET work_email = (SELECT work_email FROM employee WHERE id = 2) "
            "WHERE id = 3")

    def catch_staged(self):
        """A run that dies before its commit leaves its batches staged."""
        self.change(
            "UPDATE contact SET town = 'Hull'", "UPDATE business SET vat_stagger = 'x'",
            "UPDATE hmrc_credential SET scopes = 'read:vat'", "UPDATE employee SET title = 'Dr'")
        run = Program("syncworker", "run", "--config", self.config,
                      environment={"SYNCWORKER_LOG_LEVEL": "debug"})
        if not run.reaches(("commit", "begins")):
            raise RuntimeError(f"The run has no commit: {run.tail}")
        self.server.signal(signal.SIGSTOP)
        run.kill()
        self.server.signal(signal.SIGCONT)
        self.keep("log of a run that was killed", run.output.encode())
        self.take_staged()

    def take_staged(self):
        database = sqlite3.connect(self.oneclick, timeout=30)
        self.staged += [bytes(frame) for frame, in database.execute(
            "SELECT frame FROM staged_batches WHERE frame IS NOT NULL")]
        database.close()

    def fail(self):
        """OneClick away, Central locked, a code that is no code."""
        self.stop_serving(signal.SIGKILL)
        run = Program("syncworker", "run", "--config", self.config,
                      environment={"SYNCWORKER_LOG_LEVEL": "debug"})
        run.says("A step begins", seconds=20)
        run.end()
        self.keep("log of a run without OneClick", run.output.encode())
        self.serve()
        database = sqlite3.connect(self.central, isolation_level=None)
        database.execute("BEGIN EXCLUSIVE")
        self.worker("run", codes=None, central_wait_seconds=1)
        database.execute("ROLLBACK")
        database.close()
        self.worker("run", codes=None, central=f"sqlite:{self.folder}/nowhere.db")
        self.call("syncworker", "init", "--force", "--central", f"sqlite:{self.central}",
                  "--oneclick", f"http://{self.tap.address}", "--code", "ABCD-EFGH-JKLM",
                  "--config", self.premises / "another.yaml", codes=None)
        self.worker("run", codes=WENT_THROUGH)

    def remove(self):
        """More than the guard lets go."""
        self.change(f"DELETE FROM client WHERE id >= {self.gone}")
        self.worker("run", codes=(4,))
        self.worker("run", "--full", codes=(4,))

    def look(self):
        for words in (("status",), ("status", "--json"), ("runs", "--json"),
                      ("runs", "--limit", 5, "--details"), ("held",), ("held", "--json"),
                      ("config", "check")):
            self.worker(*words, codes=None)

    def serve_console(self):
        self.call("syncworker", "administrator", ADMINISTRATOR, "--config", self.config,
                  given=(PASSWORD + "\n").encode())
        service = Program(
            "syncworker", "serve", "--config", self.config, "--json",
            environment={"SYNCWORKER_LOG_LEVEL": "debug", "SYNCWORKER_INTERVAL_MINUTES": "1440",
                         "SYNCWORKER_CONSOLE_LISTEN": "127.0.0.1:0"})
        ready = service.says(r'"console":"http://127.0.0.1:(\d+)"', seconds=60)
        if not ready:
            raise RuntimeError(f"The console does not serve: {service.tail}")
        self.worker("run", codes=(4,))
        console = Browser(int(ready.group(1)), self.keep)
        console.sign_in(ADMINISTRATOR, "a wrong one")
        console.sign_in(SECRETS["login name"], PASSWORD)
        console.sign_in(ADMINISTRATOR, PASSWORD)
        console.visit()
        self.stop_serving(signal.SIGKILL)
        console.visit()
        self.serve()
        self.worker("run", codes=(4,))
        time.sleep(1)
        service.end()
        self.keep("log of syncworker serve", service.output.encode())
        self.keep("alerts", bytes(Messages.kept))


class Browser:
    PAGES = ("/", "/console", "/console/full", "/console/history", "/console/errors",
             "/console/held", "/console/schedule", "/console/history.csv", "/api/v1/status",
             "/api/v1/runs", "/api/v1/records", "/api/v1/audit", "/api/v1/openapi.yaml",
             "/console/nowhere", "/api/v1/runs/nowhere", "/sign-in", "/api/v1/runs?limit=x")

    def __init__(self, port, keep):
        self.port = port
        self.keep = keep
        self.cookie = ""

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS_MAX)
        headers = {"Cookie": self.cookie, "Origin": f"http://127.0.0.1:{self.port}",
                   "Sec-Fetch-Site": "same-origin"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.keep(f"console {path}", str(answer.headers).encode() + content)
        return answer, content

    def sign_in(self, name, password):
        answer, _ = self.ask("POST", "/sign-in", urllib.parse.urlencode(
            {"login": name, "password": password, "next": "/console"}))
        if cookie := answer.headers["Set-Cookie"]:
            self.cookie = cookie.split(";")[0]

    def visit(self):
        for path in self.PAGES:
            self.ask("GET", path)
        _, content = self.ask("GET", "/console/history")
        for path in sorted(set(re.findall(rb'"(/console/history/[^"/?]+)"', content)))[:8]:
            self.ask("GET", path.decode())
            self.ask("GET", path.decode() + "/errors.csv")
            self.ask("GET", path.decode().replace("/console/history", "/api/v1/runs"))


class CanaryTest(unittest.TestCase):
    """The practice is played once; every test searches something of it."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="canary-")
        cls.addClassCleanup(folder.cleanup)
        cls.office = Office(pathlib.Path(folder.name))
        cls.addClassCleanup(cls.office.close)
        cls.office.prepare()
        cls.office.play()
        cls.office.take_staged()
        cls.office.stop_serving()

    def assert_free(self, values, where, content):
        self.assertEqual(found(values, content), [], f"in {where}")

    def files(self):
        """Everything that was written, but for Central."""
        for path in sorted(self.office.folder.rglob("*")):
            if path.is_file() and not path.name.startswith("central.db"):
                yield path.name, path.read_bytes()

    # The search itself

    def test_the_search_finds_what_is_there(self):
        value = SECRETS["access token"]
        planted = [
            value.encode(), value.lower().encode(), b"..." + value.encode("utf-16-le") + b"\0",
            b"{\"x\":\"" + base64.b64encode(b"ab" + value.encode() + b"cd") + b"\"}",
            base64.b64encode(b"a" + value.encode()), base64.b64encode(value.encode() + b"xyz"),
            base64.urlsafe_b64encode(b"abc" + value.encode()), value.encode().hex().encode(),
            b"behind" + Zstd.fold(b"x" * 300 + value.encode() + b"y" * 300) + b"and before",
        ]
        for content in planted:
            with self.subTest(content=content):
                self.assertTrue(found({"it": value}, content))
        self.assertFalse(found({"it": value}, b"x" * 1000 + value[:-4].encode()))

    def test_the_canaries_are_in_central(self):
        content = b"".join(path.read_bytes() for path in
                           sorted(self.office.folder.glob("central.db*")))
        for values in (SECRETS, PERSONAL, REFUSED):
            for name, value in values.items():
                if value != PASSWORD:
                    with self.subTest(name=name):
                        self.assertIn(value.encode(), content)

    def test_personal_data_arrived_in_oneclicks_tables(self):
        tables = self.typed_rows()
        for name, value in {**PERSONAL, "name": NAMES["client's name"]}.items():
            with self.subTest(name=name):
                self.assertTrue(found({name: value}, tables))

    def test_everything_was_played(self):
        said = b"".join(self.office.said.values())
        for words in (b"A step has ended", b"refused", b"held", b"Management Console",
                      b"is longer than 320", b"is longer than 20 ", b"is longer than 4000",
                      b"U+0000", b"a date such as",
                      b"locked by another program", b"There is no file", b"step=commit",
                      b"POST", NAMES["removed client's name"].encode()):
            with self.subTest(words=words):
                self.assertIn(words, said)
        self.assertTrue(self.office.staged)
        contents = b"".join(opened(frame)[1] or b"" for frame in self.office.staged)
        self.assertTrue(found({"UTR": PERSONAL["UTR"]}, contents))
        self.assertTrue(found({"UTR": PERSONAL["UTR"]}, bytes(self.office.tap.kept)))
        self.assertIn("alerts", self.office.said)
        self.assertTrue(self.office.said["alerts"])

    # What must not be

    def test_no_secret_in_any_file(self):
        for name, content in self.files():
            with self.subTest(file=name):
                self.assert_free(SECRETS, name, content)

    def test_no_secret_is_said_shown_or_sent(self):
        for where, content in self.office.said.items():
            values = dict(SECRETS)
            if where == "console /sign-in":
                # The page that refuses a sign-in shows the name that was typed.
                del values["login name"]
            with self.subTest(where=where):
                self.assert_free(values, where, content)
        with self.subTest(where="the wire"):
            self.assert_free(SECRETS, "the wire", bytes(self.office.tap.kept))
        for frame in self.office.staged:
            self.assert_free(SECRETS, "a staged batch", opened(frame)[1] or b"")

    def test_personal_data_is_neither_said_nor_shown(self):
        for where, content in self.office.said.items():
            with self.subTest(where=where):
                self.assert_free({**PERSONAL, **REFUSED}, where, content)

    def test_personal_data_is_in_no_file_of_the_premises(self):
        for path in sorted(self.office.premises.rglob("*")):
            if path.is_file():
                with self.subTest(file=path.name):
                    self.assert_free({**PERSONAL, **REFUSED}, path.name, path.read_bytes())

    def test_oneclicks_other_tables_hold_none(self):
        """Runs, exceptions, answers and whatever else there is beside the typed tables."""
        self.assert_free({**PERSONAL, **REFUSED}, "OneClick's own tables", self.own_rows())

    def test_refused_values_arrived_nowhere(self):
        for name, content in self.files():
            with self.subTest(file=name):
                self.assert_free(REFUSED, name, content)
        with self.subTest(where="the wire"):
            self.assert_free(REFUSED, "the wire", bytes(self.office.tap.kept))

    def test_no_log_names_a_record(self):
        """Records are called by name where people look, and by key in logs."""
        for where, content in self.office.said.items():
            log = content if where.startswith("log ") else self.log_lines(content)
            if where.startswith(("output ", "log ")):
                with self.subTest(where=where):
                    self.assert_free(NAMES, f"the log in {where}", log)
        with self.subTest(where="alerts"):
            self.assert_free(NAMES, "alerts", self.office.said["alerts"])

    @staticmethod
    def log_lines(content):
        return b"\n".join(line for line in content.splitlines()
                          if re.match(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* (trace|debug|info|notice"
                                      rb"|warning|error|critical) ", line))

    # OneClick's database

    OWN = ("practices", "enrolment_codes", "installations", "assertions", "runs", "checkpoints",
           "table_states", "loads", "load_tiles", "load_refused", "exceptions", "removals",
           "audit", "vault_keys")

    def database_rows(self, is_wanted):
        database = sqlite3.connect(self.office.oneclick)
        database.text_factory = bytes
        content = bytearray()
        tables = [name.decode() for name, in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        for table in filter(is_wanted, tables):
            for row in database.execute(f"SELECT * FROM {table}"):
                for value in row:
                    content += value if isinstance(value, bytes) else str(value).encode()
                    content += b"\0"
        database.close()
        return bytes(content)

    def own_rows(self):
        return self.database_rows(self.OWN.__contains__)

    def typed_rows(self):
        return self.database_rows(lambda name: name not in (*self.OWN, "staged_batches"))


if __name__ == "__main__":
    unittest.main()
