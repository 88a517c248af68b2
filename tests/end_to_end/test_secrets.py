"""Build secrets reach the RUN that asks for them, and are found nowhere afterwards."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine_under_test import Engine
    from yard import Finished, Yard

NOTHING = "FROM scratch\nCOPY Dockerfile /\n"


def wants_token(shell: str, mount: str = "type=secret,id=token") -> str:
    """A Dockerfile that looks at its secret, and is careless enough to print it.

    Never cached: values are not part of a cache key.
    """
    return (
        f"FROM {shell}\nRUN --mount={mount} : {uuid.uuid4()}; token=$(cat /run/secrets/token); "
        "echo ${#token} > /length; echo it had ${#token} characters; echo it is $token\n"
    )


@pytest.mark.engine
def test_a_secret_of_the_flag_is_found_nowhere(yard: Yard, shell: str, engine: Engine) -> None:
    canary = uuid.uuid4().hex
    yard.commit({"connectors/source-a/Dockerfile": wants_token(shell)})
    finished = yard.invoke(
        *("build", "--progress=json", "--secret=id=token,env=TOKEN"), environment={"TOKEN": canary}
    )
    assert engine.content(yard.image("source-a"), "length") == f"{len(canary)}\n", finished
    absent(canary, finished, yard, engine)


@pytest.mark.engine
def test_a_secret_of_the_settings_comes_from_a_file(
    yard: Yard, shell: str, engine: Engine, tmp_path: Path
) -> None:
    canary = uuid.uuid4().hex + uuid.uuid4().hex
    (tmp_path / "token").write_text(canary)
    yard.settings(f"images: {{source-a: {{secrets: {{token: {{src: {tmp_path}/token}}}}}}}}")
    yard.commit({"connectors/source-a/Dockerfile": wants_token(shell)})
    finished = yard.invoke("build", "--progress=json")
    assert engine.content(yard.image("source-a"), "length") == f"{len(canary)}\n", finished
    absent(canary, finished, yard, engine)


@pytest.mark.engine
def test_a_secret_of_one_image_is_not_shown_to_another(
    yard: Yard, shell: str, engine: Engine
) -> None:
    yard.settings("images: {source-a: {secrets: {token: {env: TOKEN}}}}")
    yard.commit(
        {
            "connectors/source-a/Dockerfile": wants_token(shell),
            "connectors/source-b/Dockerfile": wants_token(
                shell, "type=secret,id=token,required=true"
            ),
        }
    )
    finished = yard.invoke("build", environment={"TOKEN": uuid.uuid4().hex})
    assert finished.code == 1, finished
    assert engine.has(yard.image("source-a"))
    assert not engine.has(yard.image("source-b"))


def absent(canary: str, finished: Finished, yard: Yard, engine: Engine) -> None:
    assert finished.code == 0, finished
    assert f"it had {len(canary)} characters" in finished.out
    assert canary not in finished.out + finished.err
    assert canary not in engine.history(yard.image("source-a"))
    kept = [path for path in (yard.root / ".yard").rglob("*") if path.is_file()]
    assert kept
    contents = [*engine.files(yard.image("source-a")).values(), *(p.read_bytes() for p in kept)]
    assert not any(canary.encode() in content for content in contents)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("id=token,env=NO_SUCH_VARIABLE", "the variable `NO_SUCH_VARIABLE` is not set"),
        ("id=token,src=/no/such/file", "`/no/such/file` cannot be read: No such file"),
    ],
)
def test_a_secret_that_is_missing_is_said_before_anything_is_built(
    yard: Yard, engine: Engine, flag: str, said: str
) -> None:
    yard.commit(
        {"connectors/source-a/Dockerfile": NOTHING, "connectors/source-b/Dockerfile": NOTHING}
    )
    finished = yard.invoke("build", f"--secret={flag}")
    assert finished.code == 2, finished
    assert f"error: secret `token`: {said}" in finished.err
    assert not engine.has(yard.image("source-a"))
    assert not (yard.root / ".yard/logs").exists()


@pytest.mark.engine
def test_a_secret_that_is_missing_in_the_settings_is_said_before_anything_is_built(
    yard: Yard, engine: Engine
) -> None:
    yard.settings("images: {source-b: {secrets: {token: {env: NO_SUCH_VARIABLE}}}}")
    yard.commit(
        {"connectors/source-a/Dockerfile": NOTHING, "connectors/source-b/Dockerfile": NOTHING}
    )
    finished = yard.invoke("build")
    assert finished.code == 2, finished
    assert "error: secret `token`: the variable `NO_SUCH_VARIABLE` is not set" in finished.err
    assert not engine.has(yard.image("source-a"))
    assert yard.invoke("build", "--connector=source-a").code == 0
