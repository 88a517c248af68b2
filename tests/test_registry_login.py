"""Logins are sent to whom they belong, and are nowhere to be read afterwards."""

from __future__ import annotations

import asyncio
import base64
import logging
import ssl
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from asked_registry import HASTY, QUICK, ask
from fault_proxy import Passage, Rule, fault_proxy, status
from loopback_server import Answer, Exchange, LoopbackServer
from memory_registry import MANIFEST, MemoryRegistry, Profile, memory_registry

from build_config.errors import UsageError
from build_config.registry import transport
from build_config.registry.address import Address
from build_config.registry.answers import Absent, CannotTell, Denied, Present
from build_config.registry.challenge import Challenge, read_challenge
from build_config.registry.client import Registry, connect
from build_config.registry.failures import RefusedError
from build_config.registry.login import Login
from build_config.registry.session import Session
from build_config.registry.transport import open_transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

X = "acme/x"
LOGIN = ("canary-user", "canary:pass/word")
BASIC = Profile(name="basic", login=LOGIN)
TOKENS = Profile(name="tokens", login=LOGIN, tokens=True)


@pytest.fixture
def registry() -> Iterator[MemoryRegistry]:
    with memory_registry(TOKENS) as started:
        yield started


def test_a_token_is_fetched_once_for_each_repository(registry: MemoryRegistry) -> None:
    async def questions(asked: Registry) -> list[object]:
        return [await asked.manifest(name, "1") for name in (X, "acme/y") for _ in range(3)]

    assert ask(registry.host, questions, login=LOGIN) == [Absent()] * 6
    asked_for = [path for _, path in registry.requests if path.startswith("/token")]
    assert len(asked_for) == 2
    # who may not push learns it in reading
    assert all("pull%2Cpush" in path for path in asked_for)
    # only the first question had to be told that there is a login
    assert len(registry.requests) == 6 + 2 + 1


def test_many_who_want_a_token_at_once_fetch_it_once(registry: MemoryRegistry) -> None:
    asked_for = []

    def credentials(host: str) -> tuple[str, str]:
        asked_for.append(host)
        return LOGIN

    async def questions() -> list[object]:
        async with connect(registry.host, credentials=credentials, budget=QUICK) as asked:
            names = [name for name in (X, "acme/y", "acme/z") for _ in range(20)]
            return await asyncio.gather(*(asked.manifest(name, "1") for name in names))

    assert asyncio.run(questions()) == [Absent()] * 60
    assert sum(path.startswith("/token") for _, path in registry.requests) == 3
    assert asked_for == [registry.host]


def test_a_credential_helper_that_hangs_is_not_waited_for(registry: MemoryRegistry) -> None:
    def credentials(_: str) -> None:
        time.sleep(1.5)

    async def question() -> object:
        async with connect(registry.host, credentials=credentials, budget=HASTY) as asked:
            return await asked.manifest(X, "1")

    found = asyncio.run(question())
    assert isinstance(found, CannotTell)
    assert "gives no token" in found.why


def test_a_token_that_is_about_to_end_is_not_used_any_more(registry: MemoryRegistry) -> None:
    registry.token_seconds = 5

    async def questions(asked: Registry) -> list[object]:
        return [await asked.manifest(X, "1") for _ in range(3)]

    assert ask(registry.host, questions, login=LOGIN) == [Absent()] * 3
    assert sum(path.startswith("/token") for _, path in registry.requests) == 3


def test_an_identity_token_is_sent_in_a_body(registry: MemoryRegistry) -> None:
    registry.identity_token = "canary-identity"  # noqa: S105 - a made-up one
    assert (
        ask(registry.host, lambda r: r.manifest(X, "1"), login=("", "canary-identity")) == Absent()
    )
    assert [m for m, path in registry.requests if path.startswith("/token")] == ["POST"]
    assert "canary" not in str(registry.requests)
    found = ask(registry.host, lambda r: r.manifest(X, "1"), login=("", "another"))
    assert isinstance(found, CannotTell)


