"""TLS and mutual TLS with certificates of the openssl command line; and what is refused without them."""
import json
import socket
import ssl
import subprocess

import grpc
import pytest
import requests

from harness import models, stores
from harness.daemons import Flowd, Healthd, flowctl, running
from harness.paths import EXAMPLES, program
from harness.v1 import V1, code
from harness.waiting import stays, until
from harness.wire import Wire

EXPIRED = ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"]


class Authority:
    """A certificate authority of the openssl command line."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.key, self.pem = folder / f"{name}.key", folder / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-keyout", self.key, "-out", self.pem, "-subj", f"/CN={name}")  # fmt: skip
        self.database = folder / f"{name}.txt"
        self.database.touch()
        self.config = folder / f"{name}.cnf"
        self.config.write_text(
            f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.database}\nnew_certs_dir={folder}\nrand_serial=yes\ndefault_md=sha256\n"
            "policy=p\nunique_subject=no\ncopy_extensions=copy\ndefault_days=1\n[p]\ncommonName=supplied\n"
        )

    def issue(self, name, *dates, subject="flow", purpose=None):
        """(certificate, key) for localhost and 127.0.0.1."""
        more = ["-addext", f"extendedKeyUsage={purpose}"] if purpose else []
        key, request, pem = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request,
                "-subj", f"/CN={subject}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", *more)  # fmt: skip
        given = [part.lstrip("-") for part in dates]
        when = [f"-{'startdate' if part == 'not_before' else 'enddate'}" if part.startswith("not_") else part for part in given]
        openssl("ca", "-batch", "-notext", "-config", self.config, "-cert", self.pem, "-keyfile", self.key,
                "-in", request, "-out", pem, *when)  # fmt: skip
        return pem, key


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class Papers:
    """All certificates of this file's tests."""

    def __init__(self, folder):
        self.ca, self.other = Authority(folder, "ours"), Authority(folder, "other")
        self.server = self.ca.issue("server")
        self.expired = self.ca.issue("expired", *EXPIRED)
        self.client = self.ca.issue("client", subject="a-client")
        self.stranger = self.other.issue("stranger", subject="a-client")
        self.late = self.ca.issue("late", *EXPIRED, subject="a-client")
        self.for_servers = self.ca.issue("for-servers", purpose="serverAuth", subject="a-client")


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return Papers(tmp_path_factory.mktemp("papers"))


