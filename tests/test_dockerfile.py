from __future__ import annotations

import platform

import pytest

from build_config.dockerfile import DockerfileError, parse


def uses(text: str, build_args: dict[str, str] | None = None) -> list[str]:
    """The images that a Dockerfile needs, in order."""
    return [str(use.reference) for use in parse(text, build_args).uses]


def labels(*lines: str, build_args: dict[str, str] | None = None) -> dict[str, str]:
    """The labels of a stage with these instructions."""
    return dict(parse("\n".join(("FROM scratch", *lines)), build_args).labels)


def refused(text: str) -> tuple[int, str]:
    """Where and why a Dockerfile is not one."""
    with pytest.raises(DockerfileError) as caught:
        parse(text)
    return caught.value.line, str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a:1\n", ["a:1"]),
        ("from a:1\n", ["a:1"]),
        ("FROM a\n", ["a:latest"]),
        ("FROM scratch\n", []),
        ("FROM a:1 as x\nFROM x\n", ["a:1"]),
        ("FROM a:1 AS Build\nFROM b:1\nCOPY --from=bUILD /x /y\n", ["a:1", "b:1"]),
        ("FROM a:1\nFROM b:1\nCOPY --from=0 /x /y\n", ["a:1", "b:1"]),
        ("FROM a:1 AS x\nFROM b:1\nRUN --mount=type=bind,from=x,target=/x ls\n", ["a:1", "b:1"]),
        ("FROM a:1\nRUN --mount=from=b:1,target=/x --mount=type=cache,from=c:1 ls\n",
         ["a:1", "b:1", "c:1"]),
        ("FROM a:1\nRUN --network=none ls --from=b:1 from=c:1\n", ["a:1"]),
        ("FROM a:1\nCOPY --chown=1:1 --from=b:1 /x /y\n", ["a:1", "b:1"]),
        ("FROM a:1\nCOPY --from=b:1 /x /y\nCOPY --from=b:1 /z /y\n", ["a:1", "b:1", "b:1"]),
        ("FROM --platform=linux/amd64 a:1 AS x\n", ["a:1"]),
        ("FROM --platform=$BUILDPLATFORM a:1\n", ["a:1"]),
        ("FROM python AS python\nFROM python\n", ["python:latest"]),
        ("FROM 0\n", ["0:latest"]),
        ("FROM a:1\nRUN <<EOF\nFROM b:1\nCOPY --from=c:1 x y\nEOF\n", ["a:1"]),
        ("FROM a:1\nCOPY <<EOF /x\nFROM b:1\nEOF\nCOPY --from=c:1 x y\n", ["a:1", "c:1"]),
        ("FROM a:1\nRUN <<-'A' <<B cat\nFROM b\n\tA\nFROM c\nB\n", ["a:1"]),
        ("# escape=`\nFROM a:1\nRUN x `\n  y\nCOPY --from=b:1 c:\\x d:\\\n", ["a:1", "b:1"]),
        ("# syntax=docker/dockerfile:1\nFROM a:1\n", ["a:1"]),
        ("FROM \\\n  a:1 \\\n  AS x\n", ["a:1"]),
        ("FROM a:1\nRUN a \\\n# FROM b:1\n\n  && c\nCOPY --from=d:1 x y\n", ["a:1", "d:1"]),
        ("FROM a:1\r\nRUN x \\\r\n  y\r\nCOPY --from=b:1 x y\r\n", ["a:1", "b:1"]),
        ("\ufeffFROM a:1\n", ["a:1"]),
        ("FROM a:1", ["a:1"]),
        ("FROM a:1\nONBUILD COPY --from=b:1 x y\n", ["a:1"]),
        ("FROM ghcr.io/a/b:1@sha256:" + "0" * 64 + "\n", ["ghcr.io/a/b:1@sha256:" + "0" * 64]),
    ],
)  # fmt: skip
def test_every_image_that_is_needed_from_outside_is_found(text: str, expected: list[str]) -> None:
    assert uses(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ARG B=a\nARG T=1\nFROM ${B}:$T\n", ["a:1"]),
        ("ARG B=a T=1\nFROM ${B}:$T\n", ["a:1"]),
        ("ARG B=a\nARG F=$B:1\nFROM $F\n", ["a:1"]),
        ("FROM ${B:-a}:${T:-1}\n", ["a:1"]),
        ('ARG B="a:1"\nFROM $B\n', ["a:1"]),
        ("ARG T=1\nFROM a:$T AS x\nARG T=2\nFROM b:$T\n", ["a:1", "b:1"]),
        ("FROM a:1\nARG U=b:1\nFROM c:${U}1\n", ["a:1", "c:1"]),
        ("FROM a-${TARGETOS}:1\n", ["a-linux:1"]),
        ("ARG TARGETOS=mine\nFROM a-$TARGETOS:1\n", ["a-mine:1"]),
    ],
)
def test_arguments_before_the_first_stage_choose_images(text: str, expected: list[str]) -> None:
    assert uses(text) == expected


