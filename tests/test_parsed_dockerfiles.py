"""`parsed_dockerfiles`: with what is remembered and without it, a text says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monorepos import found

from build_config import dockerfile, parsed_dockerfiles, saved_work
from build_config.dockerfile import DockerfileError
from build_config.parsed_dockerfiles import FILE, remembered
from build_config.saved_work import Memory

LINES = (
    "ARG V=1", "ARG W", "FROM a/x:$V AS one", "FROM scratch", "FROM one",
    "FROM x@sha256:" + "0" * 64,
    "COPY --from=one /a /b", "COPY --from=b/y:2 /a /b", "COPY build/x ü /x/", 'ENV A=$V "B C"=1',
    "LABEL io.airbyte.name=a/x io.airbyte.version=$W", 'ENTRYPOINT ["a", "b c"]', "ENTRYPOINT a b",
    "RUN --mount=type=bind,from=c/z:1,target=/z true", "RUN a \\\n  && b", "# note", "NONSENSE x",
)  # fmt: skip
FINE = "FROM scratch\nLABEL io.airbyte.name=a/{0} io.airbyte.version=1.0.0\n"
ARGUMENTS = st.dictionaries(st.sampled_from(["V", "W"]), st.sampled_from(["", "7"]))


def said(memory: Memory, text: str, build_args: dict[str, str]) -> object:
    try:
        return parsed_dockerfiles.parse(text, build_args, memory)
    except DockerfileError as error:
        return str(error), error.line


@given(st.lists(st.sampled_from(LINES)).map("\n".join), ARGUMENTS)
def test_what_is_remembered_is_what_the_parser_says(
    state: Path, text: str, build_args: dict[str, str]
) -> None:
    try:
        expected: object = dockerfile.parse(text, build_args)
    except DockerfileError as error:
        expected = str(error), error.line
    first = remembered(state)
    assert said(first, text, build_args) == expected
    first.keep()
    again = remembered(state)
    assert said(again, text, build_args) == expected
    assert len(again.known) == (not isinstance(expected, tuple))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One `.yard` for all examples: what one leaves must not be taken for another."""
    return tmp_path_factory.mktemp("state")


def texts(count: int) -> dict[str, str]:
    return {f"connectors/source-{n}/Dockerfile": FINE.format(n) for n in range(count)}


def keys(root: Path) -> set[str]:
    return set(remembered(root / ".yard").known)


def test_only_what_is_in_use_is_kept(tmp_path: Path) -> None:
    before = found(tmp_path, texts(3))
    assert len(keys(tmp_path)) == 3
    (tmp_path / "connectors/source-2/Dockerfile").unlink()
    (tmp_path / "connectors/source-1/Dockerfile").write_text(FINE.format("new"), encoding="utf-8")
    after = found(tmp_path, {})
    assert len(keys(tmp_path)) == 2
    assert [str(c.image) for c in after.connectors] == ["a/0:dev", "a/new:dev"]
    assert after.connectors[0] == before.connectors[0]


def test_when_nothing_changed_nothing_is_written(tmp_path: Path) -> None:
    first = found(tmp_path, texts(2))
    written = (tmp_path / ".yard" / FILE).stat().st_mtime_ns
    assert found(tmp_path, {}) == first
    assert (tmp_path / ".yard" / FILE).stat().st_mtime_ns == written


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b"seal\n[]", b"[" * 100_000])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    first = found(tmp_path, texts(2))
    (tmp_path / ".yard" / FILE).write_bytes(damage)
    assert found(tmp_path, {}) == first
    assert len(keys(tmp_path)) == 2


def test_another_parser_or_other_code_reads_it_anew(tmp_path: Path) -> None:
    found(tmp_path, texts(1))
    file = tmp_path / ".yard" / FILE
    parsed = remembered(tmp_path / ".yard")
    assert saved_work.read(file, parsed.maker) is not None
    assert saved_work.read(file, parsed.maker + "1") is None


def test_all_code_that_a_dockerfile_is_read_with_is_in_the_name() -> None:
    named = set(parsed_dockerfiles._WORKED_OUT_BY)
    folder = Path(parsed_dockerfiles.__file__).parent
    for name in named - {"parsed_dockerfiles"}:
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        assert set(re.findall(r"^\s*from build_config\.(\w+)", text, re.MULTILINE)) <= named


def test_build_arguments_are_part_of_the_question(tmp_path: Path) -> None:
    files = {"connectors/source-a/Dockerfile": "ARG V=1\nFROM a/x:$V\n"}
    one = found(tmp_path, files).connectors[0]
    images = {"source-a": {"build_args": {"V": "2"}}}
    other = found(tmp_path, files, images=images).connectors[0]
    assert (str(one.dockerfile.base), str(other.dockerfile.base)) == ("a/x:1", "a/x:2")


def test_a_repository_that_cannot_be_written_to_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / ".yard").write_text("a file\n", encoding="utf-8")
    assert len(found(tmp_path, texts(2)).connectors) == 2