def answers_200(address, ca, pair=None):
    """True when /livez of this address answers over TLS."""
    host, port = address.rsplit(":", 1)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair:
        context.load_cert_chain(*pair)
    with socket.create_connection((host, int(port)), 2) as plain, context.wrap_socket(plain) as secure:
        secure.sendall(b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return b" 200 " in secure.recv(100)


class SecureFlowd(Flowd):
    """Readiness is asked over TLS, with its authority."""

    def __init__(self, folder, papers, pair, *more, client=None):
        super().__init__(folder, arguments=["--tls-cert", pair[0], "--tls-key", pair[1], *more])
        self.ca, self.client = papers.ca.pem, client

    def ready(self):
        return answers_200(self.endpoints["http"], self.ca, self.client)

    @property
    def url(self):
        return f"https://{self.endpoints['http']}"


class SecureHealthd(Healthd):
    """A healthd with TLS before a flowd without."""

    def __init__(self, folder, flowd, pair, *more):
        super().__init__(folder, flowd, ["--tls-cert", pair[0], "--tls-key", pair[1], *more])

    @property
    def url(self):
        return f"https://{self.endpoints['http']}"


@pytest.fixture(scope="module")
def secure(papers, tmp_path_factory):
    with running(SecureFlowd(tmp_path_factory.mktemp("tls"), papers, papers.server)) as flowd:
        yield flowd


@pytest.fixture(scope="module")
def mutual(papers, tmp_path_factory):
    asked = SecureFlowd(tmp_path_factory.mktemp("mtls"), papers, papers.server, "--tls-client-ca", papers.ca.pem, client=papers.client)
    with running(asked) as flowd:
        yield flowd


def credentials(authority, pair=None):
    certificate, key = [path.read_bytes() for path in pair] if pair else (None, None)
    return grpc.ssl_channel_credentials(authority.pem.read_bytes(), key, certificate)


def listed(flowd, given):
    with V1(flowd, given) as v1:
        return v1.ListDeployments(timeout=5).deployments


def refusal(flowd, given):
    """The status of a call on a channel that can not come up."""
    return code(listed, flowd, given)[0]


def test_a_client_that_trusts_the_authority_is_served(secure, papers):
    assert list(listed(secure, credentials(papers.ca))) == []


def test_a_client_of_another_authority_refuses_the_server(secure, papers):
    assert refusal(secure, credentials(papers.other)) == "UNAVAILABLE"


def test_plain_text_is_not_answered_by_a_server_with_tls(secure):
    assert refusal(secure, None) == "UNAVAILABLE"
    with pytest.raises(requests.RequestException):
        answer = requests.get(f"http://{secure.endpoints['http']}/readyz", timeout=5)
        answer.raise_for_status()


def test_an_expired_server_is_refused_by_clients(papers, tmp_path):
    with running(SecureFlowd(tmp_path, papers, papers.expired)) as flowd:
        assert refusal(flowd, credentials(papers.ca)) == "UNAVAILABLE"
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{flowd.url}/readyz", verify=papers.ca.pem, timeout=5)
        done = flowctl("--tls", "--ca", papers.ca.pem, "ps", flowd=flowd)
        assert done.returncode in (7, 255) and done.stderr.strip()


def test_mutual_tls_asks_for_a_certificate(mutual, papers):
    assert list(listed(mutual, credentials(papers.ca, papers.client))) == []
    assert refusal(mutual, credentials(papers.ca)) == "UNAVAILABLE"
    assert refusal(mutual, credentials(papers.ca, papers.stranger)) == "UNAVAILABLE"
    assert refusal(mutual, credentials(papers.ca, papers.late)) == "UNAVAILABLE"
    assert list(listed(mutual, credentials(papers.ca, papers.client))) == []


@pytest.fixture(scope="module")
def mutual_healthd(papers, mutual, tmp_path_factory):
    """Mutual TLS on both sides: its own ports, and towards flowd."""
    towards = ["--flowd-ca", papers.ca.pem, "--flowd-cert", papers.client[0], "--flowd-key", papers.client[1]]
    folder = tmp_path_factory.mktemp("mtls-healthd")
    with running(SecureHealthd(folder, mutual, papers.server, "--tls-client-ca", papers.ca.pem, *towards)) as healthd:
        yield healthd


@pytest.mark.parametrize("program_name", ["mutual", "mutual_healthd"])
def test_mutual_tls_is_asked_for_on_http_too(program_name, papers, request):
    """REST starts instances and shows results: who needs a certificate for gRPC must not get in by the other door without one."""
    daemon = request.getfixturevalue(program_name)

    def ask(pair, path="/livez", method="GET"):
        pair = tuple(map(str, pair)) if pair else None
        return requests.request(method, daemon.url + path, verify=papers.ca.pem, cert=pair, timeout=5)

    assert ask(papers.client).status_code == 200
    refused = {None: "no certificate", papers.stranger: "no authority", papers.late: "expired", papers.for_servers: "not for clients"}
    for pair, why in refused.items():
        for path, method in (("/livez", "GET"), ("/metrics", "GET"), ("/", "POST"), ("/nowhere", "GET")):
            answer = ask(pair, path, method)
            assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json"), (why, path)
            assert why in answer.json()["detail"], answer.text
    assert ask(papers.client).status_code == 200


def test_every_request_of_a_connection_is_looked_at(mutual, papers):
    for pair, status in ((None, 403), (papers.client, 200)):
        with requests.Session() as session:
            # A bundle that the environment names would go before ours.
            session.trust_env, session.verify = False, papers.ca.pem
            session.cert = tuple(map(str, pair)) if pair else None
            assert [session.get(f"{mutual.url}/wf_map", timeout=5).status_code for _ in range(3)] == [status] * 3


def test_old_protocols_do_not_go_around_the_certificate(mutual, papers):
    host, port = mutual.endpoints["http"].rsplit(":", 1)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for pair, status in ((None, b" 403 "), (papers.stranger, b" 403 "), (papers.client, b" 200 ")):
            context = ssl.create_default_context(cafile=papers.ca.pem)
            context.minimum_version = context.maximum_version = version
            if pair:
                context.load_cert_chain(*pair)
            with socket.create_connection((host, int(port)), 5) as plain, context.wrap_socket(plain, server_hostname=host) as secure:
                secure.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert status in secure.recv(100), (version, pair)


def probes_made(healthd, papers, pair=None):
    pair = tuple(map(str, pair)) if pair else None
    text = requests.get(f"{healthd.url}/metrics", verify=papers.ca.pem, cert=pair, timeout=5).text
    return sum(int(line.split()[-1]) for line in text.splitlines() if line.startswith("flow_healthd_probes_total"))


@pytest.mark.parametrize("client", [False, True], ids=["tls", "mtls"])
def test_flowd_asks_a_healthd_with_tls(client, papers, tmp_path, services):
    """Else ProbeWorkflow says what flowd sees from its place, and not what healthd sees."""
    asks = ["--tls-client-ca", papers.ca.pem] if client else []
    shows = ["--healthd-cert", papers.client[0], "--healthd-key", papers.client[1]] if client else []
    flowd = Flowd(tmp_path / "flowd", services.resolve(), arguments=["--healthd-ca", papers.ca.pem, *shows])
    with running(flowd), running(SecureHealthd(tmp_path / "healthd", flowd, papers.server, *asks)) as healthd, Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Asked", "echo", health={"period": 60}))
        wire.wait_state(deployment, "RUNNING")
        pair = papers.client if client else None
        made = until(lambda: probes_made(healthd, papers, pair), "healthd has probed")

        assert wire.probe(deployment).ok() == {deployment: [["Work", "UP"]]}

        assert probes_made(healthd, papers, pair) > made, flowd.log_tail()
        assert "healthd could not be asked" not in flowd.log()


def test_flowd_probes_itself_when_it_does_not_trust_healthd(papers, tmp_path, services):
    flowd = Flowd(tmp_path / "flowd", services.resolve(), environment={"FLOWD_HEALTHD_CA": str(papers.other.pem)})
    with running(flowd), running(SecureHealthd(tmp_path / "healthd", flowd, papers.server)) as healthd, Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Untrusted", "echo", health={"period": 60}))
        wire.wait_state(deployment, "RUNNING")
        made = until(lambda: probes_made(healthd, papers), "healthd has probed")

        assert wire.probe(deployment).ok() == {deployment: [["Work", "UP"]]}

        assert probes_made(healthd, papers) == made
        assert "healthd could not be asked" in flowd.log()


def test_http_over_tls_answers(secure, papers):
    assert requests.get(f"{secure.url}/readyz", verify=papers.ca.pem, timeout=5).status_code == 200
    assert "flow" in requests.get(f"{secure.url}/metrics", verify=papers.ca.pem, timeout=5).text
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secure.url}/readyz", verify=papers.other.pem, timeout=5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_tls_is_refused(secure, version):
    for door in ("grpc", "http"):
        host, port = secure.endpoints[door].rsplit(":", 1)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        with socket.create_connection((host, int(port)), 5) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(plain).recv(1)


