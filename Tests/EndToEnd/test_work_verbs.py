"""flowctl for who looks after instances: jobs, tasks, incidents, messages, and the inside of one that is stuck."""
import json

import pytest

from harness import zeebe
from harness.daemons import flowctl
from harness.waiting import until

pytestmark = pytest.mark.each_store


@pytest.fixture(scope="module")
def ctl(flowd):
    def run(*words, code=0, **options):
        done = flowctl(*words, flowd=flowd, **options)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done

    return run


@pytest.fixture
def data(ctl):
    """What a verb prints with -o."""
    return lambda *words: json.loads(ctl(*words, "-o", "json").stdout)


@pytest.fixture
def names(ctl):
    return lambda *words: ctl(*words, "-o", "name").stdout.split()


class Order:
    """A model with everything that can be open, and one instance of it."""

    def __init__(self, ctl, names, tmp_path):
        self.kind, self.message, self.signal = (zeebe.fresh(stem) for stem in ("pay", "paid", "alarm"))
        self.process = zeebe.fresh("Verbs")
        (message, on_message), (signal, on_signal) = zeebe.message(self.message, "=order"), zeebe.signal(self.signal)
        inside = ("Pay", "Approve", "Paid", "Alarm")
        self.xml = zeebe.file(
            message, signal,
            zeebe.process(
                self.process, zeebe.start(), '<bpmn:parallelGateway id="All" />', zeebe.job("Pay", self.kind),
                zeebe.user_task("Approve", "ann"), zeebe.catch("Paid", on_message), zeebe.catch("Alarm", on_signal),
                '<bpmn:parallelGateway id="Join" />', zeebe.end(), zeebe.path("Start", "All"), zeebe.path("Join", "End"),
                *(zeebe.path("All", inner, "Join") for inner in inside),
            ),
        )  # fmt: skip
        self.file = tmp_path / "order.bpmn"
        self.file.write_text(self.xml)
        ctl("apply", "--wait", self.file)
        self.instance, = names("run", self.process)


@pytest.fixture
def order(ctl, names, tmp_path):
    return Order(ctl, names, tmp_path)


def state(data, instance):
    return data("ps", instance)[instance]["state"]


def test_an_instance_is_brought_to_its_end_by_hand(ctl, data, names, order):
    incident, = data("incidents", "-i", order.instance)
    assert (incident["type"], incident["element_id"], incident["instance_id"]) == ("EXTRACT_VALUE_ERROR", "Paid", order.instance)
    ctl("set", order.instance, "order=17", "by=ann")
    ctl("incidents", "resolve", incident["key"])
    assert data("incidents", "-i", order.instance) == []

    job, = data("jobs", "activate", order.kind, "--wait", "5s")
    assert (job["variables"], job["retries"], job["worker"]) == ({"by": "ann", "order": 17}, 3, "flowctl")
    ctl("jobs", "fail", job["key"], "-m", "the bank is closed")
    again, = data("jobs", "activate", order.kind, "--wait", "5s")
    assert (again["key"], again["retries"], again["error_message"]) == (job["key"], 2, "the bank is closed")
    ctl("jobs", "complete", job["key"], "-", input='{"done": true}')

    task, = data("tasks", "--assignee", "ann", "-i", order.instance)
    ctl("tasks", "assign", task["key"], "bob")
    assert names("tasks", "--assignee", "bob", "-i", order.instance) == [task["key"]]
    ctl("tasks", "complete", task["key"], '{"approved": true}')
    ctl("publish", order.message, '{"amount": 3}', "-k", "17")
    assert data("signal", order.signal)["key"].isdigit()

    until(lambda: state(data, order.instance) == "COMPLETED", "it ends")
    result = json.loads(data("ps", order.instance)[order.instance]["result"])
    assert result == {"order": 17, "by": "ann", "done": True, "approved": True, "amount": 3}


def test_ps_of_one_instance_says_why_it_is_stuck(ctl, data, order):
    job, = data("jobs", "-i", order.instance)
    ctl("set", order.instance, "amount=3")

    done = ctl("ps", order.instance, "-o", "table")

    for text in (
        "RUNNING", f"job of type '{order.kind}'", "user task of ann", "incident EXTRACT_VALUE_ERROR", f"signal '{order.signal}'",
        job["key"], "correlation key '=order' is null", "amount",
    ):  # fmt: skip
        assert text in done.stdout, text
    assert f"flowctl incidents resolve {data('incidents', '-i', order.instance)[0]['key']}" in done.stderr


