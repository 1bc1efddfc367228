"""What the kill programs' services wrote down: who was called, for which instance, with which key."""
import collections
import contextlib
import dataclasses
import json
import pathlib
import subprocess
import sys

from . import models

TASKS = ("First", "Second", "Third", "Last")
PROGRAM = pathlib.Path(__file__).resolve().parents[1] / "kill_services.py"
STOP_S = 10


def model(name):
    """first → fork (second ∥ third) → join → last: a fault can fall between any two of these."""
    process = models.Model(name).start().element("parallelGateway", "Fork").element("parallelGateway", "Join").end()
    for task in TASKS:
        process.task(task, task.lower(), preexisting=True)
    process.path("Start", "First", "Fork", "Second", "Join", "Last", "End").path("Fork", "Third", "Join")
    return process.xml()


@contextlib.contextmanager
def services(book, slowest_s, host="127.0.0.1"):
    """{service: address}; they run while the block does, in a process of their own."""
    process = subprocess.Popen(
        [sys.executable, PROGRAM, "--host", host, "--slowest", str(slowest_s), str(book)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(STOP_S)


@dataclasses.dataclass
class Book:
    """Attempts are calls; an effect is what calls with one idempotency key have together."""

    attempts: int
    # {instance: {task: set of idempotency keys}}
    keys: dict
    # {request: set of instances}
    instances: dict

    @property
    def effects(self):
        return sum(len(keys) for tasks in self.keys.values() for keys in tasks.values())


def read(path):
    keys = collections.defaultdict(lambda: collections.defaultdict(set))
    instances = collections.defaultdict(set)
    attempts = 0
    for line in path.read_text().splitlines():
        _, instance, task, key, request = line.split("\t")
        keys[instance][task].add(key)
        instances[request].add(instance)
        attempts += 1
    return Book(attempts, keys, instances)