def test_flowctl_over_tls(secure, papers):
    tls = ["--tls", "--ca", papers.ca.pem]

    applied = flowctl(*tls, "apply", "--wait", "-o", "json", EXAMPLES / "calc/calcprocess.bpmn", flowd=secure)
    assert applied.returncode == 0, applied.stderr
    ran = flowctl(*tls, "run", "--wait", json.loads(applied.stdout)["wf_id"], "42", flowd=secure)
    assert (ran.returncode, ran.stdout.strip()) == (0, "[3528.0]"), ran.stderr

    for wrong in (["--tls", "--ca", papers.other.pem], []):
        refused = flowctl(*wrong, "--request-timeout", "3s", "ps", flowd=secure)
        assert refused.returncode in (7, 255) and refused.stderr.strip(), refused


def test_flowctl_over_mutual_tls(mutual, papers):
    tls = ["--tls", "--ca", papers.ca.pem]
    pair = ["--cert", papers.client[0], "--key", papers.client[1]]
    stranger = ["--cert", papers.stranger[0], "--key", papers.stranger[1]]

    good = flowctl(*tls, *pair, "ps", flowd=mutual)
    assert good.returncode == 0, good.stderr
    for wrong in ([], stranger):
        refused = flowctl(*tls, *wrong, "--request-timeout", "3s", "ps", flowd=mutual)
        assert refused.returncode in (7, 255) and refused.stderr.strip(), refused


def test_flowctl_says_what_is_missing_of_a_pair(mutual, papers):
    for half in (["--cert", papers.client[0]], ["--key", papers.client[1]]):
        done = flowctl("--tls", "--ca", papers.ca.pem, *half, "ps", flowd=mutual)
        assert done.returncode == 2, done
        assert "--cert" in done.stderr and "--key" in done.stderr
    missing = flowctl("--tls", "--ca", "/nowhere/ca.pem", "ps", flowd=mutual)
    assert missing.returncode not in (0, 134, 139) and "/nowhere/ca.pem" in missing.stderr


