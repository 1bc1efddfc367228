"""Rows A57 to A60: the closure transport."""
import json

import pytest
import requests

from harness import models
from test_run import process_id_of, start_url

pytestmark = pytest.mark.each_store

CLOSURE = f"{models.FULL}/closure"


def test_a57_variables(wire, services, deployed):
    deployment = deployed(f"{CLOSURE}/closure_example.bpmn")

    record = wire.completed(wire.started(deployment))

    assert record["end_event"] == "emailed-1"
    context = json.loads(record["result"])
    assert context == {"number": 1, "person1": "hong", "person2": "jon", "person_who_got_emailed": "hong"}
    assert services["fake-email"].bodies == [{"recipient": "hong"}]
    assert services["collect-people"].bodies == [{}]


def test_a58_arrays_and_the_dot(wire, services, deployed):
    deployment = deployed(f"{CLOSURE}/closure_array.bpmn")

    context = wire.result(wire.started(deployment))

    assert context == {"victims": ["hong", "jon", "colt"], "whooppee_cushion": "pfft", "total_victims": 3}
    assert services["count-victims"].bodies == [["hong", "jon", "colt"]]
    assert services["whooppee"].calls[0].path == "/whooppee_cushion"


LITERALS = {"INTEGER": ("1", 1), "STRING": ('"x"', "x"), "DOUBLE": ("2.5", 2.5), "BOOLEAN": ("true", True), "JSON_ARRAY": ("[1, 2]", [1, 2]), "JSON_OBJECT": ('{"a": 1}', {"a": 1})}


def test_a59_default_literals_are_typed(wire, services, up):
    inputs = {f"in_{kind}": f"not_there: {kind}\ndefault: {literal}" for kind, (literal, _) in LITERALS.items()}
    outputs = {f"out_{kind}": f"not_there: {kind}\ndefault: {literal}" for kind, (literal, _) in LITERALS.items()}
    model = models.Model(models.fresh("Defaults"), use_closure_transport=True).start()
    model.task("Work", "echo", inputs=inputs, outputs=outputs).end()
    deployment = up(model.path("Start", "Work", "End").xml())

    context = wire.result(wire.started(deployment))

    assert services["echo"].bodies == [{f"in_{kind}": value for kind, (_, value) in LITERALS.items()}]
    assert context == {f"out_{kind}": value for kind, (_, value) in LITERALS.items()}


def test_a59_an_omitted_type_is_an_object(wire, services, up):
    model = models.Model(models.fresh("NoType"), use_closure_transport=True).start()
    model.task("Make", "first", outputs={"made": "."}).task("Use", "echo", inputs={"used": "made"}).end()
    deployment = up(model.path("Start", "Make", "Use", "End").xml())

    assert wire.result(wire.started(deployment)) == {"made": {"first": "done"}}
    assert services["echo"].bodies == [{"used": {"first": "done"}}]


def test_a61_a_path_is_filled_from_the_context(flowd, wire, services, up):
    """The task declares no input, so that its service is called with {}; the name in the path is the context's."""
    xml = models.unique(models.text(f"{models.FULL}/path_templating/path_templating.bpmn"))
    deployment = up(xml)
    url = start_url(flowd, process_id_of(xml), deployment)

    gary = requests.post(url, json={"coworker": "Gary"}, timeout=10).json()["id"]
    assert wire.result(gary) == {"coworker": "Gary", "food": "Tumble 22"}
    assert [(call.path, call.body) for call in services["favorite-food"].calls_of(gary)] == [("/coworker/Gary/favorite-food", b"{}")]

    ann = requests.post(url, json={"coworker": "Ann"}, timeout=10).json()["id"]
    assert wire.result(ann)["food"] == "McDonald's"

    nobody = requests.post(url, json={"other": 1}, timeout=10).json()["id"]
    assert wire.ended(nobody)["error_code"] == "FAILED_CONTEXT_INPUT_PARSING"
    assert not services["favorite-food"].calls_of(nobody)


@pytest.mark.parametrize(
    "file, code", [("closure_bad_input", "FAILED_CONTEXT_INPUT_PARSING"), ("closure_bad_output", "FAILED_CONTEXT_OUTPUT_PARSING")]
)
def test_a60_missing_values(wire, deployed, file, code):
    deployment = deployed(f"{models.FULL}/error_gateway/{file}.bpmn")

    record = wire.ended(wire.started(deployment))

    assert (record["state"], record["error_code"], record["failed_task_id"]) == ("ERROR", code, "Task_1nyu98k")
