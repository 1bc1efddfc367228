"""The failover campaign in its short form, and that its verdicts can say no."""
import subprocess
import sys
import types

import pytest

import failover_loop
from harness.books import TASKS, Book
from harness.verdicts import COMPLETED, RUNNING, verdicts

# With this seed the leader hears nothing from etcd for longer than its lease.
SHORT = ["--kills", "3", "--stops", "1", "--etcd-kills", "1", "--partitions", "1", "--lease", "2", "--instances", "50", "--slowest", "0.3", "--seed", "2"]
SHORT_S = 150


@pytest.mark.sqlite_only("it starts an etcd of its own, whatever the run's store")
def test_a_short_campaign_ends_well(tmp_path):
    command = [sys.executable, failover_loop.__file__, *SHORT, "--folder", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SHORT_S, check=False)
    if done.returncode == failover_loop.NOT_ALLOWED:
        pytest.skip(done.stderr.strip())

    assert done.returncode == 0, done.stdout + done.stderr
    assert "14 passed, 0 failed" in done.stdout


def judged(load=None, everything=None, keys=None, instances=None):
    """Names of the verdicts that are against it, of one instance where all is well but what is told."""
    good = {"accepted": {"r1": "flow-1"}, "open": {}, "contradicted": []}
    load = types.SimpleNamespace(**{**good, **(load or {})})
    book = Book(4, keys if keys is not None else {"flow-1": {task: {task} for task in TASKS}}, instances or {"r1": {"flow-1"}})
    return [name for name, wrong in verdicts(load, {"flow-1": COMPLETED} if everything is None else everything, book) if wrong]


@pytest.mark.parametrize(
    "harmed, against",
    [
        ({}, []),
        ({"everything": {}, "keys": {}}, ["lost", "unshown"]),
        ({"everything": {}}, ["unshown"]),
        ({"everything": {"flow-1": RUNNING}}, ["stuck"]),
        ({"everything": {"flow-1": "INSTANCE_ERROR"}}, ["failed"]),
        ({"load": {"open": {"flow-1": 1}}}, ["stuck"]),
        ({"load": {"contradicted": ["r1: flow-1 and then flow-2"]}}, ["twice"]),
        ({"instances": {"r1": {"flow-1", "flow-2"}}}, ["twice"]),
        ({"keys": {"flow-1": {**{task: {task} for task in TASKS}, "Second": {"a", "b"}}}}, ["doubled"]),
        ({"keys": {"flow-1": {task: {task} for task in TASKS[:1]}}}, ["skipped"]),
        ({"everything": {"flow-1": COMPLETED, "flow-2": COMPLETED}}, ["surplus"]),
    ],
)
def test_each_verdict_says_no_to_what_it_is_about(harmed, against):
    assert judged(**harmed) == against


def test_a_gap_is_measured_across_the_fault_and_judged_by_the_lease():
    times = [10.0, 10.1, 13.0, 13.1, 20.2, 20.3]
    faults = [("kill", 10.05), ("stop", 13.05)]

    assert failover_loop.longest_gap(times, 10.05, 13.05) == pytest.approx(2.9)
    assert failover_loop.judge_gaps(times, faults, 3) == ["stop 7.10 s"]
    assert failover_loop.judge_gaps(times, faults, 6) == []
