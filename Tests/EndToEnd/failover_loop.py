#!/usr/bin/env python3
"""Two flowd over three members of etcd, under load, while all of them are harmed in random order; and then the count of what is left.

    failover_loop.py [--kills 50] [--stops 20] [--etcd-kills 20] [--partitions 10] [--instances 200] [--lease 6] [--seed 1] [--folder DIR]

  kill        kill -9 of a flowd, mostly the one that leads; started again at once or after the other took over
  stop        SIGSTOP of the leader for longer than its lease
  etcd_kill   kill -9 of the member of etcd that leads the others
  deaf        a partition: nothing goes from etcd to the leader any more; the other direction, clients and services stay
  mute        a partition: nothing goes from the leader to etcd any more

Checked at the end, each a line of its own; the first eight as kill_loop.py does:
  died        no flowd ended by itself, and both end well on SIGTERM
  settled     after each fault one leads, the other knows it, and starts are accepted
  gap         no longer than the lease and 2 s between two accepted starts, whatever happened
  doctor      `flowctl doctor` finds nothing
  replay      the whole journal alone gives the state that the store recovers to
  stale       who wrote the journal had claimed it, and nothing lies beside it

Everything runs in network namespaces of this program's own: no port of the machine is used, and all of it goes with the program.
"""
import argparse
import pathlib
import random
import signal
import sys
import tempfile
import time

import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import books, network  # noqa: E402
from harness.daemons import Candidate  # noqa: E402
from harness.members import EtcdMembers  # noqa: E402
from harness.load import Load  # noqa: E402
from harness.verdicts import examined, show, verdicts  # noqa: E402
from harness.waiting import Timeout, until  # noqa: E402
from harness.wire import Wire  # noqa: E402

ROOT_PREFIX = {"REXFLOW_ROOT_PREFIX": "/failover"}
BEYOND_LEASE_S = 2.0
BETWEEN_S = (0.2, 1.0)
SETTLE_S = 60
LEADER_SHARE = 0.8
# The exit code when this machine gives no network namespaces, so that nothing was tried.
NOT_ALLOWED = 77


class Cluster:
    """One namespace for each flowd, one for etcd; clients and services are in the hub."""

    def __init__(self, folder, addresses, lease_s):
        self.etcd_host = network.Host(1)
        self.etcd = EtcdMembers(3, self.etcd_host.address, self.etcd_host.inside)
        self.hosts = {name: network.Host(number) for number, name in enumerate(("one", "two"), 2)}
        arguments = ["--keep-journal", "--insecure", "--orchestrators", "none", "--lease-ttl", f"{lease_s}s", "--node-id"]
        self.flowds = {
            name: Candidate(folder / name, addresses, [*arguments, name], ROOT_PREFIX, self.etcd.store) for name in self.hosts
        }
        for name, flowd in self.flowds.items():
            flowd.inside = self.hosts[name].inside
            flowd.grpc_address, flowd.http_address = (f"{self.hosts[name].address}:{port}" for port in (9001, 9002))

    def start(self):
        for flowd in self.flowds.values():
            flowd.start()
        until(self.is_whole, "one flowd leads, and the other knows it", SETTLE_S)

    def leaders(self):
        return [name for name, flowd in self.flowds.items() if flowd.leads()]

    def leader(self):
        return until(self.leaders, "a flowd leads", SETTLE_S)[0]

    def other(self, name):
        return next(each for each in self.flowds if each != name)

    def is_whole(self):
        leaders = self.leaders()
        if len(leaders) != 1:
            return False
        try:
            return self.flowds[leaders[0]].grpc in self.flowds[self.other(leaders[0])].get("/readyz").text
        except requests.RequestException:
            return False

    def dead(self):
        """Flowds that are not running, though nobody has killed them."""
        return [f"{name} ended with {flowd.process.returncode}" for name, flowd in self.flowds.items() if flowd.process.poll() is not None]

    def stop(self):
        """What was wrong when they were told to end."""
        wrong = []
        for name, flowd in self.flowds.items():
            try:
                status = flowd.stop()
                wrong += [] if status == 0 else [f"{name} ended with {status} on SIGTERM"]
            except AssertionError as error:
                wrong.append(f"{name}: {error}")
        return wrong

    def close(self):
        for flowd in self.flowds.values():
            if flowd.process is not None and flowd.process.poll() is None:
                flowd.kill()
        self.etcd.stop()
        for host in (*self.hosts.values(), self.etcd_host):
            host.close()


class Faults:
    """Each does its harm, undoes it, and returns what it did in words."""

    def __init__(self, cluster, lease_s, rng):
        self.cluster = cluster
        self.lease_s = lease_s
        self.rng = rng

    def kill(self):
        leader = self.cluster.leader()
        leads = self.rng.random() < LEADER_SHARE
        name = leader if leads else self.cluster.other(leader)
        away_s = self.rng.choice((0, self.rng.uniform(0, self.lease_s + 1)))
        self.cluster.flowds[name].kill()
        time.sleep(away_s)
        self.cluster.flowds[name].start()
        return f"{name}, {'the leader' if leads else 'the standby'}, for {away_s:.1f} s"

    def stop(self):
        name = self.cluster.leader()
        asleep_s = self.lease_s + self.rng.uniform(0.5, 2)
        self.cluster.flowds[name].signal(signal.SIGSTOP)
        time.sleep(asleep_s)
        self.cluster.flowds[name].signal(signal.SIGCONT)
        return f"{name} for {asleep_s:.1f} s"

    def etcd_kill(self):
        name = self.cluster.etcd.leader()
        away_s = self.rng.choice((0, self.rng.uniform(0, 3)))
        self.cluster.etcd.kill(name)
        time.sleep(away_s)
        self.cluster.etcd.start(name)
        return f"{name} for {away_s:.1f} s"

    def deaf(self):
        name = self.cluster.leader()
        return f"etcd to {name} {self.cut(self.cluster.etcd_host, self.cluster.hosts[name])}"

    def mute(self):
        name = self.cluster.leader()
        return f"{name} to etcd {self.cut(self.cluster.hosts[name], self.cluster.etcd_host)}"

    def cut(self, source, target):
        cut_s = self.rng.choice((self.rng.uniform(0.2, 1) * self.lease_s, self.lease_s + self.rng.uniform(2, 5)))
        with network.cut(source, target):
            time.sleep(cut_s)
        return f"for {cut_s:.1f} s"


