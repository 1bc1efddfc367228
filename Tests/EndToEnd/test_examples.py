"""Every example as its README says: applied from the repository's root, run, and the result compared."""
import json
import os
import subprocess

import pytest

from harness.daemons import Flowd, flowctl, running
from harness.paths import BIN, EXAMPLES, ROOT
from harness.waiting import until
from harness.wire import Wire

# (file, [(arguments, end event, result or None when the model does not define it)])
EXPECTED = {
    "calc/calcprocess.bpmn": [(["42"], "finish", [3528.0]), (["1", "2", "3"], "finish", [2.0, 8.0, 18.0]), ([], "finish", [])],
    "underpants/underpants.bpmn": [([], "finish", {"underpants": "Collected.", "sauce": "Applied.", "cashflow": "Positive!"})],
    "exclusive-gateway-feel/orderapproval.bpmn": [
        (["3", "20"], "accepted", {"quantity": 3, "each": 20, "total": 60}),
        (["3", "50"], "reviewed", {"quantity": 3, "each": 50, "total": 150, "reviewed_by": "the manager"}),
    ],
    "exclusive-gateway-python/parcelrouting.bpmn": [
        (["25"], "by-lorry", {"kilograms": 25, "fragile": False, "lorry": "tomorrow, 8 o'clock"}),
        (["25", "True"], "by-bicycle", {"kilograms": 25, "fragile": True}),
        (["3"], "by-bicycle", {"kilograms": 3, "fragile": False}),
    ],
    "parallel-gateway/tripbooking.bpmn": [(["'Lisbon'"], "booked", {"trip": "Lisbon", "confirmed": True})],
    "error-gateway/cardpayment.bpmn": [
        (["20"], "paid", {"amount": 20, "charged": True, "shipped": True}),
        (["900"], "declined", None),
    ],
    "subprocess/fulfilment.bpmn": [(["1", "2"], "sent", {"goods": [1, 2], "packed": True, "sent": True})],
}


@pytest.fixture(scope="module")
def flowd_of_examples(tmp_path_factory):
    """A flowd that maps no host: it starts the services by the commands in the models."""
    with running(Flowd(tmp_path_factory.mktemp("examples"))) as flowd:
        yield flowd


def test_every_example_is_listed_here():
    files = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.glob("*/*.bpmn")}
    assert files == EXPECTED.keys()
    for file in files:
        assert (EXAMPLES / file).with_name("README.md").exists()


@pytest.mark.parametrize("file", EXPECTED)
def test_example(flowd_of_examples, file):
    applied = flowctl("apply", "--wait", "-o", "json", f"examples/{file}", flowd=flowd_of_examples)
    assert applied.returncode == 0, applied.stderr
    deployment = json.loads(applied.stdout)["wf_id"]

    with Wire(flowd_of_examples) as wire:
        # The original's command line rewrites the XML before it sends it; the id has to be the one that validate gives.
        assert wire.validate((EXAMPLES / file).read_text()).ok()["wf_id"] == deployment
        for arguments, end_event, result in EXPECTED[file]:
            record = wire.completed(wire.started(deployment, *arguments))
            assert record["end_event"] == end_event
            if result is not None:
                assert json.loads(record["result"]) == result


def test_services_stop_with_flowd(tmp_path):
    with running(Flowd(tmp_path)) as flowd:
        assert flowctl("apply", "--wait", "examples/calc/calcprocess.bpmn", flowd=flowd).returncode == 0
        children = service_pids("examples/calc/calc.py", flowd)
        assert children
    until(lambda: not any(alive(pid) for pid in children), "the services are gone", 10)


def test_services_are_adopted_after_kill_9(tmp_path):
    flowd = Flowd(tmp_path).start()
    applied = flowctl("apply", "--wait", "-o", "json", "examples/calc/calcprocess.bpmn", flowd=flowd)
    deployment = json.loads(applied.stdout)["wf_id"]
    before = service_pids("examples/calc/calc.py", flowd)
    flowd.kill()

    with running(flowd), Wire(flowd) as wire:
        wire.wait_state(deployment, "RUNNING")
        assert wire.result(wire.started(deployment, "42")) == [3528.0]
        assert [pid for pid in before if alive(pid)] == before
        logs = flowctl("logs", deployment, flowd=flowd)
        assert logs.returncode == 0, logs.stderr
        assert "POST" in logs.stdout


def service_pids(script, flowd):
    """Processes that run this script and were started by this flowd (they know its pid as their parent)."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split(None, 2) for line in listed[1:]]
    return [int(pid) for pid, parent, command in rows if script in command and int(parent) == flowd.process.pid]


def alive(pid):
    try:
        state = open(f"/proc/{pid}/stat", encoding="ascii", errors="replace").read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_make_demo():
    """The script behind `make demo`, on the binaries under test."""
    done = subprocess.run(
        [ROOT / "scripts/demo"], env={**os.environ, "FLOW_BIN": str(BIN)}, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "[3528.0]" in done.stdout
    assert "dashboard: http://127.0.0.1:" in done.stdout
