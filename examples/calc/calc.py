"""Answers a list of numbers with twice the square of each."""
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def answer(numbers):
    # A start without arguments has the body {}: nothing to calculate.
    return 200, [2 * float(x) ** 2 for x in numbers]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept: flowd calls again and again
    disable_nagle_algorithm = True  # an answer is two small writes; the second must not wait for the first

    def do_GET(self):
        """The health probe."""
        self.reply(200, {"status": 0, "message": "Ok."})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, result = answer(json.loads(body or b"null"))
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
