"""Elements that wait for time or for other instances, on a flowd as it runs."""
import json

import pytest

from harness import models
from harness.v1 import V1
from harness.waiting import until
from harness.wire import Wire

pytestmark = pytest.mark.each_store

NAMESPACES = 'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'


def process(name, inside, outside=""):
    return f'<bpmn:definitions {NAMESPACES} id="d" targetNamespace="t">{outside}' \
        f'<bpmn:process id="{name}" isExecutable="true">{inside}</bpmn:process></bpmn:definitions>'


def flows(*ids):
    return "".join(f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in zip(ids, ids[1:]))


def timer(name, duration):
    return process(name, '<bpmn:startEvent id="s"/><bpmn:intermediateCatchEvent id="tea"><bpmn:timerEventDefinition>'
                   f'<bpmn:timeDuration>{duration}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>'
                   '<bpmn:endEvent id="e"/>' + flows("s", "tea", "e"))


def test_a_timer_goes_on_by_itself(wire, up):
    deployment = up(timer(models.fresh("Tea"), "PT0.3S"))

    assert wire.result(wire.started(deployment)) is not None


def test_a_timer_outlives_a_kill(own):
    flowd = own().start()
    with Wire(flowd) as wire:
        deployment = wire.applied(timer(models.fresh("Long"), "PT2S"))
        wire.wait_state(deployment, "RUNNING")
        instance = wire.started(deployment)
    flowd.kill()
    flowd.start()

    with Wire(flowd) as wire:
        wire.completed(instance)
    assert flowd.stop() == 0


def test_a_signal_begins_another_process_and_its_variables_come_along(wire, up, flowd):
    signal = models.fresh("alarm")
    named = f'<bpmn:signal id="sig" name="{signal}"/>'
    heard = up(process(models.fresh("Heard"), '<bpmn:startEvent id="s"><bpmn:signalEventDefinition signalRef="sig"/></bpmn:startEvent>'
                       '<bpmn:endEvent id="e"/>' + flows("s", "e"), named))
    thrower = up(process(
        models.fresh("Rung"), '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"><bpmn:extensionElements><zeebe:ioMapping>'
        '<zeebe:input source="=1 + 2" target="floor"/></zeebe:ioMapping></bpmn:extensionElements>'
        '<bpmn:signalEventDefinition signalRef="sig"/></bpmn:endEvent>' + flows("s", "e"), named))
    wire.completed(wire.started(thrower))

    with V1(flowd.grpc) as v1:
        until(lambda: [json.loads(shown.result) for shown in v1.ListInstances(deployment_id=heard).instances] == [{"floor": 3}],
              "the other process ended with the signal's variables")


def test_a_call_activity_waits_for_what_it_calls(wire, up):
    inner = models.fresh("inner")
    up(process(inner, '<bpmn:startEvent id="s"/><bpmn:scriptTask id="double"><bpmn:extensionElements>'
               '<zeebe:script expression="=x * 2" resultVariable="y"/></bpmn:extensionElements></bpmn:scriptTask><bpmn:endEvent id="e"/>'
               + flows("s", "double", "e")))
    outer = up(process(models.fresh("Outer"), '<bpmn:startEvent id="s"/><bpmn:callActivity id="call"><bpmn:extensionElements>'
                       f'<zeebe:calledElement processId="{inner}"/></bpmn:extensionElements></bpmn:callActivity><bpmn:endEvent id="e"/>'
                       + flows("s", "call", "e")))

    assert wire.result(wire.started(outer, "{'x': 21}")) == {"x": 21, "y": 42}
