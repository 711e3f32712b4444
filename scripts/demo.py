"""What scripts/demo does once everything is built."""

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery staple"
BINARIES = ROOT / ".build" / os.environ.get("CONFIGURATION", "release")


def arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="A whole practice on this machine, at work until Ctrl-C.")
    parser.add_argument("--once", action="store_true",
                        help="one full and one change run, then end; nothing is left running")
    parser.add_argument("--clients", type=int, default=500, help="default: 500")
    parser.add_argument("--transactions", type=int, help="transaction lines in all; "
                        "default: about 50 for each client")
    parser.add_argument("--dir", help="keep the demo's files here; they must not exist yet")
    return parser.parse_args()


def sign_ins(central):
    """Two of the sample's people: one with the permission for the console, one without."""
    with sqlite3.connect(f"file:{central}?mode=ro", uri=True) as database:
        people = database.execute("""
            SELECT login_name, is_super_user OR EXISTS (
              SELECT 1 FROM employee_security_group
              JOIN task_permission USING (security_group_id)
              WHERE employee_id = employee.id AND task = 'OneClick' AND allowed) AS permitted
            FROM employee WHERE login_disabled = 0 ORDER BY id""").fetchall()
    found = []
    for permitted in (1, 0):
        login = next(login for login, may in people if may == permitted)
        found.append({"name": login, "password": PASSWORD, "permitted": bool(permitted)})
    return found


class Demo:
    def __init__(self, options):
        self.options = options
        self.folder = Path(options.dir or tempfile.mkdtemp(prefix="syncworker-demo-")).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.central = self.folder / "central.db"
        self.oneclick = self.folder / "oneclick.db"
        self.config = self.folder / "syncworker.yaml"
        self.authority = self.folder / "authority.pem"
        for path in (self.central, self.oneclick, self.config, self.authority):
            if path.exists():
                sys.exit(f"{path} is there already. Name another folder with --dir.")
        self.processes = []

    # Processes

    def call(self, program, *words, codes=(0,), given=None):
        """Runs a command to its end and answers what it printed."""
        done = subprocess.run(
            [BINARIES / program, *map(str, words)], stdout=subprocess.PIPE, text=True, input=given)
        if done.returncode not in codes:
            sys.exit(f"{program} {words[0]} ended with {done.returncode}.")
        return done.stdout

    def start(self, program, *words):
        """Starts a service, and answers the line that it prints when it is ready."""
        log = open(self.folder / f"{program}.log", "ab")
        process = subprocess.Popen(
            [BINARIES / program, *map(str, words)], stdout=subprocess.PIPE, stderr=log, text=True)
        self.processes.append(process)
        line = process.stdout.readline()
        if not line:
            sys.exit(f"{program} did not start; see {log.name}.")
        return json.loads(line)

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            process.wait()

    # Steps

    def certify(self):
        """A certificate authority of the demo's own, and its certificate for OneClick."""
        def openssl(*words):
            subprocess.run(["openssl", *map(str, words)], check=True, stderr=subprocess.DEVNULL,
                           cwd=self.folder)
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *new_key, "-keyout", "authority.key", "-out", self.authority,
                "-days", 30, "-subj", "/CN=Demo Authority",
                "-addext", "keyUsage=critical,keyCertSign")
        openssl("req", *new_key, "-keyout", "oneclick.key", "-out", "oneclick.csr",
                "-subj", "/CN=localhost")
        (self.folder / "oneclick.names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", "oneclick.csr", "-CA", self.authority,
                "-CAkey", "authority.key", "-CAcreateserial", "-days", 30,
                "-extfile", "oneclick.names", "-out", "oneclick.pem")
        # Nobody signs anything with it any more.
        (self.folder / "authority.key").unlink()

    def prepare(self):
        self.certify()
        size = ["--clients", self.options.clients, "--seed", 1]
        if self.options.transactions is not None:
            size += ["--transactions", self.options.transactions]
        digest = self.call("syncworker", "hash-password", given=PASSWORD + "\n").strip()
        self.call("central-sample", "create", *size, "--password-hash", digest, self.central)
        database = f"sqlite:{self.oneclick}"
        self.call("oneclick", "migrate", "--database", database)
        practice = json.loads(self.call(
            "oneclick", "practice", "add", "Demo & Co", "--database", database, "--json"))
        served = self.start(
            "oneclick", "serve", "--database", database, "--listen", "127.0.0.1:0",
            "--certificate", self.folder / "oneclick.pem", "--key", self.folder / "oneclick.key",
            "--json")
        self.address = served["address"]
        self.call(
            "syncworker", "init", "--central", f"sqlite:{self.central}", "--oneclick",
            self.address, "--certificate-authorities", self.authority, "--code",
            practice["code"], "--config", self.config)
        print(self.call("syncworker", "connect", "check", "--config", self.config))
        self.practice = practice["practice"]

    def serve(self):
        """Any free port: another demo, or a real console, may have the usual one."""
        self.config.write_text(self.config.read_text() + "console_listen: 127.0.0.1:0\n")
        self.service = self.start("syncworker", "serve", "--config", self.config, "--json")
        self.sign_ins = sign_ins(self.central)
        (self.folder / "demo.json").write_text(json.dumps({
            "oneclick": self.address, "practice": self.practice,
            "central": str(self.central), "oneclick_database": str(self.oneclick),
            "config": str(self.config), "console": self.service["console"],
            "sign_ins": self.sign_ins,
        }, indent=2) + "\n")

    def run(self, *words):
        """One synchronisation; its exit code tells refused and held rows, which a sample has."""
        print(self.call("syncworker", "run", "--config", self.config, *words, codes=(0, 3, 4)))

    def work(self, *words):
        self.call("central-sample", "work", self.central, "--rate", 20, "--seed", 7, *words)

    def check(self):
        check = subprocess.run([ROOT / "scripts" / "check", self.central, self.oneclick])
        if check.returncode:
            sys.exit("OneClick is not what Central is.")

    def keep_working(self):
        print(f"OneClick answers at {self.address}; the files are in {self.folder}.")
        print(f"The console answers at {self.service['console']}:")
        for person in self.sign_ins:
            may = "may use it" if person["permitted"] else "may not"
            print(f"  {person['name']}, password \"{PASSWORD}\", {may}.")
        print(f"Try: {BINARIES}/syncworker status --config {self.config}")
        print("An office is at work; every minute what changed is synchronised. Ctrl-C ends it.")
        while True:
            self.work("--seconds", 60)
            self.run()

    def everything(self):
        self.prepare()
        self.run("--full")
        self.serve()
        self.work("--operations", 100)
        self.run()
        self.check()
        if not self.options.once:
            self.keep_working()


def main():
    demo = Demo(arguments())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        demo.everything()
    except KeyboardInterrupt:
        print()
    finally:
        demo.stop()


if __name__ == "__main__":
    main()
