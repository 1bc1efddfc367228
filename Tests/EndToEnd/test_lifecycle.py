"""Rows A17 to A27: deployments and instances through their states, probes, and healthd."""
import json
import threading

import pytest
import requests

from harness import models
from harness.daemons import Healthd, flowctl, running
from harness.services import fail, hang
from harness.waiting import stays, until
from harness.wire import DEPLOYMENT, INSTANCE, Wire

pytestmark = pytest.mark.each_store


def test_a17_starting_until_every_service_answers(wire, services):
    services["first"].healthy = False
    model = models.Model(models.fresh("Up")).start().task("One", "first").task("Two", "second").end()
    deployment = wire.applied(model.path("Start", "One", "Two", "End").xml())

    until(lambda: services["first"].probes >= 2, "the sick service is probed")
    assert wire.state(deployment) == "STARTING"
    services["first"].healthy = True

    wire.wait_state(deployment, "RUNNING")
    assert sorted(wire.probe(deployment).ok()[deployment]) == [["One", "UP"], ["Two", "UP"]]


def test_a18_error_after_the_deployment_timeout_and_running_when_repaired(wire, services):
    services["first"].healthy = False
    deployment = wire.applied(models.one_task("Late", "first", deployment_timeout=2))

    wire.wait_state(deployment, "ERROR")
    services["first"].healthy = True

    wire.wait_state(deployment, "RUNNING")


def test_a19_stop(wire, ctl, up):
    deployment = up(models.one_task("Stop"))

    assert wire.stop(DEPLOYMENT, deployment).ok() == {deployment: {"status": 0, "message": "Stopped."}}

    assert wire.state(deployment) in ("STOPPING", "STOPPED")
    wire.wait_state(deployment, "STOPPED")
    assert ctl("stop", "-d", deployment).returncode != 0


def test_a20_a_running_instance_guards_its_deployment(wire, services, up):
    deployment = up(models.one_task("Guard", "first"))
    release = threading.Event()
    services["first"].always = hang(release)
    wire.started(deployment)

    refused = wire.stop(DEPLOYMENT, deployment).ok()[deployment]
    assert refused["status"] == -1
    assert refused["message"]
    assert wire.state(deployment) == "RUNNING"

    assert wire.stop(DEPLOYMENT, deployment, force=True).ok()[deployment]["status"] == 0
    release.set()
    wire.wait_state(deployment, "STOPPED")


def test_a21_stop_of_an_instance_cancels_it(wire, ctl, services, up):
    deployment = up(models.one_task("Cancel", "first"))
    release = threading.Event()
    services["first"].always = hang(release)
    instance = wire.started(deployment)

    assert ctl("stop", "-i", instance).returncode == 0

    record = wire.ended(instance)
    release.set()
    assert (record["state"], record["error_code"]) == ("ERROR", "CANCELED_INSTANCE")
    # The late answer of the service changes nothing.
    stays(lambda: wire.record(instance)["state"] == "ERROR", "a canceled instance stays canceled", 0.5)


def test_a22_delete_guards(wire, ctl, up):
    deployment = up(models.one_task("Delete"))

    assert wire.delete(DEPLOYMENT, deployment).ok()[deployment]["result"] == -2
    assert wire.delete(DEPLOYMENT, "nobody-00000000").ok()["nobody-00000000"]["result"] == -1

    wire.stop(DEPLOYMENT, deployment)
    wire.wait_state(deployment, "STOPPED")
    assert wire.delete(DEPLOYMENT, deployment).ok() == {deployment: {"result": 0, "message": f"Successfully deleted {deployment}."}}

    # The table of rows says {}, the original's own integration tests wait for {did: {}}.
    assert json.loads(ctl("ps", "-d", deployment, "-o").stdout) in ({}, {deployment: {}})


def test_a22_a_deleted_deployment_can_be_applied_again(wire):
    xml = models.one_task("Again")
    deployment = wire.applied(xml, stopped=True)
    assert wire.delete(DEPLOYMENT, deployment).ok()[deployment]["result"] == 0

    assert wire.applied(xml, stopped=True) == deployment


def test_a23_delete_of_an_instance(wire, services, up):
    deployment = up(models.one_task("DeleteRun", "first"))
    done = wire.started(deployment)
    wire.completed(done)
    release = threading.Event()
    services["first"].always = hang(release)
    running_one = wire.started(deployment)

    answers = wire.delete(INSTANCE, done, running_one, "flow-" + "0" * 32).ok()

    release.set()
    assert answers[done] == {"result": 0, "message": f"Successfully deleted {done}."}
    assert answers[running_one]["result"] == -2
    assert answers["flow-" + "0" * 32]["result"] == -1
    assert wire.record(done) == {}


def test_a24_start_again_after_stop_and_after_a_restart_of_healthd(own, tmp_path):
    with running(own()) as flowd, Wire(flowd) as wire:
        with running(Healthd(tmp_path / "healthd", flowd)) as healthd:
            deployment = wire.applied(models.one_task("Restart"))
            wire.wait_state(deployment, "RUNNING")
            stop(wire, deployment)
            start(wire, deployment)

            stop(wire, deployment)
            healthd.kill()
            healthd.start()
            start(wire, deployment)

        # And with no healthd at all: flowd probes by itself.
        stop(wire, deployment)
        start(wire, deployment)


