"""Live instances that go on in another deployment, and instances that begin with a condition: by stock stubs and by flowctl."""
import json

import pytest

from harness import zeebe
from harness.daemons import Flowd, flowctl, running
from harness.v1 import V1, code
from harness.waiting import until

pytestmark = pytest.mark.each_store


@pytest.fixture(scope="module")
def v1(flowd):
    with V1(flowd) as v1:
        yield v1


@pytest.fixture(scope="module")
def ctl(flowd):
    def run(*words, code=0, **options):
        done = flowctl(*words, flowd=flowd, **options)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done

    return run


def version(process, task, kind):
    """A user task, then a job."""
    return zeebe.file(
        zeebe.process(
            process, zeebe.start(), zeebe.user_task(task), zeebe.job("Ship", kind), zeebe.end(), zeebe.path("Start", task, "Ship", "End")
        )
    )


def applied(v1, xml):
    process, = v1.Apply(bpmn_xml=xml.encode(), resource_name="test.bpmn").processes
    return process.deployment_id


def created(v1, deployment, **variables):
    return v1.CreateInstance(deployment=deployment, payload=json.dumps(variables).encode()).instance_id


def task(v1, instance):
    return v1.ListUserTasks(instance_id=instance).user_tasks[0]


def running_counts(v1, *deployments):
    listed = {shown.id: shown.instances_running for shown in v1.ListDeployments(names=deployments).deployments}
    return [listed[deployment] for deployment in deployments]


def finished(v1, instance, kind, worker="test"):
    """Completes what waits, and gives the result."""
    v1.CompleteUserTask(key=task(v1, instance).key)
    job, = v1.ActivateJobs(type=kind, worker=worker, max_jobs=1, timeout_ms=60_000, request_timeout_ms=5_000).jobs
    v1.CompleteJob(key=job.key)
    until(lambda: v1.state_name(v1.GetInstance(id=instance).instance) == "INSTANCE_COMPLETED", f"{instance} is completed")
    return job


def test_an_instance_goes_on_in_another_version(v1):
    kind, process = zeebe.fresh("ship"), zeebe.fresh("Moves")
    old, new = applied(v1, version(process, "Approve", "other")), applied(v1, version(process, "Review", kind))
    instance, stays = created(v1, old, order=7), created(v1, old)
    mapping = [{"from_element_id": "Approve", "to_element_id": "Review"}]

    told = v1.MigrateInstance(instance_id=instance, deployment=new, dry_run=True)
    assert len(told.reasons) == 1 and "'Approve'" in told.reasons[0] and told.deployment_id == new
    assert not v1.MigrateInstance(instance_id=instance, deployment=new, mapping=mapping, dry_run=True).reasons
    assert v1.GetInstance(id=instance).instance.deployment_id == old
    position = v1.MigrateInstance(instance_id=instance, deployment=new, mapping=mapping).position

    answer = v1.GetInstance(id=instance, history=True, not_before=position)
    assert answer.instance.deployment_id == new
    assert [element.element_id for element in answer.instance.active] == ["Review"]
    entry, = [entry for entry in answer.history if entry.event == "migrated"]
    assert entry.detail == f"from {old}"
    assert running_counts(v1, old, new) == [1, 1]
    assert [row.id for row in v1.ListInstances(deployment_id=new).instances] == [instance]
    assert [row.id for row in v1.ListInstances(deployment_id=old).instances] == [stays]
    assert (task(v1, instance).element_id, task(v1, instance).deployment_id) == ("Review", new)

    job = finished(v1, instance, kind)
    assert (job.deployment_id, json.loads(job.variables)) == (new, {"order": 7})
    row, = v1.ListInstances(deployment_id=new).instances
    assert row.state == v1.messages.INSTANCE_COMPLETED and running_counts(v1, old, new) == [1, 0]


def test_what_is_unsafe_is_refused_with_every_reason(v1):
    process = zeebe.fresh("Unsafe")
    old, new = applied(v1, version(process, "Approve", "a")), applied(v1, version(process, "Review", "b"))
    instance = created(v1, old)
    wrong = [{"from_element_id": "Nothing", "to_element_id": "Nowhere"}]

    status, text = code(v1.MigrateInstance, instance_id=instance, deployment=new, mapping=wrong)

    assert status == "INVALID_ARGUMENT"
    for part in ("'Nothing'", "'Nowhere'", "'Approve'"):
        assert part in text
    assert len(v1.MigrateInstance(instance_id=instance, deployment=new, mapping=wrong, dry_run=True).reasons) == 3
    assert code(v1.MigrateInstance, instance_id=instance, deployment="nobody")[0] == "NOT_FOUND"
    assert code(v1.MigrateInstance, instance_id="flow-" + "f" * 32, deployment=new)[0] == "NOT_FOUND"
    assert code(v1.MigrateInstance, instance_id="x", deployment=new)[0] == "INVALID_ARGUMENT"
    assert code(v1.MigrateInstance, instance_id=instance, deployment=old)[0] == "INVALID_ARGUMENT"
    assert v1.GetInstance(id=instance).instance.deployment_id == old


