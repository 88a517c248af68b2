"""The Docker SDK over `ssh`: what it starts, and what is said when that fails."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from build_config.errors import EngineUnavailableError
from build_config.machine.engine_address import EngineAddress
from build_config.machine.engine_client import Reach, ask, connect

if TYPE_CHECKING:
    from pathlib import Path

FAR = EngineAddress(url="ssh://me@far.example:2222", chosen_by="DOCKER_HOST")

ENGINE = """#!{python}
import sys
open("{log}", "a").write(" ".join(sys.argv[1:]) + "\\n")
for line in sys.stdin:
    if line.startswith("GET "):
        path = line.split()[1]
    if not line.strip():
        body = '{{"ApiVersion": "1.41", "Version": "20.10.24"}}' if path == "/version" else "[]"
        head = f"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: {{len(body)}}"
        sys.stdout.write(f"{{head}}\\r\\n\\r\\n{{body}}")
        sys.stdout.flush()
"""  # noqa: E501 - an answer


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name, to be written; what it was called with is in `log`."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    program = tmp_path / "ssh"
    program.touch(mode=0o755)
    return program


def test_all_questions_of_a_client_go_over_one_connection(ssh: Path) -> None:
    log = ssh.with_name("log")
    ssh.write_text(ENGINE.format(python=sys.executable, log=log))
    with closing(connect(FAR, api_version="1.41")) as client:
        assert client.images() == []
        assert client.containers() == []
    (called,) = log.read_text().splitlines()
    assert called.startswith("-l me -p 2222 -T ")
    assert called.endswith(" -- far.example docker system dial-stdio")


def test_the_engine_is_asked_for_its_version(ssh: Path) -> None:
    ssh.write_text(ENGINE.format(python=sys.executable, log=ssh.with_name("log")))
    assert ask(FAR).reach is Reach.ANSWERS
    with closing(connect(FAR)) as client:
        assert client.api_version == "1.41"


def test_what_ssh_complains_about_is_the_reason(ssh: Path) -> None:
    ssh.write_text(
        "#!/bin/sh\necho 'me@far.example: Permission denied (publickey).' >&2\nexit 255\n"
    )
    with pytest.raises(EngineUnavailableError, match=r"at ssh://.*: me@far.*permission denied"):
        connect(FAR)


def test_without_ssh_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = ask(FAR)
    assert answer.reach is Reach.SILENT
    assert "`ssh`" in answer.reason


def test_an_address_without_a_host_is_refused() -> None:
    with pytest.raises(EngineUnavailableError, match="`ssh://` names no host"):
        connect(EngineAddress(url="ssh://", chosen_by="DOCKER_HOST"))
