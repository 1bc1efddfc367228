"""Instances that are kept on their way while daemons die: every start is repeated, with its own request id, until somebody says yes."""
import collections
import itertools
import json
import queue
import threading
import time

import grpc

from .v1 import V1
from .waiting import Timeout, until

STARTERS = 4
CALL_S = 5
DRAIN_S = 120
SHOWN_S = 30
POLL_S = 0.05
PAGE = 100
# A connection that fails is tried again at once: its address may be back, or another one leads now.
RECONNECT = (
    ("grpc.initial_reconnect_backoff_ms", 50), ("grpc.min_reconnect_backoff_ms", 500), ("grpc.max_reconnect_backoff_ms", 200),
    ("grpc.use_local_subchannel_pool", 1),
)
# A pulse that its flowd does not take is left to the starters, which ask the others too.
PULSE_EVERY_S, PULSE_CALL_S, PULSE_TRIES_S = 0.05, 0.5, 5.0
# Every so many starts are asked for once more, with the request id that was answered.
AGAIN_EVERY = 20


class Client:
    """Knows the addresses of all flowds, and goes to the next one when a call fails."""

    def __init__(self, flowds, first=0):
        self.flowds = flowds
        self.turn = first
        self.connection = None

    def __getattr__(self, name):
        def call(**fields):
            try:
                if self.connection is None:
                    self.connection = V1(self.flowds[self.turn % len(self.flowds)], options=RECONNECT)
                return getattr(self.connection, name)(**fields)
            except grpc.RpcError:
                self.close()
                self.turn += 1
                raise

        return call

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Load:
    """Keeps so many instances on their way. `accepted` is what flowd acknowledged: {request: instance}."""

    def __init__(self, flowds, deployment, wanted, pulses=False):
        self.flowds = flowds
        self.deployment = deployment
        self.wanted = wanted
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.left = queue.SimpleQueue()
        self.accepted = {}
        self.open = {}
        self.states = collections.Counter()
        self.failed = {}
        # Ended, by what the services saw, and shown by nobody.
        self.unshown = set()
        # Requests that were answered twice, with other instances.
        self.contradicted = []
        self.refusals = collections.Counter()
        # When a start was accepted, by this machine's monotonic clock.
        self.times = []
        self.starting = 0
        self.starts_allowed = True
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.starter, args=(number,), daemon=True) for number in range(STARTERS)]
        self.threads += [threading.Thread(target=self.pulse, args=(flowd,), daemon=True) for flowd in (flowds if pulses else ())]
        self.threads.append(threading.Thread(target=self.poller, daemon=True))

    def start(self):
        for thread in self.threads:
            thread.start()

    def finish(self):
        """Starts no more, and waits until all that was accepted has ended; what has not stays in `open`."""
        self.starts_allowed = False
        try:
            until(self.drained, "all accepted instances end", DRAIN_S)
        except Timeout as timeout:
            print(f"  {timeout}"[:400])
        self.ended.set()
        for thread in self.threads:
            thread.join(30)

    def drained(self):
        with self.lock:
            return not self.open and not self.starting and self.left.empty()

    # Starts

    def next_request(self):
        """The request of the next start, first those that somebody was asked before; None when enough are on their way."""
        with self.lock:
            try:
                request = self.left.get_nowait()
            except queue.Empty:
                if not self.starts_allowed or len(self.open) + self.starting >= self.wanted:
                    return None
                request = f"r{next(self.numbers)}"
            self.starting += 1
            return request

    def ask(self, client, request, timeout):
        """One attempt; whether it was accepted. An attempt that fails may have been accepted all the same."""
        payload = json.dumps({"request": request}).encode()
        try:
            answer = client.CreateInstance(
                deployment=self.deployment, payload=payload, content_type="application/json", request_id=request, timeout=timeout
            )
        except grpc.RpcError as error:
            with self.lock:
                self.refusals[error.code().name] += 1
            return False
        self.note_accepted(request, answer)
        return True

    def note_accepted(self, request, answer):
        instance = answer.instance_id
        with self.lock:
            self.times.append(time.monotonic())
            before = self.accepted.get(request)
            if before is None:
                self.accepted[request] = instance
                self.open[instance] = answer.position
            elif before != instance:
                self.contradicted.append(f"{request}: {before} and then {instance}")

    def starter(self, number):
        client = Client(self.flowds, number)
        asked = 0
        while not self.ended.is_set():
            request = self.next_request()
            if request is None:
                self.ended.wait(0.005)
                continue
            for _ in range(2 if asked % AGAIN_EVERY == 0 else 1):
                self.ask_until_accepted(client, request)
            asked += 1
            with self.lock:
                self.starting -= 1
        client.close()

    def ask_until_accepted(self, client, request):
        while not self.ended.is_set() and not self.ask(client, request, CALL_S):
            self.ended.wait(0.02)

    def pulse(self, flowd):
        """Asks one flowd all the time, also when enough are on their way, so that `times` has no gaps of its own."""
        client = Client([flowd])
        while self.starts_allowed and not self.ended.is_set():
            with self.lock:
                self.starting += 1
                request = f"p{next(self.numbers)}"
            began = time.monotonic()
            while not self.ask(client, request, PULSE_CALL_S):
                if not self.starts_allowed or time.monotonic() - began > PULSE_TRIES_S:
                    self.left.put(request)
                    break
                self.ended.wait(PULSE_EVERY_S)
            with self.lock:
                self.starting -= 1
            self.ended.wait(PULSE_EVERY_S)
        client.close()

    # What became of them

    def poller(self):
        client = Client(self.flowds)
        while not self.ended.is_set():
            with self.lock:
                open_now = sorted(self.open)
            try:
                for index in range(0, len(open_now), PAGE):
                    ids = open_now[index : index + PAGE]
                    self.note_states(ids, client.ListInstances(ids=ids, page_size=PAGE, timeout=CALL_S), client)
            except grpc.RpcError:
                pass
            self.ended.wait(POLL_S)
        client.close()

    def note_states(self, ids, answer, client):
        found = {instance.id: client.connection.state_name(instance) for instance in answer.instances}
        with self.lock:
            for instance in ids:
                state = found.get(instance)
                # A leader shows all that live; who is not there at a later position has ended before its time.
                if state is None and answer.position >= self.open[instance]:
                    self.unshown.add(instance)
                elif state == "INSTANCE_COMPLETED":
                    self.states[state] += 1
                elif state in (None, "INSTANCE_RUNNING"):
                    continue
                else:
                    self.failed[instance] = state
                del self.open[instance]

    def shown(self):
        """{instance: state} of all that flowd shows, once it shows what was accepted; what another one led is fetched after it took over."""
        found = {}

        def is_whole():
            found.clear()
            found.update(self.everything())
            return found.keys() >= set(self.accepted.values())

        try:
            until(is_whole, "flowd shows all that was accepted", SHOWN_S, every=1)
        except Timeout:
            print(f"  not all that was accepted is shown after {SHOWN_S} s")
        return found

    def everything(self):
        client = Client(self.flowds)
        found, token = {}, ""
        while True:
            answer = until(lambda: self.page(client, token), "a flowd lists its instances")
            found |= {instance.id: client.connection.state_name(instance) for instance in answer.instances}
            token = answer.next_page_token
            if not token:
                client.close()
                return found

    @staticmethod
    def page(client, token):
        try:
            return client.ListInstances(page_size=1000, page_token=token)
        except grpc.RpcError as error:
            raise AssertionError(error.details()) from None
