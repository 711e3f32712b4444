"""Whoever may want to harm OneClick: keys, signatures, frames and requests, all made by hand.

Nothing here is shared with the product, and nothing is needed but Python and libzstd: what
WireProtocol.md says is written down a second time.
"""

import base64
import ctypes
import hashlib
import hmac
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARIES = Path(os.environ.get("SYNCWORKER_BINARIES")
                or ROOT / ".build" / os.environ.get("CONFIGURATION", "debug"))
CORPUS = ROOT / "Tests" / "FuzzCorpus"
API = "/sync/v1/"
SECONDS_MAX = 60


# Frames

class Zstd:
    """libzstd itself; its package is needed to build the product."""

    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compressBound.restype = ctypes.c_size_t
    library.ZSTD_compress.restype = ctypes.c_size_t
    library.ZSTD_decompress.restype = ctypes.c_size_t
    library.ZSTD_getFrameContentSize.restype = ctypes.c_uint64
    library.ZSTD_isError.argtypes = [ctypes.c_size_t]

    @classmethod
    def fold(cls, content, level=3):
        most = cls.library.ZSTD_compressBound(ctypes.c_size_t(len(content)))
        target = ctypes.create_string_buffer(most)
        written = cls.library.ZSTD_compress(
            target, ctypes.c_size_t(most), content, ctypes.c_size_t(len(content)), level)
        return target.raw[:written]

    @classmethod
    def unfold(cls, body, most=64 << 20):
        """Nothing where it is no whole frame."""
        size = cls.library.ZSTD_getFrameContentSize(body, ctypes.c_size_t(len(body)))
        if size > most:
            return None
        target = ctypes.create_string_buffer(max(1, size))
        written = cls.library.ZSTD_decompress(
            target, ctypes.c_size_t(size), body, ctypes.c_size_t(len(body)))
        return None if cls.library.ZSTD_isError(written) else target.raw[:written]


def bomb(size, named=None):
    """A zstd frame made by hand: four bytes for each 128 KiB of zeros."""
    run = 128 << 10
    head = b"\x28\xb5\x2f\xfd\xc0\x38" + (named or size).to_bytes(8, "little")
    count = size // run
    blocks = [((index == count - 1) | 1 << 1 | run << 3).to_bytes(3, "little") + b"\0"
              for index in range(count)]
    return head + b"".join(blocks)


def number(value):
    """Unsigned LEB128."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(encoded + bytes([value]))


def block(content):
    return number(len(content)) + content


def text(value):
    return block(value.encode())


def integer(value):
    """An integer as a key."""
    return b"\x10" + (value + (1 << 63)).to_bytes(8, "big")


BATCH, PLAN, PLAN_ANSWER = 1, 2, 3


def frame(kind, content, body=None, length=None, digest=None):
    """Right as it stands; `body`, `length` and `digest` make it lie."""
    return (b"SWF\x01" + bytes([kind, 0 if body is None else 1])
            + number(len(content) if length is None else length)
            + (digest or hashlib.sha256(content).digest()) + (content if body is None else body))


def opened(sent):
    """A frame's kind and content; None where it is no frame."""
    if sent[:4] != b"SWF\x01" or len(sent) < 40:
        return None
    place, size, shift = 6, 0, 0
    while True:
        byte = sent[place]
        size |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            break
    body = sent[place + 32:]
    return sent[4], body if sent[5] == 0 else Zstd.unfold(body)


def batch(run, number_, table, replaces=(), load="", mark="", covers=()):
    content = text(table) + text(run) + number(number_) + text(load) + text(mark)
    content += number(len(covers)) + b"".join(block(a) + block(b) for a, b in covers)
    content += number(len(replaces))
    for (after, up_to), excepted, rows in replaces:
        content += block(after) + block(up_to) + number(len(excepted))
        content += b"".join(map(block, excepted)) + number(len(rows)) + block(b"".join(rows))
    return content


