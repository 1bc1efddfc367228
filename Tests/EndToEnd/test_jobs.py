"""Jobs of workers, user tasks, messages, signals, incidents, variables and modification: the doors of flow.v1, by stock stubs."""
import json
import threading
import time

import grpc
import pytest

from harness import zeebe
from harness.daemons import running
from harness.v1 import V1, code
from harness.waiting import until

pytestmark = pytest.mark.each_store

FAR_MS = 60_000


@pytest.fixture(scope="module")
def v1(flowd):
    with V1(flowd) as v1:
        yield v1


def applied(v1, xml):
    """The deployments of a file, all RUNNING."""
    return [process.deployment_id for process in v1.Apply(bpmn_xml=xml.encode(), resource_name="test.bpmn").processes]


def created(v1, deployment, **variables):
    return v1.CreateInstance(deployment=deployment, payload=json.dumps(variables).encode()).instance_id


def activated(v1, kind, count=1, wait_ms=5_000, **fields):
    """Jobs of a type, each a moment after it was made."""
    return v1.ActivateJobs(type=kind, worker="test", max_jobs=count, timeout_ms=FAR_MS, request_timeout_ms=wait_ms, **fields).jobs


def variables(v1, instance, **fields):
    return {found.name: json.loads(found.value) for found in v1.GetVariables(instance_id=instance, **fields).variables}


def state(v1, instance):
    return v1.state_name(v1.GetInstance(id=instance).instance)


def active(v1, instance):
    return {element.element_id: element for element in v1.ListElements(instance_id=instance).elements}


def test_a_worker_completes_the_jobs_of_many_instances(v1):
    kind = zeebe.fresh("pay")
    deployment, = applied(v1, zeebe.one_job(kind, more='<zeebe:taskHeaders><zeebe:header key="tax" value="7" /></zeebe:taskHeaders>'))
    instances = [created(v1, deployment, number=number) for number in range(30)]

    seen = {}
    while len(seen) < len(instances):
        for job in activated(v1, kind, count=7):
            assert (job.type, job.element_id, job.retries, job.worker, dict(job.headers)) == (kind, "Work", 3, "test", {"tax": "7"})
            assert job.deployment_id == deployment
            number = json.loads(job.variables)["number"]
            assert job.instance_id not in seen
            seen[job.instance_id] = number
            v1.CompleteJob(key=job.key, variables=json.dumps({"doubled": 2 * number}).encode())

    assert seen == {instance: number for number, instance in enumerate(instances)}
    for number, instance in enumerate(instances):
        done = v1.ended(instance)
        assert v1.state_name(done) == "INSTANCE_COMPLETED"
        assert json.loads(done.result) == {"number": number, "doubled": 2 * number}


def test_only_variables_that_are_wanted_are_fetched(v1):
    kind = zeebe.fresh("few")
    deployment, = applied(v1, zeebe.one_job(kind))
    created(v1, deployment, wanted=1, other=2)

    job, = activated(v1, kind, fetch_variables=["wanted", "missing"])

    assert json.loads(job.variables) == {"wanted": 1}


def test_a_long_poll_is_answered_when_a_job_comes(v1):
    kind = zeebe.fresh("late")
    deployment, = applied(v1, zeebe.one_job(kind))
    got = []
    waiting = threading.Thread(target=lambda: got.extend(activated(v1, kind, wait_ms=15_000)))
    waiting.start()
    time.sleep(0.3)
    began = time.monotonic()

    instance = created(v1, deployment)
    waiting.join(10)

    assert [job.instance_id for job in got] == [instance]
    assert time.monotonic() - began < 5


def test_a_long_poll_without_a_job_ends_in_time(v1):
    began = time.monotonic()

    assert not activated(v1, zeebe.fresh("never"), wait_ms=400)

    assert 0.3 < time.monotonic() - began < 5
    assert not activated(v1, zeebe.fresh("never"), wait_ms=0)


