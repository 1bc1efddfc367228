#!/usr/bin/env python3
"""kill -9 of flowd at random moments under load, on one data directory, and then the count of what is left.

    kill_loop.py [--kills 200] [--instances 200] [--seed 1] [--folder DIR]

Checked at the end, each a line of its own:
  lost      every instance whose start was acknowledged is there, and COMPLETED
  stuck     no instance at all is RUNNING
  doubled   no task was activated twice: the services saw one idempotency key for each task of an instance
  skipped   each task of a COMPLETED instance was called
  state     the state that flowd has in memory is the state that its files replay to; not compared with STORE=etcd
"""
import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import models, stores  # noqa: E402
from harness.daemons import Flowd, flowctl  # noqa: E402
from harness.waiting import Timeout, until  # noqa: E402
from harness.wire import INSTANCE, Wire  # noqa: E402

TASKS = ("First", "Second", "Third", "Last")
GAP_S = (0.02, 0.6)
DRAIN_S = 120
PS_CHUNK = 100
STARTERS = 4


def model():
    """first → fork (second ∥ third) → join → last: a kill can fall between any two of these."""
    process = models.Model("KillLoop").start().element("parallelGateway", "Fork").element("parallelGateway", "Join").end()
    for task in TASKS:
        process.task(task, task.lower(), preexisting=True)
    process.path("Start", "First", "Fork", "Second", "Join", "Last", "End").path("Fork", "Third", "Join")
    return process.xml()


