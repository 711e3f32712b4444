"""Every kind of fault that the soak does to a practice.

A fault leaves all programs able to work again, and answers whether it happened: a run that ended
before it was hit does not count. What must be said or held at once is checked here; whether
anything was lost is for the proof after the faults.
"""

import re
import signal
import time
from typing import Callable, NamedTuple, Optional

from practice import Failure
from proxy import CUTS, FAULTS, Plan

AT_RANDOM_SECONDS = (0.0, 0.4)
STOPPED_SECONDS = (0.5, 4)
# Longer than a SyncWorker waits for the answer to a commit.
STOPPED_LONG_SECONDS = 33
# What a change has always, and a full.
CHANGE_STEPS = ("open", "pin", "mark", "affected", "read", "plan", "commit")
FULL_STEPS = ("open", "pin", "mark", "load", "read", "plan", "commit")
# The requests of a small run.
REQUESTS = 20


class Kind(NamedTuple):
    name: str
    do: Callable
    #: Which folder must be a disk of its own.
    disk: Optional[str] = None


# Runs


def begin(practice, service=None, full=None):
    """A run with the office at work: the program asked, and the one that says the steps."""
    chance = practice.chance
    practice.open_office()
    practice.revive()
    if service is None:
        service = chance.random() < 0.4
    if full is None:
        full = chance.random() < 0.3
    if service:
        practice.start_service()
    else:
        practice.end_service()
    after = len(practice.service.lines) if service else 0
    run = practice.worker(*(["--full"] if full else []))
    return run, practice.service or run, after


def point(chance, full):
    step = chance.choice(FULL_STEPS if full else CHANGE_STEPS)
    return step, chance.choice(("begins", "has ended"))


def reach(practice, named, service=None):
    """A run at a point by chance or by name; None if it ended before."""
    chance = practice.chance
    full = chance.random() < 0.3
    run, says, after = begin(practice, service, full)
    if named:
        where = point(chance, full) if named is True else named
        occurrence = chance.randint(1, 2) if named is True else 1
        if not says.reaches(where, occurrence, after, until=run):
            practice.finish(run)
            return None
    else:
        time.sleep(chance.uniform(*AT_RANDOM_SECONDS))
    if not run.is_alive:
        practice.finish(run)
        return None
    return run


def disturb(practice):
    """Now and then the connection is bad too, at the worst time."""
    chance = practice.chance
    if chance.random() < 0.25:
        practice.proxy.arm(Plan(chance.choice((*CUTS, "delay")), chance.randint(1, REQUESTS)))


# Kills


def kill(victim, named):
    def do(practice):
        disturb(practice)
        run = reach(practice, named, {"run": False, "service": True}.get(victim))
        if not run:
            practice.proxy.disarm()
            return False
        programs = {"OneClick": [practice.server], "run": [run], "service": [practice.service],
                    "office": [practice.at_work],
                    "all": [practice.server, practice.service or run, practice.at_work]}[victim]
        # All are killed, whichever has ended by then.
        is_hit = all([program.kill() for program in programs])
        if practice.server in programs:
            # Away for a moment, or for several attempts.
            time.sleep(practice.chance.choice((0, 0, 1, 4)))
        practice.revive()
        practice.finish(run)
        practice.proxy.disarm()
        return is_hit
    return do


# Stops


def stop(victim, named):
    def do(practice):
        chance = practice.chance
        disturb(practice)
        run = reach(practice, named, {"run": False, "service": True}.get(victim))
        if not run:
            practice.proxy.disarm()
            return False
        program = {"OneClick": practice.server, "run": run, "service": practice.service}[victim]
        seconds = chance.uniform(*STOPPED_SECONDS)
        if named and victim == "OneClick" and chance.random() < 0.2:
            seconds = STOPPED_LONG_SECONDS
        program.signal(signal.SIGSTOP)
        try:
            is_hit = run.is_alive
            time.sleep(seconds)
        finally:
            program.signal(signal.SIGCONT)
        practice.finish(run)
        practice.proxy.disarm()
        return is_hit
    return do


