"""Rows A1 to A5: flowctl by itself, and the wire as a whole."""
import json
import re
from concurrent import futures

import grpc
import pytest

from harness import models
from harness.daemons import flowctl, running
from harness.wire import INSTANCE, Wire, stubs


def test_a01_help_on_stdout_and_exit_codes():
    bare = flowctl()
    assert bare.returncode == 1
    assert "apply" in bare.stdout and "validate" in bare.stdout

    assert flowctl("bogus").returncode == 2

    verb = flowctl("ps", "-h")
    assert verb.returncode == 0
    for option in ("-k", "-d", "-i", "-o", "--kubernetes-output"):
        assert option in verb.stdout, option


def test_a02_flags_win_over_the_environment(flowd):
    elsewhere = {"FLOWD_HOST": "h", "FLOWD_PORT": "1"}
    host, port = flowd.grpc.rsplit(":", 1)

    refused = flowctl("ps", environment=elsewhere)
    assert refused.returncode == 255
    assert "h:1" in refused.stderr

    assert flowctl("--flowd_host", host, "--flowd_port", port, "ps", environment=elsewhere).returncode == 0


def test_a03_empty_ps(own):
    with running(own()) as flowd:
        plain = flowctl("ps", flowd=flowd)
        assert plain.returncode == 0
        assert plain.stdout == ""
        assert re.search(r'\|flowctl\|INFO\|[^|]*:\d+\|Got response: 0, "Ok", \{\}$', plain.stderr, re.MULTILINE), plain.stderr

        assert flowctl("ps", "-o", flowd=flowd).stdout.strip() == "{}"


def test_a04_stock_stubs_reach_all_nine_rpcs(wire):
    xml = models.one_task("Nine")
    deployment = wire.applied(xml)
    wire.wait_state(deployment, "RUNNING")
    instance = wire.started(deployment)
    wire.completed(instance)

    answers = {
        "validate": wire.validate(xml),
        "ps": wire.ps(INSTANCE, [instance]),
        "probe": wire.probe(deployment),
        "start": wire.start(INSTANCE, instance),
        "stop": wire.stop(INSTANCE, instance),
        "delete": wire.delete(INSTANCE, instance),
        "update": wire.update(""),
    }

    # A status that was not implemented would have been raised as an RpcError; the envelope is the original's.
    for name, result in answers.items():
        assert result.status in (0, -1), (name, result)
        assert (result.message == "Ok") == (result.status == 0), (name, result)
    assert answers["update"].ok() == {}


def test_a05_authority_is_flowd_9001():
    seen = []
    messages, _ = stubs()

    def ps(request, context):
        # grpcio tells a handler the :authority only here.
        seen.append(context._rpc_event.call_details.host)
        return messages.FlowdResult(status=0, message="Ok", data="{}")

    handler = grpc.unary_unary_rpc_method_handler(ps, messages.PSRequest.FromString, messages.FlowdResult.SerializeToString)
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("FlowDaemon", {"PSQuery": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        done = flowctl("--flowd_host", "127.0.0.1", "--flowd_port", port, "ps", "-o")
    finally:
        server.stop(None)

    assert done.returncode == 0, done.stderr
    assert [host.decode() if isinstance(host, bytes) else host for host in seen] == ["flowd:9001"]
    assert json.loads(done.stdout) == {}


def test_reflection_and_health_are_served(flowd):
    from grpc_health.v1 import health_pb2, health_pb2_grpc
    from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

    with grpc.insecure_channel(flowd.grpc) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        assert health.Check(health_pb2.HealthCheckRequest(), timeout=5).status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as unknown:
            health.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=5)
        assert unknown.value.code() == grpc.StatusCode.NOT_FOUND

        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        answers = list(reflection.ServerReflectionInfo(iter([request]), timeout=5))
        names = {service.name for service in answers[0].list_services_response.service}
        assert {"FlowDaemon", "flow.v1.Flow", "grpc.health.v1.Health"} <= names


def test_an_unknown_method_is_unimplemented_at_once(flowd):
    with grpc.insecure_channel(flowd.grpc) as channel:
        call = channel.unary_unary("/FlowDaemon/Bogus", request_serializer=bytes, response_deserializer=bytes)
        with pytest.raises(grpc.RpcError) as refused:
            call(b"", timeout=5)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_message_over_the_limit_is_refused(flowd, wire):
    with pytest.raises(grpc.RpcError) as refused:
        wire.validate("x" * (6 << 20))
    assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_the_zeebe_port_serves_the_same_daemon(flowd):
    class Other:
        grpc = flowd.endpoints["zeebe"]

    with Wire(Other) as wire:
        assert wire.ps(INSTANCE, ["nobody"]).ok() == {}