def test_build_arguments_beat_defaults() -> None:
    assert uses("ARG T=1\nFROM a:$T\n", {"T": "2"}) == ["a:2"]
    assert uses("ARG T\nFROM a:$T\n", {"T": "2"}) == ["a:2"]


def test_a_build_argument_that_is_not_declared_does_nothing() -> None:
    assert uses("FROM a:${T:-1}\n", {"T": "2"}) == ["a:1"]


def test_platform_arguments_are_those_of_this_machine() -> None:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    assert uses("FROM a-$TARGETARCH:1\n") == [f"a-{machine}:1"]


def test_each_use_names_its_instruction_and_its_line() -> None:
    found = parse(
        "# first\nFROM a:1 \\\n  AS x\n\nRUN --mount=from=b:1,target=/b \\\n  ls\n"
        "COPY --from=c:1 /x /y\nADD --from=d:1 /x /y\n"
    )
    assert [(use.instruction, use.line) for use in found.uses] == [
        ("FROM", 2), ("RUN --mount", 5), ("COPY --from", 7), ("ADD --from", 8),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["LABEL a=b"], {"a": "b"}),
        (["label a=b"], {"a": "b"}),
        (["LABEL a=b c=d", "LABEL e=f"], {"a": "b", "c": "d", "e": "f"}),
        (['LABEL "a"="b c" d=\'e f\''], {"a": "b c", "d": "e f"}),
        (["LABEL a=b \\", "# why", "", "  c=d"], {"a": "b", "c": "d"}),
        (["LABEL a b c"], {"a": "b c"}),
        (["LABEL a=one", "LABEL a=two"], {"a": "two"}),
        (["LABEL a=b=c"], {"a": "b=c"}),
        (['LABEL a=""'], {"a": ""}),
        (["ENV V=1", "LABEL a=$V b=${V}.2 c='$V'"], {"a": "1", "b": "1.2", "c": "$V"}),
        (["ENV V 1 2", "LABEL a=$V"], {"a": "1 2"}),
        (["ENV V=1", "ENV V=2 W=$V", "LABEL a=$W"], {"a": "1"}),
        (["ARG V=1", "LABEL a=$V"], {"a": "1"}),
        (["ARG V", "LABEL a=$V."], {"a": "."}),
        (["ENV V=env", "ARG V=arg", "LABEL a=$V"], {"a": "env"}),
        (["ARG TARGETOS", "LABEL a=$TARGETOS"], {"a": "linux"}),
        (["LABEL a=$TARGETOS."], {"a": "."}),
        (["RUN <<EOF", "LABEL a=b", "EOF"], {}),
        (["ONBUILD LABEL a=b"], {}),
    ],
)
def test_labels_are_read_as_the_builder_reads_them(
    lines: list[str], expected: dict[str, str]
) -> None:
    assert labels(*lines) == expected


def test_a_stage_sees_a_global_argument_only_when_it_declares_it() -> None:
    text = "ARG V=1\nFROM scratch\n{}LABEL a=$V.\n"
    assert parse(text.format("ARG V\n")).labels == {"a": "1."}
    assert parse(text.format("")).labels == {"a": "."}
    assert parse(text.format("ARG V=2\n")).labels == {"a": "2."}
    assert parse(text.format("ARG V=2\n"), {"V": "3"}).labels == {"a": "3."}


