"""Who may ask the HTTP ports: not a page that rebound its name, and not a page of another site."""
import contextlib
import http.server
import json
import re
import subprocess
import threading

import pytest
import requests

from harness import models
from harness.daemons import Flowd, flowctl, running
from harness.paths import program
from harness.waiting import stays
from harness.wire import Wire
from test_dashboard import browsing
from test_run import process_id_of, start_url

EVIL = "http://evil.example"


@pytest.mark.parametrize("name", ["flowd", "healthd"])
def test_a_name_that_was_rebound_is_misdirected(name, flowd, healthd):
    daemon = {"flowd": flowd, "healthd": healthd}[name]
    port = daemon.endpoints["http"].rsplit(":", 1)[1]

    for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example", "10.1.2.3"):
        for path in ("/livez", "/metrics", "/", "/nowhere"):
            answer = requests.get(daemon.url + path, headers={"Host": host}, timeout=5)
            assert (answer.status_code, answer.headers["Content-Type"]) == (421, "application/problem+json"), (host, path)
            assert host in answer.json()["detail"] and "--http-hosts" in answer.json()["hint"]
    for host in (f"localhost:{port}", "localhost", "127.0.0.1", f"[::1]:{port}"):
        assert requests.get(f"{daemon.url}/livez", headers={"Host": host}, timeout=5).status_code == 200, host


def test_names_that_are_set_are_taken(tmp_path):
    named = Flowd(tmp_path / "flag", arguments=["--http-hosts", "flow.example,other.example"])
    with running(named) as flowd:
        for host, status in (("flow.example:443", 200), ("Other.Example", 200), ("evil.example", 421), ("localhost", 200)):
            assert requests.get(f"{flowd.url}/livez", headers={"Host": host}, timeout=5).status_code == status, host
    with running(Flowd(tmp_path / "any", environment={"FLOWD_HTTP_HOSTS": "*"})) as flowd:
        assert requests.get(f"{flowd.url}/livez", headers={"Host": "any.example"}, timeout=5).status_code == 200