def test_flowctl_says_which_file_holds_no_certificate(mutual, papers, tmp_path):
    junk = tmp_path / "junk.pem"
    good, (certificate, key) = papers.ca.pem, papers.client
    cut = open(good).read().split("-----END")[0]
    for content in (b"", b"\x00\xff\xfe junk", open(key, "rb").read(), cut.encode(), b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"):
        junk.write_bytes(content)
        for options in (["--ca", junk], ["--ca", good, "--cert", junk, "--key", key]):
            done = flowctl("--tls", *options, "ps", flowd=mutual)
            assert done.returncode == 2, done
            assert str(junk) in done.stderr and "certificate" in done.stderr, done.stderr
    junk.write_bytes(open(certificate, "rb").read())
    done = flowctl("--tls", "--ca", good, "--cert", certificate, "--key", junk, "ps", flowd=mutual)
    assert done.returncode == 2 and str(junk) in done.stderr and "holds no private key" in done.stderr
    # What stands beside the certificates is a remark.
    junk.write_text("a remark\r\n" + open(good).read().replace("\n", "\r\n") + open(papers.other.pem).read())
    assert flowctl("--tls", "--ca", junk, "--cert", certificate, "--key", key, "ps", flowd=mutual).returncode == 0


def refused(*arguments, folder):
    """What flowd says when it can not start with these."""
    data = ["--data-dir", folder / "data"]
    addresses = []
    for name in ("grpc", "http", "zeebe"):
        if f"--{name}-address" not in arguments:
            addresses += [f"--{name}-address", "127.0.0.1:0"]
    done = subprocess.run(
        [str(part) for part in (program("flowd"), *data, *addresses, *arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("door", ["grpc", "http", "zeebe"])
@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
def test_an_open_address_without_tls_is_refused(door, address, tmp_path):
    status, said = refused(f"--{door}-address", address, folder=tmp_path)

    assert status == 2
    assert address in said and "--insecure" in said and "--tls-cert" in said
    assert len(said.strip().splitlines()) <= 2


def test_an_open_address_is_taken_with_tls_or_when_said_aloud(papers, tmp_path):
    marker = tmp_path / "started"
    model = models.Model(models.fresh("Open")).start().task("Work", "nobody", command=["touch", str(marker)]).end()
    xml = model.path("Start", "Work", "End").xml().encode()
    secure = SecureFlowd(tmp_path / "tls", papers, papers.server)
    for flowd, given in ((Flowd(tmp_path / "open", arguments=["--insecure"]), None), (secure, credentials(papers.ca))):
        flowd.grpc_address = "0.0.0.0:0"
        if stores.KIND == stores.ETCD:
            # Those that share an etcd send clients to each other, and this address names no machine.
            flowd.arguments = [*flowd.arguments, "--advertise", "127.0.0.1:9001"]
        with running(flowd), V1(f"127.0.0.1:{flowd.grpc.rsplit(':', 1)[1]}", given) as v1:
            v1.Apply(bpmn_xml=xml)
            # Whoever can reach flowd could start programs by a model, so that an open one starts none.
            stays(lambda: not marker.exists(), "no program is started", 0.7)
            assert [shown.state for shown in v1.ListDeployments().deployments] == [v1.messages.DEPLOYMENT_STARTING]


def test_half_of_a_pair_is_refused(papers, tmp_path):
    certificate, key = papers.server
    for half in (["--tls-cert", certificate], ["--tls-key", key], ["--tls-client-ca", papers.ca.pem]):
        status, said = refused(*half, folder=tmp_path)
        assert status == 2
        assert "--tls-cert" in said and "--tls-key" in said


def test_a_pair_that_does_not_belong_together_is_refused(papers, tmp_path):
    status, said = refused("--tls-cert", papers.server[0], "--tls-key", papers.client[1], folder=tmp_path)

    assert status in (1, 2)
    assert "--tls" in said or "certificate" in said


@pytest.mark.parametrize("content", [b"", b"not a certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\xff\x00" * 500])
def test_a_file_that_is_no_certificate_is_refused(papers, tmp_path, content):
    bad = tmp_path / "bad.pem"
    bad.write_bytes(content)

    for arguments in (
        ["--tls-cert", bad, "--tls-key", papers.server[1]],
        ["--tls-cert", papers.server[0], "--tls-key", bad],
        ["--tls-cert", papers.server[0], "--tls-key", papers.server[1], "--tls-client-ca", bad],
    ):
        status, said = refused(*arguments, folder=tmp_path)
        assert status in (1, 2), said
        assert "tls" in said.lower() or "certificate" in said.lower() or str(bad) in said