def test_many_waiting_workers_get_one_job_each(v1):
    kind = zeebe.fresh("crowd")
    deployment, = applied(v1, zeebe.one_job(kind))
    calls = [
        v1.stub.ActivateJobs.future(
            v1.messages.ActivateJobsRequest(type=kind, worker=f"w{number}", max_jobs=1, timeout_ms=FAR_MS, request_timeout_ms=20_000),
            timeout=30,
        )
        for number in range(20)
    ]

    instances = [created(v1, deployment) for _ in calls]

    got = [job.instance_id for call in calls for job in call.result(25).jobs]
    assert sorted(got) == sorted(instances)


def test_a_job_goes_to_nobody_who_has_gone_away(v1):
    kind = zeebe.fresh("gone")
    deployment, = applied(v1, zeebe.one_job(kind))
    call = v1.stub.ActivateJobs.future(
        v1.messages.ActivateJobsRequest(type=kind, worker="gone", max_jobs=1, timeout_ms=FAR_MS, request_timeout_ms=20_000), timeout=30
    )
    time.sleep(0.2)
    call.cancel()
    time.sleep(0.2)

    instance = created(v1, deployment)

    assert [job.instance_id for job in activated(v1, kind)] == [instance]


def test_a_job_whose_time_is_over_goes_to_another_worker(v1):
    kind = zeebe.fresh("slow")
    deployment, = applied(v1, zeebe.one_job(kind))
    created(v1, deployment)
    first, = v1.ActivateJobs(type=kind, worker="slow", max_jobs=1, timeout_ms=300, request_timeout_ms=5_000).jobs

    second, = activated(v1, kind, wait_ms=10_000)
    assert second.key == first.key

    v1.UpdateJobTimeout(key=second.key, timeout_ms=200)
    third, = activated(v1, kind, wait_ms=10_000)
    assert third.key == first.key


def test_a_job_is_completed_once(v1):
    kind = zeebe.fresh("once")
    deployment, = applied(v1, zeebe.one_job(kind))
    created(v1, deployment)
    job, = activated(v1, kind)

    v1.CompleteJob(key=job.key)

    name, text = code(v1.CompleteJob, key=job.key)
    assert name == "NOT_FOUND" and job.key in text


@pytest.mark.parametrize(
    "fields, name",
    [
        ({"key": "x"}, "INVALID_ARGUMENT"),
        ({"key": ""}, "INVALID_ARGUMENT"),
        ({"key": "1", "variables": b"[1]"}, "INVALID_ARGUMENT"),
        ({"key": "1", "variables": b"{"}, "INVALID_ARGUMENT"),
        ({"key": "1"}, "NOT_FOUND"),
        ({"key": "1", "variables": b'{"a":"' + b"x" * (64 << 10) + b'"}'}, "NOT_FOUND"),
    ],
)
def test_what_is_no_completion_is_refused(v1, fields, name):
    assert code(v1.CompleteJob, **fields)[0] == name


@pytest.mark.parametrize(
    "fields", [{"type": ""}, {"max_jobs": 0}, {"max_jobs": 1001}, {"timeout_ms": -1}, {"request_timeout_ms": -1}]
)
def test_what_asks_for_no_jobs_is_refused(v1, fields):
    asked = {"type": "any", "max_jobs": 1, **fields}

    assert code(v1.ActivateJobs, **asked)[0] == "INVALID_ARGUMENT"