def test_the_old_deployment_can_be_deleted_and_nothing_is_lost_over_a_crash(tmp_path):
    kind, process = zeebe.fresh("ship"), zeebe.fresh("Left")
    with running(Flowd(tmp_path)) as node:
        with V1(node) as v1:
            old, new = applied(v1, version(process, "Approve", "other")), applied(v1, version(process, "Approve", kind))
            instances = [created(v1, old, number=number) for number in range(20)]
            for instance in instances:
                v1.MigrateInstance(instance_id=instance, deployment=new)
            assert flowctl("stop", "-d", old, flowd=node).returncode == 0
            until(lambda: flowctl("delete", "-d", old, flowd=node).returncode == 0, "the old deployment is deleted")
            until(lambda: old not in [shown.id for shown in v1.ListDeployments().deployments], "the old deployment is gone")
        node.kill()
        node.start()
        with V1(node) as v1:
            rows = v1.ListInstances(deployment_id=new).instances
            assert sorted(row.id for row in rows) == sorted(instances) and not v1.ListInstances(deployment_id=old).instances
            assert running_counts(v1, new) == [20]
            finished(v1, instances[3], kind)


def test_who_watches_the_old_deployment_sees_it_leave(v1):
    process = zeebe.fresh("Watched")
    old, new = applied(v1, version(process, "Approve", "a")), applied(v1, version(process, "Approve", "b"))
    instance = created(v1, old)
    watches = {name: v1.stub.WatchInstances(v1.messages.WatchInstancesRequest(deployment_id=name, newest=10), timeout=20) for name in (old, new)}
    for watch in watches.values():
        while not next(watch).snapshot_done:
            pass

    v1.MigrateInstance(instance_id=instance, deployment=new)

    left = next(event for event in watches[old] if event.deleted)
    came = next(watches[new])
    assert (left.instance.id, left.instance.deployment_id) == (instance, "")
    assert (came.instance.id, came.deleted, came.instance.deployment_id) == (instance, False, new)
    for watch in watches.values():
        watch.cancel()


def test_flowctl_migrates_and_says_what_is_in_the_way(v1, ctl):
    process = zeebe.fresh("ByHand")
    old, new = applied(v1, version(process, "Approve", "a")), applied(v1, version(process, "Review", "b"))
    instance = created(v1, old)

    dry = ctl("migrate", instance, new, "--dry-run", code=1)
    assert "'Approve'" in dry.stderr and "--map" in dry.stderr and dry.stdout == ""
    refused = ctl("migrate", instance, new, code=1)
    assert "'Approve'" in refused.stderr
    assert "is not FROM=TO" in ctl("migrate", instance, new, "--map", "Approve", code=2).stderr
    assert json.loads(ctl("migrate", instance, new, "-n", "-o", "--map", "Approve=Review").stdout)["reasons"] == []
    ctl("migrate", instance, new, "--map", "Approve=Review")

    shown = json.loads(ctl("ps", instance, "-o").stdout)
    assert shown[instance]["parent"] == new, shown


def conditional(process, condition, kind):
    begins = f'<bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">={condition}</bpmn:condition></bpmn:conditionalEventDefinition>'
    return zeebe.file(
        zeebe.process(process, zeebe.start("Start", begins), zeebe.job("Work", kind), zeebe.end(), zeebe.path("Start", "Work", "End"))
    )


def test_instances_begin_where_a_condition_holds(v1, ctl):
    kind, name = zeebe.fresh("stock"), zeebe.fresh("level")
    deployment = applied(v1, conditional(zeebe.fresh("Begins"), f"{name} &lt; 5", kind))

    assert v1.EvaluateConditions(variables=json.dumps({name: 7}).encode()).held == 0
    assert v1.EvaluateConditions().held == 0
    assert v1.EvaluateConditions(variables=json.dumps({name: 3, "of": "nails"}).encode()).held == 1
    job, = v1.ActivateJobs(type=kind, worker="test", max_jobs=5, timeout_ms=60_000, request_timeout_ms=5_000).jobs
    assert (job.deployment_id, json.loads(job.variables)) == (deployment, {name: 3, "of": "nails"})

    done = json.loads(ctl("conditions", json.dumps({name: 4}), "-o").stdout)
    assert done["held"] == 1
    assert len(v1.ActivateJobs(type=kind, worker="test", max_jobs=5, timeout_ms=60_000, request_timeout_ms=5_000).jobs) == 1
    assert code(v1.EvaluateConditions, variables=b"[1]")[0] == "INVALID_ARGUMENT"
    ctl("conditions", "{no", code=2)


def test_variables_come_by_page(v1):
    deployment = applied(v1, version(zeebe.fresh("Paged"), "Approve", "a"))
    given = {f"v{number:03}": number for number in range(25)} | {"": "no name", "=": "a sign"}
    instance = created(v1, deployment, **given)

    seen, token, pages = {}, "", 0
    while True:
        page = v1.GetVariables(instance_id=instance, page_size=10, page_token=token)
        assert len(page.variables) <= 10
        seen |= {found.name: json.loads(found.value) for found in page.variables}
        token, pages = page.next_page_token, pages + 1
        if not token:
            break
    assert (seen, pages) == (given, 3)
    whole = v1.GetVariables(instance_id=instance)
    assert len(whole.variables) == 27 and not whole.next_page_token
    assert code(v1.GetVariables, instance_id=instance, page_token="mine")[0] == "INVALID_ARGUMENT"


def test_variables_that_do_not_fit_in_one_answer_come_in_several(v1):
    deployment = applied(v1, version(zeebe.fresh("Large"), "Approve", "a"))
    instance = created(v1, deployment)
    for number in range(3):
        v1.SetVariables(instance_id=instance, variables=json.dumps({f"v{number}": "x" * 2_000_000}).encode())

    seen, token, pages = [], "", 0
    while pages == 0 or token:
        page = v1.GetVariables(instance_id=instance, page_token=token)
        assert page.variables
        seen += [found.name for found in page.variables]
        token, pages = page.next_page_token, pages + 1
    assert seen == ["v0", "v1", "v2"] and pages > 1