def zombie(practice):
    """A run that wakes when another of the same configuration has committed."""
    zombie = reach(practice, True, service=False)
    if not zombie:
        return False
    zombie.signal(signal.SIGSTOP)
    try:
        if not zombie.is_alive:
            return False
        refused = practice.worker()
        if refused.wait() != 1 or "Another process synchronises" not in refused.output:
            raise Failure(f"While a run was stopped, another was not refused:\n{refused.tail}")
        (practice.premises / "syncworker.lock").unlink()
        second = practice.worker()
        answer = practice.finish(second)
        if "locked by another program" in second.output:
            # Stopped in the midst of its own write to Central: nobody gets past it.
            return False
        before = practice.committed()
        if not answer or answer["id"] not in before:
            raise Failure(f"The second run was not committed:\n{second.tail}")
    finally:
        zombie.signal(signal.SIGCONT)
    practice.finish(zombie)
    if zombie.answer["id"] in practice.committed() - before:
        raise Failure(f"A run that woke after another's commit was committed:\n{zombie.tail}")
    return True


# Disks


def full_disk(disk):
    """Filled under a run, which sometimes goes on until it gives up."""
    def do(practice):
        chance = practice.chance
        heard = len(practice.server.lines)
        runs = [reach(practice, chance.random() < 0.7)]
        practice.fold(disk)
        practice.fill(disk, leaving=chance.choice((0, 0, 4096, 40960, 200_000)))
        try:
            time.sleep(chance.uniform(0, 0.5))
            if not runs[0] or not runs[0].is_alive:
                runs.append(practice.worker(*(["--full"] if chance.random() < 0.3 else [])))
            if chance.random() < 0.5:
                time.sleep(chance.uniform(0.5, 8))
            else:
                runs[-1].wait()
        finally:
            practice.free(disk)
        said = []
        for run in filter(None, runs):
            answer = practice.finish(run)
            if not answer or answer.get("outcome") in (None, "failed"):
                said.append(("the SyncWorker", words(run)))
        said += said_by_others(practice, heard)
        practice.look_into_journal()
        return judge(practice, said)
    return do


def start_on_full_disk(disk):
    """What begins when the disk is full already, and finds nothing open."""
    def do(practice):
        chance = practice.chance
        practice.close_office()
        practice.end_service()
        if disk == "oneclick":
            practice.server.end()
        practice.fold(disk)
        practice.fill(disk, leaving=chance.choice((0, 0, 4096)))
        said = []
        try:
            if disk == "oneclick" and not practice.try_oneclick():
                practice.server.wait()
                said.append(("OneClick", practice.server.output))
            if disk != "oneclick":
                run = practice.worker()
                if run.wait() == 1:
                    said.append(("the SyncWorker", words(run)))
            if disk == "central":
                office = practice.office(practice.number(), "--operations", 50, "--rate", 1000)
                if office.wait():
                    said.append(("the office", office.output))
        finally:
            practice.free(disk)
        if not practice.server.is_alive:
            practice.start_oneclick()
        return judge(practice, said)
    return do


def judge(practice, said):
    """Whether anybody could not get on; whoever could not must have said why."""
    for program, text in said:
        if not re.search(r"\bdisk\b.* full\b", text):
            practice.complain(f"On a full disk {program} says: {text.strip()[-500:]}")
    return bool(said)


def said_by_others(practice, heard):
    """What the office said if it did not get on, and OneClick, from its line `heard` on."""
    said = []
    office = practice.at_work
    if not office.is_alive and office.wait() > 0:
        said.append(("the office", office.output))
        practice.at_work = None
    refusals = [line for line in practice.server.lines[heard:] if " error=" in line]
    if refusals:
        said.append(("OneClick", refusals[-1].split(" error=")[-1].split(" hb.")[0]))
    return said


def words(run):
    """What a run says for a person; where it could not answer, all it printed."""
    answer = run.answer
    if answer and "errors" in answer:
        return " ".join(f"{error['message']} {error['hint']}" for error in answer["errors"])
    return "".join(line for line in run.lines if " debug " not in line)


# Connection


def connection(fault, path=""):
    def do(practice):
        chance = practice.chance
        first = 1 if path else chance.randint(1, REQUESTS)
        plan = Plan(fault, first, chance.choice((1, 1, 2, 4)), path)
        practice.proxy.arm(plan)
        run, _, _ = begin(practice)
        practice.finish(run)
        practice.proxy.disarm()
        return plan.hits > 0
    return do


