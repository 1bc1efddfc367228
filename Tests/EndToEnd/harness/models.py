"""Models of the corpus, variants of them, and small ones of the tests' own."""
import itertools
import json
import re
from xml.sax.saxutils import escape, quoteattr

from .paths import EXAMPLES, corpus

NUMBERS = itertools.count(1)

SIMPLE = "tests/integration/data/test1_simple.bpmn"
ISTIO_UNDERPANTS = "examples/istio/istio-underpants.bpmn"
FULL = "examples/full-functionality"

HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="Definitions_1" targetNamespace="urn:flow:tests">\n'
)


def text(relative):
    """A corpus model as it lies there."""
    return corpus(relative).read_text(encoding="utf-8")


def example(name):
    return (EXAMPLES / name).read_text(encoding="utf-8")


def unique(xml):
    """The same model under another process id, so that it is another deployment."""
    old = re.search(r'<bpmn:process id="([^"]+)"', xml).group(1)
    new = f"{old}-{next(NUMBERS)}"
    return xml.replace(f'<bpmn:process id="{old}"', f'<bpmn:process id="{new}"').replace(
        f'bpmnElement="{old}"', f'bpmnElement="{new}"'
    )


def replaced(xml, *pairs):
    """`xml` with each (old, new) put in place; an `old` that is not there is a mistake of the test."""
    for old, new in pairs:
        assert old in xml, f"the model has no {old!r}"
        xml = xml.replace(old, new)
    return xml


def fresh(prefix):
    """A process id that no other test uses."""
    return f"{prefix}{next(NUMBERS)}"


class Model:
    """A process in the rexflow dialect. Every method returns the model, so that calls chain.

    Annotations are written as JSON, which is YAML too.
    """

    def __init__(self, process_id, **properties):
        self.process_id = process_id
        self.parts = []
        self.notes = []
        self.count = itertools.count(1)
        if properties:
            self.note(None, {"rexflow_global_properties": properties})

    def note(self, element, document):
        identifier = f"Note_{next(self.count)}"
        (key, value), = document.items()
        self.notes.append(
            f'<bpmn:textAnnotation id="{identifier}"><bpmn:text>{escape(f"{key}: {json.dumps(value)}")}</bpmn:text></bpmn:textAnnotation>'
        )
        if element:
            self.notes.append(f'<bpmn:association id="Of_{identifier}" sourceRef="{element}" targetRef="{identifier}" />')
        return self

    def element(self, kind, identifier, name=None, inside="", **attributes):
        named = f" name={quoteattr(name)}" if name else ""
        more = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
        self.parts.append(f'<bpmn:{kind} id="{identifier}"{named}{more}>{inside}</bpmn:{kind}>')
        return self

    def start(self, identifier="Start", name=None):
        return self.element("startEvent", identifier, name)

    def end(self, identifier="End", name=None):
        return self.element("endEvent", identifier, name)

    def task(self, identifier, host, name=None, inputs=None, outputs=None, call=None, health=None, **service):
        """A service task; `inputs`, `outputs`: parameter name to its text; `service`: more keys of the service section."""
        parameters = "".join(
            f"<camunda:{kind}Parameter name={quoteattr(key)}>{escape(value)}</camunda:{kind}Parameter>"
            for kind, declared in (("input", inputs), ("output", outputs))
            for key, value in (declared or {}).items()
        )
        extension = f"<bpmn:extensionElements><camunda:inputOutput>{parameters}</camunda:inputOutput></bpmn:extensionElements>"
        preexisting = {"preexisting": True} if service.pop("preexisting", False) else {}
        annotation = preexisting | {"service": {"host": host, "port": 5000, **service}}
        if call:
            annotation["call"] = call
        # A preexisting service is probed only when the model says so.
        if health or not preexisting:
            annotation["health"] = {"period": 1, "timeout": 1} | (health or {})
        self.element("serviceTask", identifier, name, extension if parameters else "")
        return self.note(identifier, {"rexflow": annotation})

    def flow(self, source, target, condition=None):
        inside = ""
        if condition:
            inside = f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(condition)}</bpmn:conditionExpression>'
        return self.element("sequenceFlow", f"Flow_{next(self.count)}", None, inside, sourceRef=source, targetRef=target)

    def path(self, *identifiers):
        """Flows from each to the next."""
        for source, target in zip(identifiers, identifiers[1:]):
            self.flow(source, target)
        return self

    def xml(self):
        body = "\n    ".join(self.parts + self.notes)
        return (
            f'{HEADER}  <bpmn:process id="{self.process_id}" isExecutable="true">\n    {body}\n  </bpmn:process>\n'
            f'  <bpmndi:BPMNDiagram id="Diagram_1"><bpmndi:BPMNPlane id="Plane_1" bpmnElement="{self.process_id}" />'
            "</bpmndi:BPMNDiagram>\n</bpmn:definitions>\n"
        )


def one_task(prefix, host="echo", call=None, health=None, **properties):
    """start → one task → end: the shape most rows need."""
    model = Model(fresh(prefix), **properties).start().task("Work", host, call=call, health=health).end()
    return model.path("Start", "Work", "End").xml()


def nothing(prefix, end_name=None):
    """start → end."""
    return Model(fresh(prefix)).start().end(name=end_name).path("Start", "End").xml()
