#!/usr/bin/env python3
"""The services of the kill loop and of the failover loop: a process of their own that outlives every flowd and keeps its own books.

    kill_services.py [--host ADDRESS] [--slowest SECONDS] BOOK
                            prints {"service": "ADDRESS:port"} and serves until its standard input ends

Each call is one line in BOOK: service, instance, element, idempotency key, and the request that the instance was started by. The line is
written before the answer goes out, in one write to a file opened for appending, so that lines of many threads do not mix.
"""
import argparse
import http.server
import json
import os
import random
import sys
import threading
import time

SERVICES = ("first", "second", "third", "last")


def handler(service, book, slowest_s):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            self.reply({})

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            fields = [self.headers.get(name, "-") for name in ("X-Rexflow-Iid", "X-Rexflow-Tid", "Idempotency-Key")]
            os.write(book, ("\t".join([service, *fields, str(body.get("request", "-"))]) + "\n").encode())
            time.sleep(random.uniform(0, slowest_s))
            self.reply({**body, service: "done"})

        def reply(self, value):
            data = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format, *args):
            """The book says it all."""

    return Handler


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A killed caller leaves broken connections."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("book")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--slowest", type=float, default=0.05, help="seconds that an answer takes at most")
    options = parser.parse_args()
    book = os.open(options.book, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    addresses = {}
    for service in SERVICES:
        server = Server((options.host, 0), handler(service, book, options.slowest))
        addresses[service] = f"{options.host}:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps(addresses), flush=True)
    # The parent holds the other end: when it is gone, however it went, so are the services.
    sys.stdin.read()


if __name__ == "__main__":
    main()