# Signatures

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def add(a, b):
    """Two points of P-256; None is the one at infinity."""
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = ((3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) if a == b
             else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


DOUBLES = [G]
while len(DOUBLES) < 256:
    DOUBLES.append(add(DOUBLES[-1], DOUBLES[-1]))


def times_g(factor):
    product = None
    for bit, double in enumerate(DOUBLES):
        if factor >> bit & 1:
            product = add(product, double)
    return product


def base64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Key:
    """A P-256 key; not fit to keep a secret."""

    def __init__(self):
        self.secret = secrets.randbelow(N - 1) + 1
        self.x, self.y = times_g(self.secret)

    @property
    def pem(self):
        der = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200" + "04")
        der += self.x.to_bytes(32, "big") + self.y.to_bytes(32, "big")
        lines = base64.b64encode(der).decode()
        return "\n".join(["-----BEGIN PUBLIC KEY-----", lines[:64], lines[64:],
                          "-----END PUBLIC KEY-----"])

    def signature(self, message):
        digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
        once = secrets.randbelow(N - 1) + 1
        r = times_g(once)[0] % N
        s = pow(once, -1, N) * (digest + r * self.secret) % N
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def token(claims, sign, algorithm="ES256"):
    """A JSON Web Token; `sign` makes the signature of its first two parts."""
    parts = ".".join(base64url(json.dumps(part).encode())
                     for part in ({"alg": algorithm, "typ": "JWT"}, claims))
    return parts + "." + base64url(sign(parts.encode()))


def hs256(secret):
    return lambda message: hmac.new(secret, message, hashlib.sha256).digest()


# OneClick and its practices

class Answer:
    def __init__(self, status, content, headers):
        self.status = status
        self.content = content
        self.headers = headers

    @property
    def json(self):
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def __str__(self):
        return f"{self.status} {self.content[:300]!r}"


class OneClick:
    """The real program, on a port of its own."""

    def __init__(self, folder):
        self.database = Path(folder) / "oneclick.db"
        self.log = Path(folder) / "oneclick.log"
        self.call("migrate")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [BINARIES / "oneclick", "serve", "--database", f"sqlite:{self.database}",
                 "--listen", "127.0.0.1:0", "--json", "--log-level", "debug"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"oneclick did not serve: {self.log.read_text()[-2000:]}")
        self.port = int(json.loads(line)["address"].rpartition(":")[2])
        self.connection = None

    def call(self, *words):
        done = subprocess.run(
            [BINARIES / "oneclick", *words, "--database", f"sqlite:{self.database}"],
            capture_output=True, text=True, timeout=SECONDS_MAX)
        if done.returncode:
            raise RuntimeError(f"oneclick {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def close(self):
        if self.connection:
            self.connection.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()

    @property
    def is_alive(self):
        return self.process.poll() is None

    def request(self, method, path, body=None, bearer=None, headers=None):
        """Over one connection, as long as it lasts."""
        sent = dict(headers or {})
        if bearer is not None:
            sent["Authorization"] = f"Bearer {bearer}"
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=SECONDS_MAX)
            try:
                self.connection.request(method, path, body, sent)
                answer = self.connection.getresponse()
                return Answer(answer.status, answer.read(), answer.headers)
            except (http.client.HTTPException, ConnectionError):
                self.connection.close()
                self.connection = None
                if attempt == 2 or not self.is_alive:
                    raise
        return None

    def raw(self, message, seconds=SECONDS_MAX):
        """Bytes as they are, over a connection of their own; what came back until it closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as sent:
            came = b""
            try:
                sent.sendall(message)
                sent.shutdown(socket.SHUT_WR)
                while part := sent.recv(65536):
                    came += part
            except (ConnectionError, BrokenPipeError):
                pass
            return came

    def practice(self, name):
        return Practice(self, name)


class Practice:
    """A practice with one installation, whose key is here."""

    def __init__(self, oneclick, name):
        self.oneclick = oneclick
        self.key = Key()
        self.fence = 0
        self.runs = 0
        self.name = name
        self.shapes = json.loads(next(CORPUS.glob("*.open-request.json")).read_text())["shapes"]
        self.code = json.loads(oneclick.call("practice", "add", name, "--json"))["code"]
        answer = self.enrol()
        if answer.status != 200:
            raise RuntimeError(f"The enrolment was refused: {answer}")
        self.installation = answer.json["installation"]
        self.id = answer.json["practice"]

    def enrol(self):
        return self.oneclick.request("POST", API + "enrolments", json.dumps({
            "protocolVersion": 1, "code": self.code, "publicKey": self.key.pem,
            "server": "OFFICE", "place": "here"}).encode())

    def claims(self, **changes):
        """Right as they stand; a claim that is None is left out."""
        now = int(time.time())
        claims = {"iss": self.installation, "sub": self.installation, "aud": "oneclick",
                  "iat": now, "exp": now + 120, "jti": secrets.token_hex(16), **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, **changes):
        return token(self.claims(**changes), self.key.signature)

    def open_request(self, run=None):
        self.runs += 1
        return {"protocolVersion": 1, "run": run or f"{self.name}-{self.runs}",
                "lastFence": self.fence, "lastRuns": [], "kind": "change",
                "purpose": "synchronise", "server": "OFFICE", "place": "here",
                "shapes": self.shapes}

    def take_over(self):
        answer = self.oneclick.request("POST", API + "take-over", json.dumps({
            "server": "OFFICE", "place": "here", "lastFence": self.fence,
            "isConfirmed": True}).encode(), self.assertion())
        if answer.status == 200:
            self.fence = answer.json["fence"]

    def open(self, run=None):
        """A run that may write: its name, its token, and what OneClick answered."""
        for _ in range(60):
            request = self.open_request(run)
            answer = self.oneclick.request(
                "POST", API + "runs", json.dumps(request).encode(), self.assertion())
            if answer.status == 429:
                time.sleep(1)
            elif answer.status == 409 and answer.json["code"] == "copy":
                # An opening of ours with a changed fence looked like another copy.
                self.take_over()
            else:
                break
        if answer.status != 200:
            raise RuntimeError(f"The opening was refused: {answer}")
        self.fence = answer.json["fence"]
        return Run(self, request["run"], answer.json)


class Run:
    def __init__(self, practice, name, answer):
        self.practice = practice
        self.name = name
        self.token = answer["token"]
        self.version = answer["version"]

    def send(self, method, what, body, bearer=None):
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        return self.practice.oneclick.request(
            method, f"{API}runs/{self.name}/{what}", body, bearer or self.token)

    def ship(self, number_, sent, bearer=None):
        return self.send("PUT", f"batches/{number_}", sent, bearer)

    def commit(self, batches, tables):
        return self.send("POST", "commit", {
            "version": self.version, "batches": batches, "mark": "mark", "tables": tables})


CHECKPOINT = {"position": "7", "asOf": "2026-11-24", "mark": "mark", "epoch": "epoch",
              "fingerprint": "fingerprint"}
EVERYTHING = (b"", b"\xff")