def test_a_repository_of_others_is_unclear_and_denied() -> None:
    with memory_registry(Profile(name="hub", login=LOGIN, tokens=True, own=("acme/",))) as registry:
        found = ask(registry.host, lambda r: r.manifest("others/x", "1"), login=LOGIN)
        assert isinstance(found, CannotTell)
        assert "401" in found.why
        assert isinstance(ask(registry.host, lambda r: r.may_push("others/x"), login=LOGIN), Denied)


@pytest.mark.parametrize("code", [429, 503])
def test_a_token_server_in_trouble_is_asked_again(registry: MemoryRegistry, code: int) -> None:
    with fault_proxy(registry.host, Rule(path="/token", action=status(code), times=2)) as proxy:
        assert ask(proxy.host, lambda r: r.manifest(X, "1"), login=LOGIN) == Absent()
        assert proxy.count("GET", "/token") == 3


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{}", b'{"token": 1}', b'{"token": "a\\r\\nb"}'),
        b'{"token": "a", "expires_in": 1%s}' % (b"0" * 400),
    ],
)
def test_a_token_server_without_a_token_is_unclear(registry: MemoryRegistry, body: bytes) -> None:
    rule = Rule(path="/token", action=status(200, body), times=None)
    with fault_proxy(registry.host, rule) as proxy:
        found = ask(proxy.host, lambda r: r.manifest(X, "1"), login=LOGIN)
        assert isinstance(found, CannotTell)
        assert found.why.endswith("gives no token: 127.0.0.1 answered without one")


def _repeat(passage: Passage) -> None:
    """A registry that tells everybody what it was sent."""
    sent = passage.exchange.headers.get("authorization", "")
    decoded = base64.b64decode(sent.removeprefix("Basic ")).decode() if "Basic" in sent else sent
    message = f"{sent} {decoded}\x1b[31m\r\nnew line".encode("unicode_escape").decode()
    body = f'{{"errors": [{{"code": "DENIED", "message": "{message}"}}]}}'.replace(
        "\\x1b", "\\u001b"
    )
    passage.answer(Answer(status=403, body=body.encode()))


@pytest.mark.parametrize("profile", [BASIC, TOKENS], ids=["basic", "tokens"])
def test_a_registry_that_repeats_what_it_was_sent_gives_no_secret_away(
    profile: Profile, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    manifest = Present.of(MANIFEST, b"{}")
    rule = Rule(path=r"/(manifests|uploads)/", nth=2, action=_repeat, times=None)
    with memory_registry(profile) as registry, fault_proxy(registry.host, rule) as proxy:

        async def everything(asked: Registry) -> list[object]:
            with pytest.raises(RefusedError) as refused:
                await asked.put_manifest(X, "1", manifest)
            told = [refused.value, refused.value.__cause__, refused.value.__context__]
            return [
                await asked.manifest(X, "1"),
                await asked.may_push(X),
                asked,
                vars(asked),
                *told,
            ]

        said = ask(proxy.host, everything, login=LOGIN)
        secrets = ["canary:pass", "pass/word", *registry.tokens]
        secrets.append(base64.b64encode(":".join(LOGIN).encode()).decode())
    text = f"{said!r} {[str(one) for one in said]} {caplog.text}"
    assert "***" in text
    assert "\x1b" not in text
    assert [secret for secret in secrets if secret in text] == []


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of this machine's loopback, with its key; nobody trusts it yet."""
    file = tmp_path / "both.pem"
    what = ("openssl", "req", "-new", "-x509", "-days", "2", "-nodes", "-subj", "/CN=localhost")
    names = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file, "-out", tmp_path / "crt")
    subprocess.run([*what, *names], check=True, capture_output=True)
    file.write_text(file.read_text() + (tmp_path / "crt").read_text())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return file