class Load:
    """Keeps so many instances on their way. Knows which starts were acknowledged, and how many may or may not have happened."""

    def __init__(self, flowd, deployment, wanted):
        self.flowd = flowd
        self.deployment = deployment
        self.wanted = wanted
        self.lock = threading.Lock()
        self.acknowledged = set()
        self.open = set()
        self.completed = set()
        self.failed = {}
        self.starting = 0
        self.uncertain = 0
        self.starts_allowed = True
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.starter, daemon=True) for _ in range(STARTERS)]
        self.threads.append(threading.Thread(target=self.poller, daemon=True))

    def start(self):
        for thread in self.threads:
            thread.start()

    def finish(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(30)

    def may_start(self):
        with self.lock:
            if not self.starts_allowed or len(self.open) + self.starting >= self.wanted:
                return False
            self.starting += 1
            return True

    def starter(self):
        with_connection(self.flowd, self.ended, self.start_some)

    def start_some(self, wire):
        while not self.ended.is_set():
            if not self.may_start():
                self.ended.wait(0.005)
                continue
            try:
                data = wire.run(self.deployment, "1").data
            except grpc.RpcError:
                with self.lock:
                    self.starting -= 1
                    self.uncertain += 1
                raise
            with self.lock:
                self.starting -= 1
                if data and data.get("status") == 0:
                    self.acknowledged.add(data["id"])
                    self.open.add(data["id"])

    def poller(self):
        with_connection(self.flowd, self.ended, self.poll)

    def poll(self, wire):
        while not self.ended.is_set():
            with self.lock:
                open_now = sorted(self.open)
            for index in range(0, len(open_now), PS_CHUNK):
                self.note(wire.ps(INSTANCE, open_now[index : index + PS_CHUNK]).ok())
            self.ended.wait(0.02)

    def note(self, records):
        with self.lock:
            for instance, record in records.items():
                state = record.get("state")
                if state == "COMPLETED":
                    self.completed.add(instance)
                    self.open.discard(instance)
                elif state in ("ERROR", "STOPPED"):
                    self.failed[instance] = record
                    self.open.discard(instance)

    def drained(self):
        with self.lock:
            return not self.open and not self.starting


def with_connection(flowd, ended, work):
    """Does `work(wire)` over again with a new connection whenever flowd went away under it."""
    while not ended.is_set():
        try:
            with Wire(flowd) as wire:
                work(wire)
        except (grpc.RpcError, AssertionError, ValueError):
            ended.wait(0.05)


def kill_and_restart(flowd, kills, rng):
    ready_ms = []
    for number in range(1, kills + 1):
        time.sleep(rng.uniform(*GAP_S))
        flowd.kill()
        began = time.monotonic()
        flowd.start()
        ready_ms.append((time.monotonic() - began) * 1000)
        if number % 20 == 0 or number == kills:
            print(f"  {number} kills, ready again after {max(ready_ms):.0f} ms at most", flush=True)


def read_book(path):
    """{instance: {element: set of idempotency keys}}, and the number of calls."""
    keys = collections.defaultdict(lambda: collections.defaultdict(set))
    calls = 0
    for line in path.read_text().splitlines():
        _, instance, element, key = line.split("\t")
        keys[instance][element].add(key)
        calls += 1
    return keys, calls


HASH = re.compile(r"state[ ._-]?hash\W+([0-9a-f]{16,64})", re.IGNORECASE)


def hash_while_running(flowd):
    """The hash of the state that flowd holds in memory: it stamps every backup with it."""
    done = flowctl("store", "backup", flowd.folder / "backup", flowd=flowd)
    found = HASH.search(done.stdout + done.stderr)
    if found is None:
        print(f"  flowctl store backup ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    return found.group(1) if found else None


def hash_at_rest(flowd):
    """The hash of the state that journal and records give when they are read again."""
    done = flowctl("store", "hash", "--data-dir", flowd.data)
    found = re.search(r"[0-9a-f]{16,64}", done.stdout) if done.returncode == 0 else None
    if found is None:
        print(f"  flowctl store hash ended with {done.returncode}: {done.stderr.strip()[-400:]}")
    return found.group() if found else None


def verdicts(load, everything, keys, hashes):
    """(name, list of what is wrong)"""
    missing = sorted(load.acknowledged - everything.keys())
    not_completed = sorted(i for i in load.acknowledged & everything.keys() if everything[i].get("state") != "COMPLETED")
    running = sorted(i for i, record in everything.items() if record.get("state") not in ("COMPLETED", "ERROR", "STOPPED"))
    doubled = sorted(f"{i} {task}: {len(found)} keys" for i, tasks in keys.items() for task, found in tasks.items() if len(found) > 1)
    completed = [i for i, record in everything.items() if record.get("state") == "COMPLETED"]
    skipped = sorted(f"{i} {task}" for i in completed for task in TASKS if task not in keys.get(i, {}))
    surplus = len(everything) - len(load.acknowledged) - load.uncertain
    return [
        ("lost", missing + not_completed),
        ("stuck", running),
        ("doubled", doubled + ([f"{surplus} instances that nobody started"] if surplus > 0 else [])),
        ("skipped", skipped),
        *([("state", unlike(*hashes))] if hashes else []),
    ]


def unlike(said, computed):
    return [] if said and said == computed else [f"flowd had {said}, its files replay to {computed}"]


def session(options, folder, addresses, book):
    rng = random.Random(options.seed)
    flowd = Flowd(folder, resolve=addresses, arguments=["--keep-journal"]).start()
    try:
        with Wire(flowd) as wire:
            deployment = wire.applied(model())
            wire.wait_state(deployment, "RUNNING", 30)
        load = Load(flowd, deployment, options.instances)
        load.start()
        until(lambda: len(load.open) > options.instances / 2, "the load builds up", 30)
        kill_and_restart(flowd, options.kills, rng)
        load.starts_allowed = False
        try:
            until(load.drained, "all acknowledged instances end", DRAIN_S)
        except Timeout as timeout:
            print(f"  {timeout}"[:400])
        load.finish()
        with Wire(flowd) as wire:
            everything = list_all(wire, flowd, load)
        # The hash is said with a backup, and computed from files: etcd has neither.
        running_hash = hash_while_running(flowd) if stores.KIND == stores.SQLITE else None
        stopped = flowd.stop()
    finally:
        if flowd.process.poll() is None:
            flowd.kill()
    if stopped != 0:
        raise AssertionError(f"flowd ended with {stopped} on SIGTERM:\n{flowd.log_tail()}")
    keys, calls = read_book(book)
    print(f"  {len(load.acknowledged)} acknowledged, {load.uncertain} uncertain, {len(everything)} found, {calls} calls")
    if stores.KIND != stores.SQLITE:
        print(f"  the state is not compared: there is no state hash on {stores.KIND} yet")
        return verdicts(load, everything, keys, None)
    return verdicts(load, everything, keys, (running_hash, hash_at_rest(flowd)))


def list_all(wire, flowd, load):
    """All instances there are: those that were acknowledged by name, and whatever else flowctl lists page by page."""
    found = {}
    acknowledged = sorted(load.acknowledged)
    for index in range(0, len(acknowledged), PS_CHUNK):
        found |= wire.ps(INSTANCE, acknowledged[index : index + PS_CHUNK]).ok()
    listed = flowctl("ps", "-o", flowd=flowd, timeout=120)
    if listed.returncode != 0:
        raise AssertionError(f"flowctl ps ended with {listed.returncode}: {listed.stderr}")
    return {instance: record for instance, record in (json.loads(listed.stdout) | found).items() if record}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--instances", type=int, default=200, help="on their way at once")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=pathlib.Path, help="kept; default: a temporary one, kept only after a failure")
    options = parser.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="flow-kill-"))
    folder.mkdir(parents=True, exist_ok=True)
    book = folder / "book.tsv"
    print(f"{options.kills} kills, {options.instances} instances at once, seed {options.seed}, {stores.KIND}, {folder}", flush=True)

    services = subprocess.Popen(
        [sys.executable, pathlib.Path(__file__).with_name("kill_services.py"), book], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        found = session(options, folder, json.loads(services.stdout.readline()), book)
    finally:
        services.stdin.close()
        services.wait(10)
    for name, wrong in found:
        print(f"  {name:<8} {'none' if not wrong else f'{len(wrong)}: ' + '; '.join(wrong[:5])}")
    failed = sum(1 for _, wrong in found if wrong)
    print(f"{len(found) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
