from __future__ import annotations

import pytest

from build_config.image import InvalidReferenceError, parse

DIGEST = f"sha256:{'0123456789abcdef' * 4}"


@pytest.mark.parametrize(
    ("text", "canonical", "written"),
    [
        ("python", "docker.io/library/python:latest", "python:latest"),
        ("python:3.11", "docker.io/library/python:3.11", "python:3.11"),
        ("airbyte/source-x:dev", "docker.io/airbyte/source-x:dev", "airbyte/source-x:dev"),
        ("docker.io/python", "docker.io/library/python:latest", "python:latest"),
        ("index.docker.io/airbyte/x", "docker.io/airbyte/x:latest", "airbyte/x:latest"),
        ("ghcr.io/a/b/c:1", "ghcr.io/a/b/c:1", "ghcr.io/a/b/c:1"),
        ("localhost/x", "localhost/x:latest", "localhost/x:latest"),
        ("localhost:5000/x", "localhost:5000/x:latest", "localhost:5000/x:latest"),
        ("localhost:5000/x:dev", "localhost:5000/x:dev", "localhost:5000/x:dev"),
        ("[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest"),
        ("a__b/c---d.e:T.ag_1", "docker.io/a__b/c---d.e:T.ag_1", "a__b/c---d.e:T.ag_1"),
        (f"python@{DIGEST}", f"docker.io/library/python@{DIGEST}", f"python@{DIGEST}"),
        (f"a/b:1@{DIGEST}", f"docker.io/a/b:1@{DIGEST}", f"a/b:1@{DIGEST}"),
    ],
)
def test_defaults_are_filled_in_and_left_out_again(text: str, canonical: str, written: str) -> None:
    reference = parse(text)
    assert reference.canonical == canonical
    assert str(reference) == written
    assert parse(canonical) == parse(written) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":dev",
        "x:",
        "x@",
        "x@sha256:",
        "x@sha256:short",
        f"x@{DIGEST}:dev",
        "a//b",
        "/a",
        "a/",
        "a b",
        "a:b:c",
        "-a",
        "a/-b",
        "a..b",
        "a:-tag",
        f"a:{'t' * 129}",
        "${TAG}",
        "a\n",
        "a:dev\n",
        "ä",
        "a" * 256,
    ],
)
def test_what_is_not_a_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidReferenceError):
        parse(text)


def test_an_upper_case_name_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidReferenceError, match="names are lower case"):
        parse("airbyte/Source-X:dev")


def test_a_long_illegal_name_is_refused_at_once() -> None:
    with pytest.raises(InvalidReferenceError):
        parse("a-" * 100_000)


def test_the_name_of_an_image_leaves_tag_and_digest_out() -> None:
    assert parse(f"airbyte/x:1@{DIGEST}").name == "airbyte/x"
    assert parse("docker.io/library/python:3").name == "python"
    assert parse("ghcr.io/a/b:1").name == "ghcr.io/a/b"


def test_beside_a_digest_the_tag_is_ignored_when_an_engine_is_asked() -> None:
    assert parse(f"python:3.11@{DIGEST}").lookup == f"docker.io/library/python@{DIGEST}"
    assert parse("python:3.11").lookup == "docker.io/library/python:3.11"
