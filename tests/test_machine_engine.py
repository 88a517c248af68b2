"""Given facts, the decision about the engine; then the detached start of a stand-in daemon."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from loopback_server import free_port

from build_config.machine import engine
from build_config.machine.engine import (
    DESKTOP,
    INSTALL_ANYWHERE,
    JOIN_GROUP,
    SETUP_AS_ROOT,
    Action,
    decide,
    engine_is_starting,
    parse_api_version,
    provide,
    report,
)
from build_config.machine.engine_address import EngineAddress
from build_config.machine.engine_client import EngineAnswer, Reach, ask
from build_config.machine.findings import State
from build_config.machine.host import Host
from build_config.machine.process import CommandError

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT = EngineAddress()
REMOTE = EngineAddress(url="tcp://builder:2375", chosen_by="DOCKER_HOST", undo="unset DOCKER_HOST")
ABSENT = EngineAnswer(reach=Reach.ABSENT, reason="no such file or directory")
SILENT = EngineAnswer(reach=Reach.SILENT, reason="connection refused")
DENIED = EngineAnswer(reach=Reach.DENIED, reason="permission denied")
ANSWERS = EngineAnswer(reach=Reach.ANSWERS, version="20.10.24", api_version="1.41")
OLD = EngineAnswer(reach=Reach.ANSWERS, version="18.06.1", api_version="1.38")

DEBIAN = ("debian",)
UBUNTU = ("ubuntu", "debian")


@pytest.mark.parametrize(
    ("host", "address", "answer", "action", "remedy"),
    [
        pytest.param(Host(), REMOTE, ANSWERS, Action.USE, "", id="any engine that answers"),
        pytest.param(Host(system="Windows"), DEFAULT, ANSWERS, Action.USE, "", id="windows"),
        pytest.param(Host(), DEFAULT, OLD, Action.TELL, "18.09 or newer", id="too old"),
        pytest.param(
            Host(root=True, apt=True, distribution=DEBIAN, dockerd="/usr/sbin/dockerd"),
            REMOTE,
            SILENT,
            Action.TELL,
            "`unset DOCKER_HOST`",
            id="nothing is started or installed for an engine elsewhere",
        ),
        pytest.param(
            Host(distribution=DEBIAN, apt=True),
            DEFAULT,
            DENIED,
            Action.TELL,
            JOIN_GROUP,
            id="group",
        ),
        pytest.param(Host(system="Darwin"), DEFAULT, ABSENT, Action.TELL, DESKTOP, id="macos"),
        pytest.param(
            Host(root=True, dockerd="/usr/sbin/dockerd"),
            DEFAULT,
            SILENT,
            Action.START,
            "starts it",
            id="installed, root",
        ),
        pytest.param(
            Host(systemd=True, dockerd="/usr/bin/dockerd"),
            DEFAULT,
            ABSENT,
            Action.TELL,
            "`sudo systemctl start docker`",
            id="installed, user, systemd",
        ),
        pytest.param(
            Host(dockerd="/usr/bin/dockerd"),
            DEFAULT,
            ABSENT,
            Action.TELL,
            SETUP_AS_ROOT,
            id="installed, user, no systemd",
        ),
        pytest.param(
            Host(root=True, apt=True, distribution=UBUNTU),
            DEFAULT,
            ABSENT,
            Action.INSTALL,
            "installs it",
            id="ubuntu, root",
        ),
        pytest.param(
            Host(apt=True, distribution=DEBIAN),
            DEFAULT,
            ABSENT,
            Action.TELL,
            SETUP_AS_ROOT,
            id="debian, user",
        ),
        pytest.param(
            Host(root=True, distribution=("rocky", "rhel", "fedora")),
            DEFAULT,
            ABSENT,
            Action.TELL,
            "dnf install",
            id="a relative of fedora",
        ),
        pytest.param(
            Host(root=True, distribution=("nixos",)),
            DEFAULT,
            ABSENT,
            Action.TELL,
            INSTALL_ANYWHERE,
            id="unheard-of",
        ),
    ],
)
def test_the_decision_follows_from_the_facts(
    host: Host, address: EngineAddress, answer: EngineAnswer, action: Action, remedy: str
) -> None:
    decision = decide(host, address, answer)
    assert decision.action is action
    assert remedy in decision.remedy


def test_an_engine_elsewhere_that_is_silent_is_named_with_who_chose_it() -> None:
    finding = report(REMOTE, SILENT, decide(Host(), REMOTE, SILENT))
    assert finding.state is State.BROKEN
    assert "tcp://builder:2375 (DOCKER_HOST)" in finding.found
    assert "connection refused" in finding.found


def test_an_engine_that_is_not_installed_is_missing_and_not_broken() -> None:
    assert report(DEFAULT, ABSENT, decide(Host(), DEFAULT, ABSENT)).state is State.MISSING


@pytest.mark.parametrize(
    ("text", "numbers"), [("1.39", (1, 39)), ("1.100", (1, 100)), ("", ()), ("new", ())]
)
def test_api_versions_are_compared_as_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_api_version(text) == numbers


def test_a_socket_that_is_not_there_is_absent(tmp_path: Path) -> None:
    answer = ask(EngineAddress(url=f"unix://{tmp_path}/no.sock"))
    assert answer.reach is Reach.ABSENT
    assert answer.reason == "no such file or directory"


def test_a_port_that_nobody_listens_on_is_silent_and_says_why() -> None:
    answer = ask(EngineAddress(url="tcp://127.0.0.1:1"))
    assert (answer.reach, answer.reason) == (Reach.SILENT, "connection refused")


def test_an_address_that_makes_no_sense_is_silent_and_does_not_raise() -> None:
    assert ask(EngineAddress(url="carrier-pigeon://roof")).reach is Reach.SILENT


def test_a_stale_process_id_file_does_not_count_as_a_starting_engine(tmp_path: Path) -> None:
    file = tmp_path / "docker.pid"
    assert not engine_is_starting(file)
    file.write_text("1\n")  # alive, but no dockerd
    assert not engine_is_starting(file)


DAEMON = """#!{python}
import http.server, time
time.sleep(1)
class Engine(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{{"Version": "20.10.24", "ApiVersion": "1.41"}}')
http.server.HTTPServer(("127.0.0.1", {port}), Engine).serve_forever()
"""


def test_an_engine_that_lives_is_waited_for_and_the_wait_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "START_SECONDS", 0.2)
    monkeypatch.setattr(engine, "TELL_SECONDS", 0.3)
    monkeypatch.setattr(engine, "ENGINE_LOG", tmp_path / "docker.log")
    monkeypatch.setattr(engine, "ENGINE_PROCESS_ID", tmp_path / "docker.pid")
    port = free_port()
    daemon = tmp_path / "dockerd"
    daemon.write_text(DAEMON.format(python=sys.executable, port=port))
    daemon.chmod(0o755)
    host = Host(root=True, dockerd=str(daemon))
    address = EngineAddress(url=f"tcp://127.0.0.1:{port}")
    try:
        told = list(provide(host, address, decide(host, DEFAULT, SILENT)))
        assert ask(address).reach is Reach.ANSWERS
    finally:
        subprocess.run(("pkill", "-f", str(daemon)), check=False)
    assert any("not ready after" in progress.activity for progress in told)


def test_an_engine_that_nobody_sees_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "START_SECONDS", 0.2)
    monkeypatch.setattr(engine, "ENGINE_PROCESS_ID", tmp_path / "docker.pid")
    address = EngineAddress(url="tcp://127.0.0.1:1")
    with pytest.raises(CommandError, match="does not answer within"):
        list(engine._wait(address, process_id=None))
