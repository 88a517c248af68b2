from __future__ import annotations

import os
from pathlib import Path

import pytest

from build_config import build_secrets
from build_config.connector import Secret
from build_config.errors import UsageError


def test_a_file_is_read_byte_for_byte_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    secret = Secret(id="token", file=str(file))
    for value in (b"\xff\x00 value\r\n", b"another"):
        file.write_bytes(value)
        assert build_secrets.read(secret) == value


def test_a_file_is_found_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text("value")
    assert build_secrets.read(Secret(id="token", file="~/token")) == b"value"


def test_the_home_of_nobody_has_no_secrets() -> None:
    with pytest.raises(UsageError, match="`~nobody-has-this-name/token` cannot be read"):
        build_secrets.read(Secret(id="token", file="~nobody-has-this-name/token"))


def test_a_variable_is_read_whatever_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", os.fsdecode(b"v\xff"))
    assert build_secrets.read(Secret(id="token", variable="TOKEN")) == b"v\xff"


def test_an_empty_variable_is_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "")
    assert build_secrets.read(Secret(id="token", variable="TOKEN")) == b""


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        build_secrets.read(Secret(id="token", file=str(tmp_path / "absent")))
    assert str(caught.value) == (
        f"secret `token`: `{tmp_path / 'absent'}` cannot be read: No such file or directory"
    )


def test_a_missing_variable_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN", raising=False)
    with pytest.raises(UsageError) as caught:
        build_secrets.read(Secret(id="token", variable="TOKEN"))
    assert str(caught.value) == "secret `token`: the variable `TOKEN` is not set"
    assert caught.value.hint == "export TOKEN=…"


def test_a_pipe_gives_its_value_to_the_build_and_not_to_the_check() -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"value")
        os.close(writing)
        secret = Secret(id="token", file=f"/dev/fd/{reading}")
        build_secrets.check((secret,))
        assert build_secrets.read(secret) == b"value"
        with pytest.raises(UsageError, match="is a pipe, and was read before"):
            build_secrets.read(secret)
    finally:
        os.close(reading)


def test_a_check_reads_every_secret(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("value")
    here = Secret(id="here", file=str(tmp_path / "here"))
    build_secrets.check((here, here))
    with pytest.raises(UsageError, match="secret `gone`"):
        build_secrets.check((here, Secret(id="gone", file=str(tmp_path / "gone"))))