def stop(wire, deployment):
    assert wire.stop(DEPLOYMENT, deployment).ok()[deployment]["status"] == 0
    wire.wait_state(deployment, "STOPPED", 30)


def start(wire, deployment):
    assert wire.start(DEPLOYMENT, deployment).ok() == {deployment: {"status": 0, "message": "Started."}}
    wire.wait_state(deployment, "RUNNING", 30)


def test_a24_a_running_deployment_can_not_be_started(wire, up):
    deployment = up(models.one_task("Started"))

    refused = wire.start(DEPLOYMENT, deployment).ok()[deployment]

    assert refused["status"] == -1
    assert refused["message"].startswith("Error")


def test_a25_probe(wire, ctl, services, up):
    one, two = up(models.one_task("Probe", "first")), up(models.one_task("Probe", "second"))

    assert json.loads(ctl("probe", one, "-o").stdout) == {one: [["Work", "UP"]]}
    services["first"].healthy = False
    assert json.loads(ctl("probe", one, "-o").stdout) == {one: [["Work", "DOWN"]]}

    everything = json.loads(ctl("probe", "-o").stdout)
    assert {two: [["Work", "UP"]]} in everything
    assert json.loads(ctl("probe", "nobody", "-o").stdout) == {"result": "Workflow 'nobody' not found"}

    both = wire.probe(one, two).ok()
    assert both == {one: {one: [["Work", "DOWN"]]}, two: {two: [["Work", "UP"]]}}


def test_a26_healthd_over_http(healthd, up):
    deployment = up(models.one_task("Http", "second"))

    def get(path):
        return requests.get(f"{healthd.url}{path}", timeout=10).json()

    until(lambda: deployment in get("/"), "healthd knows the deployment")
    assert get("/")[deployment] == {"Work": "UP"}
    assert get(f"/probe/{deployment}") == {deployment: [["Work", "UP"]]}
    assert {deployment: [["Work", "UP"]]} in get("/probe/all")
    assert get("/probe/nobody") == {"result": "Workflow 'nobody' not found"}


def test_a26_no_deployments(own, tmp_path):
    flowd = own()
    with running(flowd, Healthd(tmp_path / "healthd", flowd)) as (_, healthd):
        assert requests.get(f"{healthd.url}/probe/all", timeout=10).json() == {"result": "No workflows exist"}
        assert requests.get(f"{healthd.url}/", timeout=10).json() == {}


def test_a27_probes_of_a_deleted_deployment_end(wire, healthd, services, up):
    deployment = up(models.one_task("Orphan", "third"))
    stop(wire, deployment)
    wire.delete(DEPLOYMENT, deployment)

    until(lambda: deployment not in requests.get(f"{healthd.url}/", timeout=10).json(), "healthd forgets it")
    seen = services["third"].probes
    stays(lambda: services["third"].probes == seen, "nobody probes it any more", 2.5)


def test_healthd_survives_a_restart_of_flowd(own, tmp_path, services):
    flowd = own()
    flowd.start()
    # flowd comes back on the same port, as a service manager would bring it.
    flowd.grpc_address = flowd.grpc
    with running(Healthd(tmp_path / "healthd", flowd)) as healthd:
        with Wire(flowd) as wire:
            deployment = wire.applied(models.one_task("Survive", "first"))
            wire.wait_state(deployment, "RUNNING")
        flowd.kill()
        flowd.start()

        services["first"].healthy = False
        with Wire(flowd) as wire:
            until(lambda: wire.probe(deployment).data == {deployment: [["Work", "DOWN"]]}, "probes reach the new flowd")
        until(
            lambda: requests.get(f"{healthd.url}/", timeout=10).json().get(deployment) == {"Work": "DOWN"},
            "healthd probes what the new flowd has",
        )
    flowd.stop()


def test_ps_shows_health(ctl, healthd, services, up):
    deployment = up(models.one_task("PsHealth", "first"))
    services["first"].always = fail(500)

    done = ctl("ps", "-d", "--health", deployment)

    assert done.returncode == 0, done.stderr
    assert "UP" in done.stdout


def test_the_dashboard_needs_no_script(healthd, wire, up):
    deployment = up(models.one_task("Page", "second"))
    instance = wire.started(deployment)
    wire.completed(instance)

    page = requests.get(f"{healthd.url}/", headers={"Accept": "text/html"}, timeout=10)

    assert page.headers["Content-Type"].startswith("text/html")
    assert deployment in page.text
    assert instance in page.text


def test_flowctl_reaches_healthd(flowd, healthd, up):
    deployment = up(models.one_task("Reach", "second"))

    # Only this one: services that other tests had made sick may not be probed again yet.
    done = flowctl("health", deployment, flowd=flowd, healthd=healthd)

    assert done.returncode == 0, done.stdout + done.stderr
    assert deployment in done.stdout
