"""The original's wire: stock stubs, generated here from original.proto."""
import functools
import importlib
import json
import pathlib
import sys
import tempfile

import grpc
from grpc_tools import protoc

from .waiting import until

PROTO = pathlib.Path(__file__).resolve().parents[1] / "original.proto"
CALL_S = 20
DEPLOYMENT, INSTANCE = 0, 1
ENDED = ("COMPLETED", "ERROR", "STOPPED")


@functools.cache
def stubs():
    """(messages, service) modules, generated once per process."""
    folder = tempfile.mkdtemp(prefix="flow-stubs-")
    status = protoc.main(["protoc", f"-I{PROTO.parent}", f"--python_out={folder}", f"--grpc_python_out={folder}", str(PROTO)])
    if status != 0:
        raise RuntimeError(f"protoc ended with {status}")
    sys.path.insert(0, folder)
    return importlib.import_module("original_pb2"), importlib.import_module("original_pb2_grpc")


class Result:
    """A FlowdResult with its JSON read."""

    def __init__(self, message):
        self.status = message.status
        self.message = message.message
        self.text = message.data
        self.data = json.loads(message.data) if message.data else None

    def __repr__(self):
        return f"Result({self.status}, {self.message!r}, {self.text[:1000]!r})"

    def ok(self):
        """The data of an answer that is normal as a whole."""
        assert (self.status, self.message) == (0, "Ok"), self
        return self.data


class Wire:
    """One channel to flowd; a method per RPC, and what tests ask again and again."""

    def __init__(self, flowd, authority=None):
        self.messages, service = stubs()
        options = [("grpc.default_authority", authority)] if authority else []
        self.channel = grpc.insecure_channel(flowd.grpc, options=options)
        self.stub = service.FlowDaemonStub(self.channel)

    def close(self):
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def pairs(self, metadata):
        return [self.messages.StringPair(key=key, value=value) for key, value in (metadata or {}).items()]

    def apply(self, xml, stopped=False):
        return Result(self.stub.ApplyWorkflow(self.messages.ApplyRequest(bpmn_xml=xml, stopped=stopped), timeout=CALL_S))

    def validate(self, xml):
        return Result(self.stub.ValidateWorkflow(self.messages.ValidateRequest(bpmn_xml=xml), timeout=CALL_S))

    def ps(self, kind, ids=(), metadata=None):
        request = self.messages.PSRequest(kind=kind, ids=ids, metadata=self.pairs(metadata))
        return Result(self.stub.PSQuery(request, timeout=CALL_S))

    def probe(self, *ids):
        return Result(self.stub.ProbeWorkflow(self.messages.ProbeRequest(ids=ids), timeout=CALL_S))

    def run(self, workflow, *args, start=None, metadata=None, stopped=False):
        request = self.messages.RunRequest(
            workflow_id=workflow, args=args, stopped=stopped, start_event_id=start or "", metadata=self.pairs(metadata)
        )
        return Result(self.stub.RunWorkflow(request, timeout=CALL_S))

    def start(self, kind, *ids):
        return Result(self.stub.StartWorkflow(self.messages.StartRequest(kind=kind, ids=ids), timeout=CALL_S))

    def stop(self, kind, *ids, force=False):
        return Result(self.stub.StopWorkflow(self.messages.StopRequest(kind=kind, ids=ids, force=force), timeout=CALL_S))

    def delete(self, kind, *ids):
        return Result(self.stub.DeleteWorkflow(self.messages.DeleteRequest(kind=kind, ids=ids), timeout=CALL_S))

    def update(self, text):
        return Result(self.stub.UpdateWorkflow(self.messages.UpdateRequest(update_spec=text), timeout=CALL_S))

    # What tests ask again and again.

    def applied(self, xml, stopped=False):
        """The id of a deployment that must be new and good."""
        data = self.apply(xml, stopped).ok()
        assert data["status"] == 0, data
        return data["wf_id"]

    def state(self, deployment):
        return self.ps(DEPLOYMENT, [deployment]).ok()[deployment].get("state")

    def wait_state(self, deployment, state, seconds=20.0):
        until(lambda: self.state(deployment) == state, f"{deployment} is {state} (now {self.state(deployment)})", seconds)

    def started(self, workflow, *args, **options):
        """The id of an instance that must start."""
        data = self.run(workflow, *args, **options).ok()
        assert data.get("status") == 0, data
        return data["id"]

    def record(self, instance):
        return self.ps(INSTANCE, [instance]).ok().get(instance, {})

    def ended(self, instance, seconds=20.0):
        """The record of an instance once it is COMPLETED, ERROR or STOPPED."""

        def done():
            record = self.record(instance)
            return record if record.get("state") in ENDED else None

        return until(done, f"{instance} ends", seconds)

    def completed(self, instance, seconds=20.0):
        record = self.ended(instance, seconds)
        assert record["state"] == "COMPLETED", record
        return record

    def result(self, instance, seconds=20.0):
        return json.loads(self.completed(instance, seconds)["result"])
