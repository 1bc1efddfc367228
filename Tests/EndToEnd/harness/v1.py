"""The house's own wire, flow.v1: stock stubs, generated here from proto/flow/v1/flow.proto."""
import functools
import importlib
import sys
import tempfile

import grpc
from grpc_tools import protoc

from .paths import ROOT
from .waiting import until

CALL_S = 20
ENDED = ("INSTANCE_COMPLETED", "INSTANCE_ERROR", "INSTANCE_STOPPED", "INSTANCE_CANCELED")


@functools.cache
def stubs():
    """(messages, service) modules, generated once per process."""
    folder = tempfile.mkdtemp(prefix="flow-v1-stubs-")
    proto = ROOT / "proto"
    status = protoc.main(
        ["protoc", f"-I{proto}", f"--python_out={folder}", f"--grpc_python_out={folder}", str(proto / "flow/v1/flow.proto")]
    )
    if status != 0:
        raise RuntimeError(f"protoc ended with {status}")
    sys.path.insert(0, folder)
    return importlib.import_module("flow.v1.flow_pb2"), importlib.import_module("flow.v1.flow_pb2_grpc")


class V1:
    """One channel to flowd's flow.v1.Flow. `stub` and `messages` are the stock ones."""

    def __init__(self, flowd, credentials=None, options=()):
        self.messages, service = stubs()
        every = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1), *options]
        address = flowd if isinstance(flowd, str) else flowd.grpc
        self.channel = grpc.secure_channel(address, credentials, every) if credentials else grpc.insecure_channel(address, every)
        self.stub = service.FlowStub(self.channel)

    def close(self):
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __getattr__(self, name):
        """v1.CreateInstance(deployment=…): the call with its request made of the keywords, and a deadline."""
        request = getattr(self.messages, f"{name}Request")
        method = getattr(self.stub, name)

        def call(timeout=CALL_S, headers=None, **fields):
            return method(request(**fields), timeout=timeout, metadata=headers)

        return call

    def state_name(self, instance):
        return self.messages.InstanceState.Name(instance.state)

    def ended(self, instance, seconds=20.0):
        """The instance once it has come to an end."""

        def done():
            found = self.GetInstance(id=instance).instance
            return found if self.state_name(found) in ENDED else None

        return until(done, f"{instance} ends", seconds)


def code(function, *arguments, **options):
    """The status code and text of a call that must be refused."""
    try:
        answer = function(*arguments, **options)
        if hasattr(answer, "__next__"):
            answer = list(answer)
    except grpc.RpcError as error:
        return error.code().name, error.details()
    raise AssertionError(f"not refused: {str(answer)[:300]}")