def test_a_failed_job_waits_its_back_off_then_becomes_an_incident_that_is_resolved(v1):
    kind = zeebe.fresh("fails")
    deployment, = applied(v1, zeebe.one_job(kind))
    instance = created(v1, deployment)
    job, = activated(v1, kind)

    v1.FailJob(key=job.key, retries=1, backoff_ms=300, message="the bank is closed")
    listed, = v1.ListJobs(instance_id=instance).jobs
    assert (v1.messages.JobState.Name(listed.state), listed.retries, listed.error_message) == ("JOB_BACKING_OFF", 1, "the bank is closed")
    again, = activated(v1, kind)
    assert again.key == job.key
    v1.FailJob(key=job.key, retries=0, message="no money")

    incident, = v1.ListIncidents(instance_id=instance).incidents
    assert (incident.type, incident.message, incident.element_id, incident.job_key) == ("JOB_NO_RETRIES", "no money", "Work", job.key)
    assert active(v1, instance)["Work"].waits_for == "incident JOB_NO_RETRIES"
    assert code(v1.ResolveIncident, key=incident.key)[0] == "FAILED_PRECONDITION"
    waiting = v1.stub.ActivateJobs.future(
        v1.messages.ActivateJobsRequest(type=kind, worker="w", max_jobs=1, timeout_ms=FAR_MS, request_timeout_ms=10_000), timeout=20
    )
    v1.ResolveIncident(key=incident.key, retries=2)

    last, = waiting.result(15).jobs
    assert (last.key, last.retries) == (job.key, 2)
    v1.CompleteJob(key=last.key)
    assert v1.state_name(v1.ended(instance)) == "INSTANCE_COMPLETED"
    assert not v1.ListIncidents(instance_id=instance).incidents
    assert code(v1.ResolveIncident, key=incident.key)[0] == "NOT_FOUND"


def test_a_thrown_error_is_caught_by_its_code(v1):
    kind = zeebe.fresh("throws")
    name = zeebe.fresh("Throws")
    xml = zeebe.file(
        f'<bpmn:error id="Broke_{name}" name="Broke" errorCode="BROKE" />',
        zeebe.process(
            name, zeebe.start(), zeebe.job("Work", kind), zeebe.end(), zeebe.end("Poor"),
            zeebe.boundary("Caught", "Work", f'<bpmn:errorEventDefinition id="On" errorRef="Broke_{name}" />'),
            zeebe.path("Start", "Work", "End"), zeebe.path("Caught", "Poor"),
        ),
    )  # fmt: skip
    deployment, = applied(v1, xml)
    instance = created(v1, deployment)
    job, = activated(v1, kind)

    v1.ThrowError(key=job.key, code="BROKE", message="no money", variables=b'{"left": 3}')

    done = v1.ended(instance)
    assert (v1.state_name(done), done.end_event) == ("INSTANCE_COMPLETED", "poor")
    assert json.loads(done.result) == {"left": 3}


def test_a_message_starts_an_instance_and_another_moves_it_on(v1):
    kind, begin, go_on = zeebe.fresh("after"), zeebe.fresh("begin"), zeebe.fresh("goOn")
    (first, on_first), (second, on_second) = zeebe.message(begin), zeebe.message(go_on, "=order")
    xml = zeebe.file(
        first, second,
        zeebe.process(
            zeebe.fresh("Messages"), zeebe.start(definition=on_first), zeebe.catch("Wait", on_second), zeebe.job("Work", kind), zeebe.end(),
            zeebe.path("Start", "Wait", "Work", "End"),
        ),
    )  # fmt: skip
    deployment, = applied(v1, xml)

    v1.PublishMessage(name=begin, variables=b'{"order": "17"}')

    instance = until(lambda: [row.id for row in v1.ListInstances(deployment_id=deployment).instances], "the message starts one")[0]
    assert active(v1, instance)["Wait"].waits_for == f"message '{go_on}' with key '17'"
    position = v1.PublishMessage(name=go_on, correlation_key="18", time_to_live_ms=FAR_MS, message_id="a").position
    assert state(v1, instance) == "INSTANCE_RUNNING"
    assert v1.ListInstances(not_before=position).position >= position
    assert code(v1.PublishMessage, name=go_on, correlation_key="18", time_to_live_ms=FAR_MS, message_id="a")[0] == "ALREADY_EXISTS"
    v1.PublishMessage(name=go_on, correlation_key="17", variables=b'{"paid": true}')
    job, = activated(v1, kind)
    assert (job.instance_id, json.loads(job.variables)) == (instance, {"order": "17", "paid": True})