def test_a_thrown_error_and_a_job_without_retries(ctl, data, order):
    job, = data("jobs", "activate", order.kind, "--wait", "5s")

    ctl("jobs", "fail", job["key"], "--retries", "0")
    stuck = [incident for incident in data("incidents", "-i", order.instance) if incident["element_id"] == "Pay"]
    ctl("incidents", "resolve", "--retries", "5", stuck[0]["key"])
    again, = data("jobs", "activate", order.kind, "--wait", "5s")
    assert again["retries"] == 5

    ctl("jobs", "throw", job["key"], "NO_MONEY", "-m", "broke")
    thrown = [incident for incident in data("incidents", "-i", order.instance) if incident["element_id"] == "Pay"]
    assert thrown[0]["type"] == "UNHANDLED_ERROR_EVENT"


def test_tokens_are_moved_by_hand(ctl, data, order):
    ctl("modify", order.instance, "--terminate", "Paid", "--terminate", "Alarm", "--terminate", "Approve")
    job, = data("jobs", "-i", order.instance)

    refused = ctl("modify", order.instance, "--activate", "Nowhere", code=1)
    assert "Nowhere" in refused.stderr
    ctl("modify", order.instance, "-t", "Pay", "-a", "End", "--variables", '{"by": "hand"}')

    until(lambda: state(data, order.instance) == "COMPLETED", "it ends")
    assert ctl("jobs", "complete", job["key"], code=3).stderr.startswith(f"error: complete {job['key']} failed")


def test_what_is_mistyped_is_said(ctl, order):
    assert "not a JSON object" in ctl("jobs", "complete", "1", "[1]", code=2).stderr
    assert "NAME=VALUE" in ctl("set", order.instance, "amount", code=2).stderr
    assert "--activate" in ctl("modify", order.instance, code=2).stderr
    assert "is not a key" in ctl("incidents", "resolve", "x", code=1).stderr
    assert "no job of type" in ctl("jobs", "activate", zeebe.fresh("never"), code=6).stderr
    assert "unknown verb 'complet'" in ctl("jobs", "complet", code=2).stderr
    ctl("tasks", "complete", "1", code=3)
    ctl("set", f"flow-{'0' * 32}", "a=1", code=3)


def test_a_file_with_several_processes_is_applied_whole(ctl, data, names, tmp_path):
    ids = [zeebe.fresh("Several"), zeebe.fresh("Several")]
    parts = [
        zeebe.process(name, zeebe.start(f"S{name}"), zeebe.job(f"J{name}", "any"), zeebe.end(f"E{name}"), zeebe.path(f"S{name}", f"J{name}", f"E{name}"))
        for name in ids
    ]  # fmt: skip
    file = tmp_path / "several.bpmn"
    file.write_text(zeebe.file(*parts))

    applied = names("apply", "--wait", file)

    assert [deployment.rsplit("-", 1)[0] for deployment in applied] == [name.lower() for name in ids]
    assert data("apply", file) == {"status": 0, "message": "unchanged", "wf_id": applied[0], "wf_ids": applied}


def test_a_file_in_process_says_what_nobody_can_give_it(tmp_path):
    kind = zeebe.fresh("pay")
    file = tmp_path / "job.bpmn"
    file.write_text(zeebe.one_job(kind))

    done = flowctl("run", file, timeout=20)

    assert done.returncode == 1
    assert f"Work waits for job of type '{kind}'" in done.stderr and "flowctl jobs" in done.stderr
    assert done.stdout == ""


def test_a_file_in_process_runs_what_needs_nobody(tmp_path):
    script = '<bpmn:scriptTask id="Sum"><bpmn:extensionElements><zeebe:script expression="=a + 1" resultVariable="b" /></bpmn:extensionElements></bpmn:scriptTask>'
    file = tmp_path / "script.bpmn"
    file.write_text(zeebe.file(zeebe.process(zeebe.fresh("Sum"), zeebe.start(), script, zeebe.end(), zeebe.path("Start", "Sum", "End"))))

    done = flowctl("run", file, '{"a": 41}', timeout=20)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"a": 41, "b": 42}