def harm(options, cluster, load, rng):
    """[(kind, when)] of all faults, and what did not come back."""
    faults = Faults(cluster, options.lease, rng)
    counts = {"kill": options.kills, "stop": options.stops, "etcd_kill": options.etcd_kills}
    counts |= {"deaf": (options.partitions + 1) // 2, "mute": options.partitions // 2}
    plan = [kind for kind, count in counts.items() for _ in range(count)]
    rng.shuffle(plan)
    done = []
    for number, kind in enumerate(plan, 1):
        time.sleep(rng.uniform(*BETWEEN_S))
        if cluster.dead():
            return done, []
        began = time.monotonic()
        done.append((kind, began))
        words = getattr(faults, kind)()
        undone = time.monotonic()
        try:
            until(lambda: cluster.is_whole() and load.times[-1] > undone, f"after {kind} of {words}", SETTLE_S)
        except Timeout as timeout:
            return done, [str(timeout)]
        gap = longest_gap(load.times, began, time.monotonic())
        settled = time.monotonic() - undone
        print(f"  {number:3}/{len(plan)} {kind:<9} {words:<38} gap {gap:5.2f} s, whole after {settled:5.2f} s, {len(load.accepted)} accepted", flush=True)
    return done, []


def longest_gap(times, began, ended):
    """The longest time without an accepted start that ended between `began` and `ended`; one that goes on is the next fault's."""
    inside = sorted(time for time in times if began <= time <= ended)
    before = max((time for time in times if time < began), default=began)
    points = [before, *inside]
    return max((later - earlier for earlier, later in zip(points, points[1:])), default=ended - began)


def judge_gaps(times, faults, lease_s):
    """Prints each kind's figures; what took too long."""
    wrong = []
    times = sorted(times)
    ends = [when for _, when in faults[1:]] + [times[-1]]
    gaps = {}
    for (kind, began), ended in zip(faults, ends):
        gaps.setdefault(kind, []).append(longest_gap(times, began, ended))
    for kind, found in sorted(gaps.items()):
        found.sort()
        p99 = found[min(len(found) - 1, int(0.99 * len(found)))]
        print(f"  gap of {kind:<10} {len(found):3} times  median {found[len(found) // 2]:.2f} s  p99 {p99:.2f} s  max {found[-1]:.2f} s")
        wrong += [f"{kind} {gap:.2f} s" for gap in found if gap > lease_s + BEYOND_LEASE_S]
    return wrong


def session(options, cluster, book):
    cluster.start()
    flowds = list(cluster.flowds.values())
    with Wire(cluster.flowds[cluster.leader()]) as wire:
        deployment = wire.applied(books.model("Failover"))
        wire.wait_state(deployment, "RUNNING", 30)
    load = Load(flowds, deployment, options.instances, pulses=True)
    load.start()
    until(lambda: len(load.open) > options.instances / 2, "the load builds up", 60)
    faults, unsettled = harm(options, cluster, load, random.Random(options.seed))
    load.finish()
    everything = load.shown()
    died = cluster.dead()
    died += cluster.stop()
    written = books.read(book)
    print(f"  {len(load.accepted)} accepted, {len(everything)} shown, {written.attempts} calls, {written.effects} effects")
    print(f"  refused or unanswered: {dict(load.refusals)}")
    found = [*verdicts(load, everything, written), ("died", died), ("settled", unsettled)]
    return [*found, ("gap", judge_gaps(load.times, faults, options.lease)), *examined(cluster.etcd.store, ROOT_PREFIX)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag, default in (("kills", 50), ("stops", 20), ("etcd-kills", 20), ("partitions", 10), ("seed", 1), ("lease", 6)):
        parser.add_argument(f"--{flag}", type=int, default=default)
    parser.add_argument("--instances", type=int, default=200, help="on their way at once")
    parser.add_argument("--slowest", type=float, default=1, help="seconds that a service's answer takes at most")
    parser.add_argument("--folder", type=pathlib.Path, help="default: a temporary one; both are kept")
    options = parser.parse_args()
    folder = (options.folder or pathlib.Path(tempfile.mkdtemp(prefix="flow-failover-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # What this program started ends with it, however it is told to.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        network.alone()
    except network.NotAllowed as refusal:
        print(refusal, file=sys.stderr)
        return NOT_ALLOWED
    planned = f"{options.kills} kills, {options.stops} stops, {options.etcd_kills} kills of etcd, {options.partitions} partitions"
    print(f"{planned}; {options.instances} instances at once, a lease of {options.lease} s, seed {options.seed}, {folder}", flush=True)
    with books.services(folder / "book.tsv", options.slowest, network.HUB) as addresses:
        cluster = Cluster(folder, addresses, options.lease)
        try:
            found = session(options, cluster, folder / "book.tsv")
        finally:
            cluster.close()
    return show(found)


if __name__ == "__main__":
    sys.exit(main())