def test_a_signal_moves_all_who_wait_and_starts_who_begins_with_it(v1):
    name = zeebe.fresh("alarm")
    root, on = zeebe.signal(name)
    waiting, = applied(
        v1, zeebe.file(root, zeebe.process(zeebe.fresh("Waits"), zeebe.start(), zeebe.catch("Wait", on), zeebe.end(), zeebe.path("Start", "Wait", "End")))
    )  # fmt: skip
    begins, = applied(v1, zeebe.file(root, zeebe.process(zeebe.fresh("Begins"), zeebe.start(definition=on), zeebe.end(), zeebe.path("Start", "End"))))
    instances = [created(v1, waiting) for _ in range(3)]
    assert active(v1, instances[0])["Wait"].waits_for == f"signal '{name}'"

    v1.BroadcastSignal(name=name, variables=b'{"loud": true}')

    for instance in instances:
        assert json.loads(v1.ended(instance).result) == {"loud": True}
    until(lambda: len(v1.ListInstances(deployment_id=begins).instances) == 1, "the signal starts one")
    assert code(v1.BroadcastSignal, name="")[0] == "INVALID_ARGUMENT"


def test_a_user_task_is_listed_assigned_and_completed(v1):
    deployment, = applied(
        v1, zeebe.file(zeebe.process(zeebe.fresh("Tasks"), zeebe.start(), zeebe.user_task("Approve", "ann"), zeebe.end(), zeebe.path("Start", "Approve", "End")))
    )  # fmt: skip
    instance = created(v1, deployment)

    task, = v1.ListUserTasks(instance_id=instance, assignee="ann").user_tasks
    assert (task.element_id, task.assignee, task.priority) == ("Approve", "ann", 50)
    v1.UpdateUserTask(key=task.key, assignee="bob", priority=80, candidate_groups=v1.messages.Texts(texts=["board"]))
    changed, = v1.ListUserTasks(instance_id=instance).user_tasks
    assert (changed.assignee, changed.priority, list(changed.candidate_groups)) == ("bob", 80, ["board"])
    assert not v1.ListUserTasks(instance_id=instance, assignee="ann").user_tasks
    v1.UpdateUserTask(key=task.key, assignee="")
    assert v1.ListUserTasks(instance_id=instance).user_tasks[0].assignee == ""
    assert code(v1.UpdateUserTask, key=task.key, priority=101)[0] == "INVALID_ARGUMENT"

    v1.CompleteUserTask(key=task.key, variables=b'{"approved": true}')

    assert json.loads(v1.ended(instance).result) == {"approved": True}
    assert code(v1.CompleteUserTask, key=task.key)[0] == "NOT_FOUND"


def test_lists_come_by_page(v1):
    kind = zeebe.fresh("paged")
    deployment, = applied(v1, zeebe.one_job(kind))
    instances = [created(v1, deployment) for _ in range(7)]

    seen, token = [], ""
    while True:
        page = v1.ListJobs(type=kind, page_size=3, page_token=token)
        seen += [job.instance_id for job in page.jobs]
        token = page.next_page_token
        if not token:
            break

    assert seen == instances
    assert code(v1.ListJobs, page_token="x")[0] == "INVALID_ARGUMENT"
    assert code(v1.ListJobs, instance_id="x")[0] == "INVALID_ARGUMENT"


def test_variables_are_set_where_they_belong(v1):
    kind = zeebe.fresh("scoped")
    mapping = '<zeebe:ioMapping><zeebe:input source="=amount" target="local" /></zeebe:ioMapping>'
    deployment, = applied(v1, zeebe.one_job(kind, more=mapping))
    instance = created(v1, deployment, amount=3)
    scope = active(v1, instance)["Work"].element_instance

    assert variables(v1, instance) == {"amount": 3}
    assert variables(v1, instance, scope=scope) == {"amount": 3, "local": 3}
    assert variables(v1, instance, scope="Work", local=True) == {"local": 3}
    v1.SetVariables(instance_id=instance, scope=scope, variables=b'{"local": 4, "amount": 5, "new": 6}')
    assert variables(v1, instance) == {"amount": 5, "new": 6}
    v1.SetVariables(instance_id=instance, scope="Work", variables=b'{"amount": 7}', local=True)
    assert variables(v1, instance) == {"amount": 5, "new": 6}
    assert variables(v1, instance, scope="Work") == {"amount": 7, "local": 4, "new": 6}

    assert code(v1.GetVariables, instance_id=instance, scope="Nowhere")[0] == "NOT_FOUND"
    assert code(v1.GetVariables, instance_id=f"flow-{'0' * 32}")[0] == "NOT_FOUND"
    assert code(v1.SetVariables, instance_id=instance, variables=b"1")[0] == "INVALID_ARGUMENT"