# Restores


def restore_oneclick(practice):
    """Noticed, said, and filled from the change history by a run of changes alone."""
    practice.settle()
    copy = practice.copy(practice.oneclick)
    for _ in range(practice.chance.randint(2, 4)):
        run, _, _ = begin(practice, full=False)
        time.sleep(practice.chance.uniform(0, 0.5))
        practice.finish(run, may_fail=False)
    practice.close_office()
    if practice.chance.random() < 0.5:
        practice.server.kill()
    else:
        practice.server.end()
    practice.forgotten |= practice.committed()
    practice.put_back(copy, practice.oneclick)
    practice.forgotten -= practice.committed()
    practice.start_oneclick()
    run = practice.worker()
    answer = practice.finish(run, may_fail=False)
    notes = " ".join(answer["notes"])
    if "restored from a backup" not in notes:
        raise Failure(f"OneClick was restored, and no note says so: {notes}\n{run.tail}")
    if answer["kind"] != "change" or "compared in full" in notes:
        raise Failure(f"OneClick was restored, and changes did not fill the gap: {answer}")
    practice.prove_equal()
    return True


def restore_central(practice):
    """Held as a question, nothing applied; approved, a full makes both equal."""
    chance = practice.chance
    practice.settle()
    copy = practice.copy(practice.central)
    for _ in range(chance.randint(1, 3)):
        run, _, _ = begin(practice)
        practice.finish(run, may_fail=False)
    practice.close_office()
    practice.put_back(copy, practice.central)
    # The change numbers of before are given again, to other changes.
    office = practice.office(
        practice.number(), "--operations", chance.choice((1, 20, 300)), "--rate", 1000)
    if office.wait():
        raise Failure(f"The office cannot work in a restored Central:\n{office.tail}")
    before = practice.contents()
    for _ in range(chance.randint(1, 3)):
        run, _, _ = begin(practice)
        answer = practice.finish(run)
        codes = [error["code"] for error in (answer or {}).get("errors", [])]
        if run.wait() != 4 or "lineage" not in codes:
            raise Failure(f"Central was restored, and the run does not ask:\n{run.tail}")
    question = '"lineageQuestion"'
    if question not in practice.call("syncworker", "held", "--json", "--config", practice.config):
        raise Failure("Central was restored, and `syncworker held` has no question.")
    if practice.contents() != before:
        raise Failure("Central was restored, and something was applied before an answer.")
    practice.call("syncworker", "approve", "--lineage", "--config", practice.config)
    run, _, _ = begin(practice, full=True)
    practice.finish(run, may_fail=False)
    if question in practice.call("syncworker", "held", "--json", "--config", practice.config):
        raise Failure("The question of lineage was answered, and is still asked.")
    return True


VICTIMS = ("OneClick", "run", "service", "office", "all")
DISKS = (("OneClick", "oneclick"), ("Central", "central"), ("SyncWorker's journal", "premises"))
UNDER_COMMIT = ("commit", "begins")
KINDS = [
    *(Kind(f"kill: {victim} at random", kill(victim, False)) for victim in VICTIMS),
    *(Kind(f"kill: {victim} at a step", kill(victim, True)) for victim in VICTIMS),
    Kind("stop: OneClick at random", stop("OneClick", False)),
    Kind("stop: OneClick under a commit", stop("OneClick", UNDER_COMMIT)),
    Kind("stop: run", stop("run", True)),
    Kind("stop: service", stop("service", True)),
    Kind("stop: run while another commits", zombie),
    *(Kind(f"full disk: {name}", full_disk(disk), disk) for name, disk in DISKS),
    *(Kind(f"full disk: {name}, at a start", start_on_full_disk(disk), disk)
      for name, disk in DISKS),
    *(Kind(f"connection: {fault}", connection(fault)) for fault in FAULTS),
    Kind("connection: the answer to a commit is lost",
         connection("cut before the answer", "/commit")),
    Kind("restore: OneClick", restore_oneclick),
    Kind("restore: Central", restore_central),
]
