"""Fixture services: the original's, in threads of the test's process, one port per host name, controllable and counting."""
import collections
import contextlib
import http.server
import json
import socket
import threading
import time

Call = collections.namedtuple("Call", "method path headers body")


def answer(data, status=200, content_type="application/json"):
    """A plan: answer this."""
    body = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
    return lambda handler, call: handler.reply(status, body, content_type)


def fail(status):
    return answer({"message": f"planned {status}"}, status)


def drop(handler, call):
    """A plan: hang up without an answer."""
    handler.hang_up()


def hang(event):
    """A plan: wait for the event (or half a minute), then answer as usual."""

    def plan(handler, call):
        event.wait(30)
        handler.answer_as_usual(call)

    return plan


def trickle(data, seconds):
    """A plan: the right answer, byte by byte over the time."""

    def plan(handler, call):
        body = json.dumps(data, separators=(",", ":")).encode()
        handler.start_reply(200, len(body), "application/json")
        for index in range(len(body)):
            handler.wfile.write(body[index : index + 1])
            handler.wfile.flush()
            time.sleep(seconds / len(body))

    return plan


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A caller that was killed leaves broken connections; that is not this server's trouble."""


class Service:
    """One host of the models. `usual(call, json)` makes the answer; `plans` come first, `always` before all."""

    def __init__(self, name, usual):
        self.name = name
        self.usual = usual
        self.port = 0
        self.server = None
        self.lock = threading.Lock()
        self.open_sockets = set()
        self.reset()
        self.start()

    def reset(self):
        with self.lock:
            self.plans = collections.deque()
            self.always = None
            self.calls = []
            self.probes = 0
            self.healthy = True

    def start(self):
        """Listens, on the same port as before."""
        if self.server is None:
            self.server = Server(("127.0.0.1", self.port), type("Handler", (Handler,), {"service": self}))
            self.port = self.server.server_address[1]
            threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        """Listens no more and hangs up on everybody."""
        if self.server is None:
            return
        self.server.shutdown()
        self.server.server_close()
        self.server = None
        with self.lock:
            sockets = list(self.open_sockets)
        for connection in sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def bodies(self):
        return [json.loads(call.body) for call in self.calls]

    def calls_of(self, instance):
        return [call for call in self.calls if call.headers.get("X-Rexflow-Iid") == instance]

    def next_plan(self):
        with self.lock:
            if self.always is not None:
                return self.always
            return self.plans.popleft() if self.plans else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    service = None

    def setup(self):
        super().setup()
        with self.service.lock:
            self.service.open_sockets.add(self.connection)

    def finish(self):
        with self.service.lock:
            self.service.open_sockets.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def do_GET(self):
        with self.service.lock:
            self.service.probes += 1
            healthy = self.service.healthy
        self.reply(200 if healthy else 503, b'{"status":0,"message":"Ok."}', "application/json")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        call = Call(self.command, self.path, self.headers, body)
        with self.service.lock:
            self.service.calls.append(call)
        plan = self.service.next_plan()
        if plan is None:
            self.answer_as_usual(call)
        else:
            plan(self, call)

    do_PUT = do_PATCH = do_DELETE = do_POST

    def answer_as_usual(self, call):
        try:
            document = json.loads(call.body or b"null")
        except ValueError:
            self.reply(400, b'{"message":"not JSON"}', "application/json")
            return
        self.reply(200, json.dumps(self.service.usual(call, document), separators=(",", ":")).encode(), "application/json")

    def start_reply(self, status, length, content_type):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def reply(self, status, body, content_type):
        self.start_reply(status, len(body), content_type)
        self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format, *args):
        """Tests read `calls`, nobody reads a log."""


def merged(**more):
    return lambda call, body: {**(body if isinstance(body, dict) else {}), **more}


def sauce(call, body):
    if call.path.startswith("/biscuits"):
        return {"Biscuits": "Hot and Fluffy"}
    return merged(sauce="Applied.")(call, body)


def add(number):
    return lambda call, body: {**body, "val": body["val"] + number}


def calc(call, body):
    return [2 * float(x) ** 2 for x in body] if isinstance(body, list) else []


def favorite_food(call, body):
    coworker = call.path.split("/")[2]
    return {"coworker_name": coworker, "favorite_food": {"Gary": "Tumble 22"}.get(coworker, "McDonald's")}


def email(call, body):
    return {"person_i_emailed": body["recipient"], "ignored": True}


USUAL = {
    "collect": lambda call, body: {"underpants": "Collected."},
    "collect-test": lambda call, body: {"underpants": "Collected."},
    "secret-sauce": sauce,
    "my-secret-sauce": sauce,
    "sauce-test": sauce,
    "unreliable-sauce": sauce,
    "unreliablesauce-test": sauce,
    "profit": merged(cashflow="Positive!"),
    "profit-test": merged(cashflow="Positive!"),
    "increment-test": add(1),
    "decrement-test": add(-1),
    "orz": merged(cashflow="Orz"),
    "calc": calc,
    "task0": merged(task0="done"),
    "task1": merged(task1="done"),
    "task2": merged(task2="done"),
    "collect-people": lambda call, body: {"person1": "hong", "person2": "jon", "undeclared": "dropped"},
    "fake-email": email,
    "fake-email-2": email,
    "underpants-array": lambda call, body: ["hong", "jon", "colt"],
    "whooppee": lambda call, body: {"whooppee_cushion": "pfft"},
    "favorite-food": favorite_food,
    "count-victims": lambda call, body: {"victim_count": len(body)},
    # For models of the tests' own.
    "echo": lambda call, body: body,
    "first": merged(first="done"),
    "second": merged(second="done"),
    "third": merged(third="done"),
}


class Services:
    """All of them, by host name."""

    def __init__(self):
        self.all = {name: Service(name, usual) for name, usual in USUAL.items()}

    def __getitem__(self, name):
        return self.all[name]

    def resolve(self):
        return {name: service.address for name, service in self.all.items()}

    def reset(self):
        for service in self.all.values():
            service.reset()
            service.start()

    def stop(self):
        for service in self.all.values():
            service.stop()