def test_an_instance_is_modified_or_nothing_is(v1):
    kinds = [zeebe.fresh("one"), zeebe.fresh("two")]
    deployment, = applied(
        v1,
        zeebe.file(
            zeebe.process(
                zeebe.fresh("Modified"), zeebe.start(), zeebe.job("One", kinds[0]), zeebe.job("Two", kinds[1]), zeebe.end(),
                zeebe.path("Start", "One", "Two", "End"),
            )
        ),
    )  # fmt: skip
    instance = created(v1, deployment)

    name, text = code(v1.ModifyInstance, instance_id=instance, activate=[{"element_id": "Three"}], terminate=[{"element_id": "One"}])
    assert name == "INVALID_ARGUMENT" and "Three" in text
    assert code(v1.ModifyInstance, instance_id=instance, terminate=[{"element_id": "Two"}])[0] == "NOT_FOUND"
    assert set(active(v1, instance)) == {"One"}
    v1.ModifyInstance(
        instance_id=instance, activate=[{"element_id": "Two", "variables": b'{"by": "hand"}'}], terminate=[{"element_id": "One"}]
    )

    assert set(active(v1, instance)) == {"Two"}
    job, = activated(v1, kinds[1])
    assert json.loads(job.variables) == {"by": "hand"}
    v1.CompleteJob(key=job.key)
    assert v1.state_name(v1.ended(instance)) == "INSTANCE_COMPLETED"


def test_an_ad_hoc_subprocess_is_begun_and_ended_by_hand(v1):
    kinds = [zeebe.fresh("adhoc"), zeebe.fresh("adhoc")]
    inner = zeebe.job("A", kinds[0]) + zeebe.job("B", kinds[1])
    deployment, = applied(
        v1,
        zeebe.file(
            zeebe.process(
                zeebe.fresh("AdHoc"), zeebe.start(), f'<bpmn:adHocSubProcess id="Any">{inner}</bpmn:adHocSubProcess>', zeebe.end(),
                zeebe.path("Start", "Any", "End"),
            )
        ),
    )  # fmt: skip
    instance = created(v1, deployment)

    v1.ActivateAdHoc(instance_id=instance, scope="Any", element_ids=["B"])
    assert set(active(v1, instance)) == {"Any", "B"}
    assert code(v1.ActivateAdHoc, instance_id=instance, scope="B", element_ids=["A"])[0] == "NOT_FOUND"
    v1.CompleteAdHoc(instance_id=instance, scope="Any")

    assert v1.state_name(v1.ended(instance)) == "INSTANCE_COMPLETED"


def test_all_processes_of_a_file_are_deployed_or_none(v1):
    kind, caller, called = zeebe.fresh("called"), zeebe.fresh("Caller"), zeebe.fresh("Called")
    call = (
        f'<bpmn:callActivity id="Call"><bpmn:extensionElements><zeebe:calledElement processId="{called}" />'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )
    first = zeebe.process(caller, zeebe.start("S1"), call, zeebe.end("E1"), zeebe.path("S1", "Call", "E1"))
    second = zeebe.process(called, zeebe.start("S2"), zeebe.job("Work", kind), zeebe.end("E2"), zeebe.path("S2", "Work", "E2"))
    xml = zeebe.file(first, second)

    answer = v1.Apply(bpmn_xml=xml.encode())

    assert [process.process_id for process in answer.processes] == [caller, called]
    assert answer.deployment_id == answer.processes[0].deployment_id and not answer.unchanged
    assert v1.Apply(bpmn_xml=xml.encode()).unchanged
    instance = created(v1, answer.deployment_id)
    job, = activated(v1, kind)
    assert job.process_id == called
    assert active(v1, instance)["Call"].called_instance_id == job.instance_id
    v1.CompleteJob(key=job.key, variables=b'{"done": true}')
    assert json.loads(v1.ended(instance).result) == {"done": True}

    fresh = zeebe.fresh("Fresh")
    broken = second.replace(called, zeebe.fresh("Broken")).replace('targetRef="E2"', 'targetRef="Nowhere"')
    bad = zeebe.file(first.replace(caller, fresh), broken)
    assert code(v1.Apply, bpmn_xml=bad.encode())[0] == "INVALID_ARGUMENT"
    assert not v1.ListDeployments(names=[fresh]).deployments