def test_the_labels_are_those_of_the_last_stage_and_of_what_it_is_made_from() -> None:
    text = (
        "FROM x:1 AS other\nLABEL a=other b=other\n"
        "FROM x:1 AS parent\nARG V=1\nENV W=2\nLABEL a=parent c=parent\n"
        "FROM parent\nLABEL a=$V$W\n"
    )
    assert parse(text).labels == {"a": "12", "c": "parent"}


def test_sources_from_the_context_are_known() -> None:
    found = parse(
        "FROM a:1\nARG V=1\nCOPY x y /z/\nADD build/d-${V}.tar /z\n"
        'COPY ["with space", "/z"]\nCOPY --from=b:1 not-this /z\n'
    )
    assert found.copied == ("x", "y", "build/d-1.tar", "with space")


def test_instructions_keep_their_first_line() -> None:
    found = parse("FROM a:1\n\nRUN a \\\n  b\nRUN c\n")
    assert [line for line, _ in found.instructions] == [1, 3, 5]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", 1, "no instructions"),
        ("\n# nothing\n", 1, "no instructions"),
        ("ARG A=1\n", 1, "there is no FROM"),
        ("FROM a\nFORM b\n", 2, "unknown instruction `FORM` (did you mean `FROM`?)"),
        ("FROM a\n\nqwertyuiop b\n", 3, "unknown instruction `qwertyuiop`"),
        ("some prose\nof a readme\n", 1, "unknown instruction `some`"),
        ("# c\nRUN x\nFROM a\n", 2, "`RUN` stands before the first FROM"),
        ("FROM\n", 1, "FROM takes one image"),
        ("FROM a b\n", 1, "FROM takes one image"),
        ("FROM a AS\n", 1, "FROM takes one image"),
        ("FROM a AS b c\n", 1, "FROM takes one image"),
        ("ARG B\nFROM $B\n", 2, "`$B` is empty"),
        ("FROM a\nCOPY --from=B:1 x y\n", 2, "names are lower case"),
        ("FROM a\nCOPY --from=$X x y\n", 2, "not a legal image name"),
        ("FROM a\nCOPY --from=3 x y\n", 2, "there is no stage 3 yet"),
        ("FROM a\nRUN --mount=from=1 x\n", 2, "there is no stage 1 yet"),
        ("FROM a\nCOPY --from=" + "9" * 5000 + " x y\n", 2, "there is no stage 99"),
        ("FROM a\nENV a\nRUN x\n", 2, "ENV must have"),
        ("FROM a\n\n\nLABEL a\nRUN x\nRUN y\n", 4, "LABEL must have"),
        ("FROM a\nRUN <<A\nx\nA\n\nRUN <<B\ny\n", 6, "unterminated heredoc"),
        ("FROM ${A/b/c}\n", 1, "not a legal image name"),
    ],
)
def test_what_is_not_a_dockerfile_is_refused_with_its_line(text: str, line: int, why: str) -> None:
    found, message = refused(text)
    assert why in message
    assert found == line
    assert "\n" not in message


def test_a_long_file_that_does_not_parse_is_refused_quickly() -> None:
    assert refused("FROM a\n" + "RUN x\n" * 50_000 + "LABEL a\n")[1].startswith("LABEL must have")


def test_the_last_stage_has_what_the_stages_under_it_have() -> None:
    made = parse(
        'FROM python:3.11 AS code\nENV A=1 B=2\nENTRYPOINT ["python", "/x y"]\n'
        "FROM other\nENTRYPOINT never\nFROM code\nENV B=3\n"
    )
    assert str(made.base) == "python:3.11"
    assert made.environment == {"A": "1", "B": "3"}
    assert made.entrypoint == ("python", "/x y")


def test_the_shell_form_of_an_entry_point_is_one_word() -> None:
    assert parse("FROM scratch\nENTRYPOINT exec x $A\n").entrypoint == ("exec x $A",)


def test_an_image_may_stand_on_nothing_and_have_no_entry_point() -> None:
    made = parse("FROM scratch\n")
    assert (made.base, made.entrypoint) == (None, None)
