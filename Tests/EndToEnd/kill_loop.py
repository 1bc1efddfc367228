#!/usr/bin/env python3
"""kill -9 of flowd at random moments under load, on one data directory, and then the count of what is left.

    kill_loop.py [--kills 200] [--instances 200] [--seed 1] [--folder DIR]

Checked at the end, each a line of its own:
  lost      every instance whose start was acknowledged is shown, or its last task was called
  stuck     no instance at all is RUNNING
  failed    none ended but COMPLETED
  twice     a start that was repeated with its request id made one instance, by flowd's answers and by the services' count
  doubled   no task was activated twice: the services saw one idempotency key for each task of an instance
  skipped   each task of an instance was called
  surplus   there is no instance that nobody was told of
  unshown   flowd shows every instance that was acknowledged
  state     the state that flowd has in memory is the state that its files replay to
with STORE=etcd in place of that, when flowd has ended:
  doctor    `flowctl doctor` finds nothing
  replay    the whole journal alone gives the state that the store recovers to
  stale     who wrote the journal had claimed it, and nothing lies beside it
"""
import argparse
import pathlib
import random
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import books, stores  # noqa: E402
from harness.daemons import Flowd, flowctl  # noqa: E402
from harness.load import Load  # noqa: E402
from harness.waiting import until  # noqa: E402
from harness.verdicts import examined, show, verdicts  # noqa: E402
from harness.wire import Wire  # noqa: E402

GAP_S = (0.02, 0.6)
SLOWEST_S = 0.05


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


def unlike(said, computed):
    return [] if said and said == computed else [f"flowd had {said}, its files replay to {computed}"]


def session(options, folder, addresses, book):
    rng = random.Random(options.seed)
    flowd = Flowd(folder, resolve=addresses, arguments=["--keep-journal"]).start()
    try:
        with Wire(flowd) as wire:
            deployment = wire.applied(books.model("KillLoop"))
            wire.wait_state(deployment, "RUNNING", 30)
        load = Load([flowd], deployment, options.instances)
        load.start()
        until(lambda: len(load.open) > options.instances / 2, "the load builds up", 30)
        kill_and_restart(flowd, options.kills, rng)
        load.finish()
        everything = load.shown()
        # The hash is said with a backup, and computed from files: etcd has neither.
        running_hash = hash_while_running(flowd) if stores.KIND == stores.SQLITE else None
        stopped = flowd.stop()
    finally:
        if flowd.process.poll() is None:
            flowd.kill()
    if stopped != 0:
        raise AssertionError(f"flowd ended with {stopped} on SIGTERM:\n{flowd.log_tail()}")
    written = books.read(book)
    print(f"  {len(load.accepted)} accepted, {len(everything)} shown, {written.attempts} calls, {written.effects} effects")
    found = verdicts(load, everything, written)
    if stores.KIND == stores.ETCD:
        return [*found, *examined(flowd.place.flag(), flowd.place.environment())]
    return [*found, ("state", unlike(running_hash, hash_at_rest(flowd)))]


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

    with books.services(book, SLOWEST_S) as addresses:
        found = session(options, folder, addresses, book)
    return show(found)


if __name__ == "__main__":
    sys.exit(main())
