"""A bank that refuses large amounts, and a warehouse."""
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def charge(arguments):
    amount = arguments[0]
    if amount > 500:
        return 402, {"message": "over the card's limit"}
    return 200, {"amount": amount, "charged": True}


def ship(payment):
    return 200, payment | {"shipped": True}


ROLES = {"charge": charge, "ship": ship}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept: flowd calls again and again
    disable_nagle_algorithm = True  # an answer is two small writes; the second must not wait for the first

    def do_GET(self):
        """The health probe."""
        self.reply(200, {"status": 0, "message": "Ok."})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, result = ROLES[sys.argv[1]](json.loads(body or b"null"))
        except (KeyError, TypeError, ValueError) as error:
            status, result = 400, {"message": f"{type(error).__name__}: {error}"}
        self.reply(status, result)

    def reply(self, status, value):
        data = json.dumps(value, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        if self.command == "POST":  # probes come every second and say nothing
            print(format % args, flush=True)


if __name__ == "__main__":
    # flowd chose a free port and probes it; nobody but this machine can reach it.
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