def test_a_restart_after_kill_9_keeps_all_that_is_open(own):
    kind, name = zeebe.fresh("kept"), zeebe.fresh("keptMessage")
    root, on = zeebe.message(name, "=order")
    parts = [
        zeebe.start(), '<bpmn:parallelGateway id="All" />', zeebe.job("Job", kind), zeebe.job("Broken", f"{kind}-broken", retries=1),
        zeebe.user_task("Task", "ann"), zeebe.catch("Message", on), '<bpmn:parallelGateway id="Join" />', zeebe.end(),
        zeebe.path("Start", "All"), zeebe.path("Join", "End"),
        *(zeebe.path("All", inner, "Join") for inner in ("Job", "Broken", "Task", "Message")),
    ]  # fmt: skip
    daemon = own()
    with running(daemon):
        with V1(daemon) as v1:
            deployment, = applied(v1, zeebe.file(root, zeebe.process("Kept", *parts)))
            instance = created(v1, deployment, order="5")
            broken, = activated(v1, f"{kind}-broken")
            v1.FailJob(key=broken.key, retries=0, message="broken")
            taken, = activated(v1, kind)
            other = created(v1, deployment, order="6")
            v1.PublishMessage(name=name, correlation_key="7", time_to_live_ms=FAR_MS)
            before = {
                "jobs": [str(job) for job in v1.ListJobs().jobs], "tasks": [str(task) for task in v1.ListUserTasks().user_tasks],
                "incidents": [str(incident) for incident in v1.ListIncidents().incidents],
                "elements": [str(element) for element in v1.ListElements(instance_id=instance).elements],
            }  # fmt: skip
        daemon.kill()
        daemon.start()
        with V1(daemon) as v1:
            after = {
                "jobs": [str(job) for job in v1.ListJobs().jobs], "tasks": [str(task) for task in v1.ListUserTasks().user_tasks],
                "incidents": [str(incident) for incident in v1.ListIncidents().incidents],
                "elements": [str(element) for element in v1.ListElements(instance_id=instance).elements],
            }  # fmt: skip
            assert after == before

            incident, = v1.ListIncidents(instance_id=instance).incidents
            v1.ResolveIncident(key=incident.key, retries=1)
            v1.CompleteJob(key=taken.key)
            again, = [job for job in activated(v1, f"{kind}-broken", count=2) if job.instance_id == instance]
            v1.CompleteJob(key=again.key)
            task, = v1.ListUserTasks(instance_id=instance).user_tasks
            v1.CompleteUserTask(key=task.key)
            v1.PublishMessage(name=name, correlation_key="5")
            assert v1.state_name(v1.ended(instance)) == "INSTANCE_COMPLETED"
            assert state(v1, other) == "INSTANCE_RUNNING"
            late = created(v1, deployment, order="7")
            until(lambda: "Message" not in active(v1, late), "the message that was kept is taken")


def test_a_poll_that_waits_is_told_when_flowd_stops(own):
    daemon = own()
    with running(daemon), V1(daemon) as v1:
        call = v1.stub.ActivateJobs.future(
            v1.messages.ActivateJobsRequest(type="any", worker="w", max_jobs=1, timeout_ms=FAR_MS, request_timeout_ms=FAR_MS), timeout=90
        )
        time.sleep(0.3)
        began = time.monotonic()

        daemon.stop()

        with pytest.raises(grpc.RpcError) as ended:
            call.result(10)
        assert ended.value.code() == grpc.StatusCode.UNAVAILABLE
        assert time.monotonic() - began < 10