def test_a_page_of_another_site_changes_nothing(flowd, healthd, wire, up):
    xml = models.one_task("Foreign", "first")
    deployment = up(xml)
    url = start_url(flowd, process_id_of(xml), deployment)
    own = f"http://{flowd.endpoints['http']}"
    paths = [url, f"{flowd.url}/", f"{flowd.url}/instancefail", f"{flowd.url}/v1/deployments/{deployment}/instances"]

    for target in paths:
        for headers in ({"Origin": EVIL}, {"Origin": "null"}, {"Origin": "http://localhost:3000"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = requests.post(target, data="{}", headers={"Content-Type": "application/json", **headers}, timeout=5)
            assert answer.status_code == 403, (target, headers, answer.text)
    assert requests.get(f"{healthd.url}/probe/all", headers={"Sec-Fetch-Site": "cross-site"}, timeout=5).status_code == 403
    assert requests.get(f"{flowd.url}/v1/instances?deployment={deployment}", timeout=5).json()["instances"] == []

    headers = {"Origin": own, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    assert requests.post(url, data="{}", headers=headers, timeout=5).status_code == 200


def test_a_service_may_report_without_a_content_type(flowd, wire, services, up):
    xml = models.one_task("Untyped", "first")
    deployment = up(xml)

    answer = requests.post(start_url(flowd, process_id_of(xml), deployment), data='{"a":1}', timeout=10)
    assert "Content-Type" not in answer.request.headers
    assert wire.result(answer.json()["id"]) == {"a": 1, "first": "done"}

    plain = requests.post(start_url(flowd, process_id_of(xml), deployment), data="plain words", timeout=10)
    assert plain.status_code == 400 and "Content-Type" in plain.json()["detail"]


@contextlib.contextmanager
def page(text):
    """A site of somebody else, on a name and a port of its own."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_a_browser_on_a_strangers_page_starts_nothing(flowd, wire, up):
    xml = models.one_task("Lured", "first")
    deployment = up(xml)
    url = start_url(flowd, process_id_of(xml), deployment)
    attack = f"""<title>waiting</title><iframe name="hole"></iframe>
      <form id="form" method="post" target="hole" enctype="text/plain" action="{url}"><input name='{{"a' value='":1}}'></form>
      <script>
        document.getElementById("form").submit();
        fetch("{url}", {{method: "POST", mode: "no-cors", body: new Blob(["{{}}"])}})
          .then(() => {{ document.title = "sent" }}, () => {{ document.title = "failed" }});
      </script>"""

    with page(attack) as site, browsing() as browser:
        browser.get(site)
        stays(lambda: instances(flowd, deployment) == [], "a page of another site starts nothing", 1.5)
        assert browser.title in ("sent", "failed")


def instances(flowd, deployment):
    return requests.get(f"{flowd.url}/v1/instances?deployment={deployment}", timeout=5).json()["instances"]


# --check-config says what a start would say.

BAD = {
    "flowd": [
        (["--store", "bogus"], "bogus"), (["--store", "etcd://host"], "etcd"), (["--http-address", ":9002"], "host:port"),
        (["--grpc-address", "0.0.0.0:9001"], "--insecure"), (["--orchestrators", "magic"], "magic"), (["--resolve", "x=y=z"], "x=y=z"),
        (["--tls-cert", "/nowhere/c.pem", "--tls-key", "/nowhere/k.pem"], "/nowhere/c.pem"), (["--tls-cert", "{ca}"], "--tls-key"),
        (["--tls-client-ca", "{ca}"], "--tls-cert"), (["--tls-cert", "{ca}", "--tls-key", "{ca}"], "--tls-cert"),
        (["--healthd-ca", "/nowhere/ca.pem"], "/nowhere/ca.pem"), (["--healthd-cert", "{ca}"], "--healthd-key"),
        (["--http-hosts", "a:1"], "a:1"), (["--healthd-ca", "{ca}"], "--healthd-ca"),
        (["--healthd-cert", "{ca}", "--healthd-key", "{ca}"], "--healthd-cert"),
    ],
    "healthd": [
        (["--flowd", "nowhere"], "nowhere"), (["--http-address", "0.0.0.0:5050"], "--insecure"), (["--log-level", "loud"], "loud"),
        (["--tls-cert", "/nowhere/c.pem", "--tls-key", "/nowhere/k.pem"], "/nowhere/c.pem"), (["--flowd-cert", "{ca}"], "--flowd-key"),
        (["--flowd-ca", "/nowhere/ca.pem"], "/nowhere/ca.pem"), (["--http-hosts", "http://a"], "http://a"),
        (["--tls-cert", "{ca}", "--tls-key", "{ca}"], "--tls-cert"), (["--flowd-ca", "{ca}"], "--flowd-ca"),
        (["--flowd-cert", "{ca}", "--flowd-key", "{ca}"], "--flowd-cert"),
    ],
}  # fmt: skip


def said(*command):
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=15, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name, flags, word", [(name, *case) for name, cases in BAD.items() for case in cases])
def test_check_config_says_what_a_start_says(name, flags, word, tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("no certificate\n")
    data = tmp_path / "data"
    flags = [flag.replace("{ca}", str(ca)) for flag in flags]
    addresses = ["--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0"]
    base = [program(name), *addresses, *(["--zeebe-address", "127.0.0.1:0", "--data-dir", data] if name == "flowd" else [])]

    checked = said(*base, *flags, "--check-config")
    started = said(*base, *flags)

    assert checked == started
    assert checked[0] == 2 and checked[1] == "" and word in checked[2]
    assert not data.exists()


@pytest.mark.parametrize("name", ["flowd", "healthd"])
def test_check_config_is_content_with_what_is_good(name, tmp_path):
    file = tmp_path / "good.conf"
    file.write_text('http-hosts = ["flow.example"]\nhttp-address = "127.0.0.1:0"\n')

    assert said(program(name), "--config", file, "--check-config") == (0, "the settings are good\n", "")


@pytest.mark.parametrize("name", ["flowd", "healthd", "flowctl"])
def test_help_names_no_empty_default_and_no_verb_that_is_not_there(name):
    status, text, _ = said(program(name), "--help")

    assert status == 0
    assert "default ," not in text and "default )" not in text
    assert "store verify" not in text
    for verbs in re.findall(r"`flowctl ([a-z]+(?: [a-z]+)?)`", " ".join(text.split())):
        assert flowctl(*verbs.split(), "--help").returncode == 0, verbs


def test_a_full_flowd_is_not_to_be_started(tmp_path):
    """A server that answers is there, whatever it says."""
    import grpc

    from harness.v1 import stubs

    messages, service = stubs()

    class Full(service.FlowServicer):
        def Apply(self, request, context):
            context.abort(grpc.StatusCode.UNAVAILABLE, "no new work is accepted: no space left")

    from concurrent import futures

    server = grpc.server(futures.ThreadPoolExecutor(2))
    service.add_FlowServicer_to_server(Full(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    model = tmp_path / "a.bpmn"
    model.write_text(models.nothing("Full"))
    try:
        done = flowctl("--flowd-host", "127.0.0.1", "--flowd-port", port, "apply", model)
    finally:
        server.stop(None)

    assert done.returncode == 8, done
    assert "no new work is accepted: no space left" in done.stderr and "start flowd" not in done.stderr
