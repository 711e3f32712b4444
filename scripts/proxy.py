"""Stands between the SyncWorker and OneClick, and spoils what passes when it is told to."""

import http.client
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

UPSTREAM_SECONDS_MAX = 120
DELAY_SECONDS = (1, 5)
TRICKLE_PAUSES = 40
TRICKLE_PAUSE_SECONDS = 0.05
HTML = b"<!DOCTYPE html><title>Welcome</title><p>Please accept our terms to go online."
# Handed on; all others concern one connection alone.
HEADERS = ("authorization", "content-type", "content-encoding", "accept", "accept-encoding")

CUTS = ("cut before the request", "cut within the request", "cut before the answer",
        "cut within the answer", "cut after the answer")
FAULTS = (*CUTS, "delay", "trickle", "HTML in place of the answer", "503 in place of the answer",
          "an old request again")


class Plan:
    """What is to go wrong, from which request on and how often."""

    def __init__(self, fault, first=1, times=1, path=""):
        self.fault = fault
        self.first = first
        self.times = times
        #: Only requests whose path ends so count.
        self.path = path
        self.hits = 0

    def takes(self, path):
        """Whether this request is one to spoil."""
        if not path.endswith(self.path):
            return False
        self.first -= 1
        if self.first > 0 or self.hits >= self.times:
            return False
        self.hits += 1
        return True


class Proxy:
    """Serves until closed; `port` is where, `onward` is asked for OneClick's host:port."""

    def __init__(self, onward, chance):
        self.onward = onward
        self.chance = chance
        self.plan = None
        self.lock = threading.Lock()
        self.old = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self):
                try:
                    super().handle()
                except OSError:
                    pass  # The other side has gone, or was cut off: that is what this is for.

            def serve(self):
                proxy.pass_on(self)

            do_GET = do_POST = do_PUT = serve

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def arm(self, plan):
        with self.lock:
            self.plan = plan

    def disarm(self):
        self.arm(None)

    # One request

    def pass_on(self, client):
        length = int(client.headers.get("content-length") or 0)
        request = Request(client.command, client.path, client.rfile.read(length), {
            name: client.headers[name] for name in HEADERS if name in client.headers})
        with self.lock:
            fault = self.plan.fault if self.plan and self.plan.takes(request.path) else None
            number = self.chance.random()
            old = self.chance.choice(self.old) if self.old else request
            self.old = [*self.old[-50:], request]
        if fault == "an old request again":
            self.send(old)
        if fault == "503 in place of the answer":
            self.answer(client, Answer(503, {"content-type": "text/html"}, HTML))
        elif fault == "HTML in place of the answer":
            # OneClick may have received the request all the same.
            if number < 0.5:
                self.send(request)
            self.answer(client, Answer(200 if number < 0.75 else 502,
                                       {"content-type": "text/html"}, HTML))
        elif fault == "cut before the request":
            cut(client)
        elif fault == "cut within the request":
            self.send_half(request)
            cut(client)
        else:
            self.pass_back(client, request, fault, number)

    def pass_back(self, client, request, fault, number):
        answer = self.send(request)
        if answer is None or fault == "cut before the answer":
            cut(client)
            return
        if fault == "delay":
            low, high = DELAY_SECONDS
            time.sleep(low + number * (high - low))
        if fault == "cut within the answer":
            wire = answer.wire
            client.wfile.write(wire[:max(1, int(number * len(wire)))])
            cut(client)
        elif fault == "trickle":
            wire = answer.wire
            size = len(wire) // TRICKLE_PAUSES + 1
            for start in range(0, len(wire), size):
                client.wfile.write(wire[start:start + size])
                time.sleep(TRICKLE_PAUSE_SECONDS)
        else:
            self.answer(client, answer)
            if fault == "cut after the answer":
                cut(client)

    @staticmethod
    def answer(client, answer):
        client.wfile.write(answer.wire)

    def send(self, request):
        """OneClick's answer; None if there is none."""
        onward = http.client.HTTPConnection(self.onward(), timeout=UPSTREAM_SECONDS_MAX)
        try:
            onward.request(request.method, request.path, request.body or None, request.headers)
            response = onward.getresponse()
            headers = {name: value for name, value in response.getheaders()
                       if name.lower() in ("content-type", "retry-after")}
            return Answer(response.status, headers, response.read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            onward.close()

    def send_half(self, request):
        """The head says more than comes."""
        host, port = self.onward().split(":")
        head = f"{request.method} {request.path} HTTP/1.1\r\nhost: {host}\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in request.headers.items())
        wire = f"{head}content-length: {len(request.body)}\r\n\r\n".encode() + request.body
        try:
            with socket.create_connection((host, int(port)), UPSTREAM_SECONDS_MAX) as onward:
                onward.sendall(wire[:len(wire) - max(1, len(request.body) // 2)])
        except OSError:
            pass


class Request:
    def __init__(self, method, path, body, headers):
        self.method = method
        self.path = path
        self.body = body
        self.headers = headers


class Answer:
    def __init__(self, status, headers, body):
        reason = http.client.responses.get(status, "")
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{n}: {v}" for n, v in headers.items()),
                 f"content-length: {len(body)}"]
        self.wire = "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def cut(client):
    """At once and without the words that end a connection in order."""
    client.close_connection = True
    client.connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.connection.close()
