"""flowctl lint: what it says, to whom, and with which exit code."""
import json

import pytest

from harness.daemons import flowctl
from harness.paths import CORPUS

ZEEBE = 'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'


def model(body, attributes='isExecutable="true"'):
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        f'{ZEEBE} id="d" targetNamespace="t">\n<bpmn:process id="p" {attributes}>\n{body}\n</bpmn:process></bpmn:definitions>'
    )


CLEAN = (
    '<bpmn:startEvent id="s"/><bpmn:userTask id="a" name="A"/><bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="a"/><bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="e"/>'
)
# A user task beside the end event leads nowhere.
WARNED = CLEAN + '\n<bpmn:userTask id="b" name="B"/>\n<bpmn:sequenceFlow id="f3" sourceRef="a" targetRef="b"/>'
BROKEN = CLEAN + '\n<bpmn:serviceTask id="b" name="B"/><bpmn:sequenceFlow id="f3" sourceRef="a" targetRef="b"/>'
MAPPED = (
    '<bpmn:startEvent id="s"/>'
    '<bpmn:userTask id="a" name="A"><bpmn:extensionElements><zeebe:ioMapping>'
    '<zeebe:input source="=order.id" target="local"/><zeebe:output source="=result" target="total"/>'
    "</zeebe:ioMapping></bpmn:extensionElements></bpmn:userTask>"
    '<bpmn:exclusiveGateway id="x" name="X" default="f4"/><bpmn:endEvent id="e"/><bpmn:endEvent id="e2"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="a"/><bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="x"/>'
    '<bpmn:sequenceFlow id="f3" sourceRef="x" targetRef="e"><bpmn:conditionExpression>CONDITION</bpmn:conditionExpression></bpmn:sequenceFlow>'
    '<bpmn:sequenceFlow id="f4" sourceRef="x" targetRef="e2"/>'
)


@pytest.fixture
def write(tmp_path):
    def write(body, name="m.bpmn"):
        file = tmp_path / name
        file.write_text(model(body))
        return file

    return write


def codes(done):
    return [finding["code"] for line in done.stdout.splitlines() for finding in json.loads(line)["findings"]]


def test_a_clean_file_says_nothing(write):
    done = flowctl("lint", write(CLEAN))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_warning_counts_only_when_it_is_asked_for(write):
    file = write(WARNED)

    plain, strict = flowctl("lint", file), flowctl("lint", "--strict", file)

    assert (plain.returncode, strict.returncode) == (0, 1)
    assert plain.stdout == strict.stdout
    assert plain.stdout.startswith(f"{file}:4: warning: ")
    assert "(b)" in plain.stdout and "; try: " in plain.stdout and plain.stdout.endswith("[dead-end]\n")


def test_errors_fail_and_those_of_validate_are_among_them(write):
    done = flowctl("lint", "-o", "json", write(BROKEN))

    assert done.returncode == 1
    assert "task-type-missing" in codes(done)


def test_a_rule_can_be_left_out(write):
    done = flowctl("lint", "--strict", "--ignore", "dead-end", write(WARNED))

    assert (done.returncode, done.stdout) == (0, "")
    assert flowctl("lint", "--ignore", "no-such-rule", write(WARNED)).returncode == 2


@pytest.mark.parametrize(
    "condition, expected",
    [
        ("=total > 3", []),
        ("=order.id = 1", []),
        ("=totl > 3", ["undefined-variable"]),
        ("=cuont(total) > 3", ["unknown-function"]),
        ("=count(total) > 3", []),
        ("=total &gt;", ["expression"]),
        ("=every x in [1, 2] satisfies x > total", []),
        ("${total > 3}", []),
    ],
)
def test_variables_that_nothing_writes_are_notes_and_broken_expressions_errors(write, condition, expected):
    # `order` comes with the start, so that it is told once, at the mapping.
    done = flowctl("lint", "-o", "json", write(MAPPED.replace("CONDITION", condition.replace(">", "&gt;").replace("&&gt;gt;", "&gt;"))))

    assert sorted(codes(done)) == sorted(["undefined-variable", *expected])
    assert done.returncode == (1 if "expression" in expected else 0)


def test_a_variable_is_written_before_it_is_read(write):
    body = MAPPED.replace("CONDITION", "=1 = 1").replace("=order.id", "=later").replace(
        '<bpmn:endEvent id="e"/>',
        '<bpmn:endEvent id="e"><bpmn:extensionElements><zeebe:ioMapping><zeebe:output source="=1" target="later"/>'
        "</zeebe:ioMapping></bpmn:extensionElements></bpmn:endEvent>",
    )

    done = flowctl("lint", write(body))

    assert "written only by 'e', and never before" in done.stdout


def test_every_form(write):
    file = write(WARNED)

    assert json.loads(flowctl("lint", "-o", "json", file).stdout)["warnings"] == 1
    assert "code: dead-end" in flowctl("lint", "-o", "yaml", file).stdout
    assert flowctl("lint", "-o", "name", file, write(CLEAN, "clean.bpmn")).stdout == f"{file}\n"
    table = flowctl("lint", "-o", "table", file).stdout.splitlines()
    assert table[0].split()[:4] == ["FILE", "LINE", "SEVERITY", "RULE"]
    assert len(table) == 2


def test_the_rules_explain_themselves():
    lines = [json.loads(line) for line in flowctl("lint", "--rules", "-o", "json").stdout.splitlines()]

    assert {"dead-end", "undefined-variable", "choice-joined-in-parallel", "timer-spec"} <= {line["code"] for line in lines}
    assert all(line["explanation"].endswith(".") and line["severity"] in ("error", "warning", "note") for line in lines)
    text = flowctl("lint", "--rules")
    assert text.returncode == 0 and "dead-end (warning)\n" in text.stdout


def test_without_a_file_the_usage_is_wrong():
    done = flowctl("lint")

    assert done.returncode == 2 and "--rules" in done.stderr


def test_the_scenarios_that_run_have_no_error_and_the_others_name_their_element():
    refused = {"practice-18.bpmn": "g", "practice-32.bpmn": "weldFrame"}
    files = sorted((CORPUS / "execute/models").glob("*.bpmn"))
    done = flowctl("lint", "-o", "json", *files)

    found = {}
    for file, line in zip(files, done.stdout.splitlines(), strict=True):
        errors = {finding["element"] for finding in json.loads(line)["findings"] if finding["severity"] == "error"}
        if errors:
            found[file.name] = errors
    assert found == {name: {element} for name, element in refused.items()}
