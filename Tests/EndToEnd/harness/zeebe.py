"""Models in the dialect of job workers."""
import itertools
from xml.sax.saxutils import quoteattr

NUMBERS = itertools.count(1)

HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="Definitions_1" targetNamespace="urn:flow:tests">\n'
)


def fresh(prefix):
    """A name that no other test uses."""
    return f"{prefix}{next(NUMBERS)}"


def job(identifier, kind, more="", retries=3):
    """A service task that waits for a worker."""
    return (
        f'<bpmn:serviceTask id="{identifier}"><bpmn:extensionElements><zeebe:taskDefinition type={quoteattr(kind)} retries="{retries}" />'
        f"{more}</bpmn:extensionElements></bpmn:serviceTask>"
    )


def user_task(identifier, assignee=""):
    assigned = f'<zeebe:assignmentDefinition assignee="{assignee}" />' if assignee else ""
    return f'<bpmn:userTask id="{identifier}"><bpmn:extensionElements><zeebe:userTask />{assigned}</bpmn:extensionElements></bpmn:userTask>'


def message(name, key=""):
    """(root element, event definition) of a message."""
    subscription = (
        f"<bpmn:extensionElements><zeebe:subscription correlationKey={quoteattr(key)} /></bpmn:extensionElements>" if key else ""
    )
    root = f'<bpmn:message id="Message_{name}" name="{name}">{subscription}</bpmn:message>'
    return root, f'<bpmn:messageEventDefinition id="On_{name}" messageRef="Message_{name}" />'


def signal(name):
    """(root element, event definition) of a signal."""
    return (
        f'<bpmn:signal id="Signal_{name}" name="{name}" />',
        f'<bpmn:signalEventDefinition id="On_{name}" signalRef="Signal_{name}" />',
    )


def catch(identifier, definition):
    return f'<bpmn:intermediateCatchEvent id="{identifier}">{definition}</bpmn:intermediateCatchEvent>'


def start(identifier="Start", definition=""):
    return f'<bpmn:startEvent id="{identifier}">{definition}</bpmn:startEvent>'


def end(identifier="End"):
    return f'<bpmn:endEvent id="{identifier}" />'


def boundary(identifier, attached, definition):
    return f'<bpmn:boundaryEvent id="{identifier}" attachedToRef="{attached}">{definition}</bpmn:boundaryEvent>'


def path(*identifiers):
    """Flows from each to the next."""
    return "".join(
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}" />'
        for source, target in zip(identifiers, identifiers[1:])
    )


def process(identifier, *parts):
    return f'<bpmn:process id="{identifier}" isExecutable="true">{"".join(parts)}</bpmn:process>'


def file(*parts):
    """Root elements and processes as one file."""
    return f'{HEADER}{"".join(parts)}</bpmn:definitions>'


def one_job(kind, prefix="OneJob", more="", retries=3):
    """start → one job → end."""
    return file(process(fresh(prefix), start(), job("Work", kind, more, retries), end(), path("Start", "Work", "End")))