@contextmanager
def over_tls(certificate: Path, answer: Answer) -> Iterator[tuple[LoopbackServer, list[Exchange]]]:
    """A registry with one answer to everything, and what it was asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked: list[Exchange] = []

    def handle(exchange: Exchange) -> None:
        asked.append(exchange)
        exchange.answer(answer)

    server = LoopbackServer(handle, tls=context)
    try:
        yield server, asked
    finally:
        server.stop()


def ask_over_tls(server: LoopbackServer) -> object:
    """As if it were not on the loopback, where nobody wants TLS."""
    address = Address(name="registry.example", root=f"https://{server.host}", plain=False)

    async def asking() -> object:
        async with open_transport(address) as opened:
            session = Session(opened, address, Login(opened, address, lambda _: LOGIN))
            return await Registry(session, QUICK).manifest(X, "1")

    return asyncio.run(asking())


ABSENT = Answer(status=404, body=b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')


def test_a_certificate_that_nobody_trusts_ends_the_conversation(certificate: Path) -> None:
    with over_tls(certificate, ABSENT) as (server, asked):
        found = ask_over_tls(server)
        assert isinstance(found, CannotTell)
        assert "registry.example has a certificate that is not trusted: self" in found.why
        assert "belongs in `/etc/docker/certs.d/registry.example/ca.crt`" in found.why
        assert asked == []


def test_a_certificate_that_this_host_trusts_is_good(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with over_tls(certificate, ABSENT) as (server, _):
        assert ask_over_tls(server) == Absent()


def test_a_certificate_that_the_engine_trusts_for_this_registry_is_good(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ENGINE_CERTIFICATES", tmp_path)
    (tmp_path / "registry.example").mkdir()
    certificate.with_name("crt").rename(tmp_path / "registry.example" / "ca.crt")
    with over_tls(certificate, ABSENT) as (server, _):
        assert ask_over_tls(server) == Absent()


def test_a_bundle_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with pytest.raises(UsageError, match=rf"^the certificates in `{bundle}` cannot be read: "):
        asyncio.run(open_and_close())


@pytest.mark.parametrize("proxy", ["socks5://user:hunter2@proxy:1", "garbage://user:hunter2@x"])
def test_a_proxy_of_no_use_is_refused_and_not_repeated(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(UsageError, match=r"^registry\.example .* proxy") as refused:
        asyncio.run(open_and_close())
    assert "hunter2" not in f"{refused.value} {refused.value.hint}"


async def open_and_close() -> None:
    async with connect("registry.example"):
        pass


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            Answer(status=401, headers={"WWW-Authenticate": 'Bearer realm="http://127.0.0.1:9/t"'}),
            "wants the login sent to an address without TLS",
        ),
        (
            Answer(status=307, headers={"Location": "http://127.0.0.1:9/x"}),
            "redirects to an address without TLS",
        ),
    ],
    ids=["token server", "redirect"],
)
def test_what_begins_with_tls_does_not_go_on_without(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, why: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with over_tls(certificate, answer) as (server, asked):
        assert ask_over_tls(server) == CannotTell(why=f"registry.example {why}")
        assert len(asked) == 1


CHALLENGES = {
    'Bearer realm="https://a/t",service="s",scope="repository:x:pull,push"': (
        "bearer",
        {"realm": "https://a/t", "service": "s", "scope": "repository:x:pull,push"},
    ),
    'bearer REALM=https://a/t , Service = "s, t"': (
        "bearer",
        {"realm": "https://a/t", "service": "s, t"},
    ),
    'Basic realm="a \\"quoted\\" one"': ("basic", {"realm": 'a "quoted" one'}),
    'Basic realm="Bearer x", Bearer realm="https://a/t"': ("bearer", {"realm": "https://a/t"}),
    "Basic": ("basic", {}),
}


@pytest.mark.parametrize("header", CHALLENGES)
def test_challenges_are_read(header: str) -> None:
    scheme, parameters = CHALLENGES[header]
    assert read_challenge(header) == Challenge(scheme=scheme, parameters=parameters)


@pytest.mark.parametrize(
    "header", ["", "Negotiate", "Digest realm=x", 'Other realm="Basic x"', ",,"]
)
def test_a_challenge_that_we_do_not_know_is_none(header: str) -> None:
    assert read_challenge(header) is None
