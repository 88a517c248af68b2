"""The prompts of `invoke generate` in a terminal: arrow keys, a word on each mistake, Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import repositories
import tiny_templates
from screen import screen
from yard import PROJECT, Yard

DOWN, UP, ENTER, BACKSPACE = "\x1b[B", "\x1b[A", "\r", "\x7f"
CTRL_C, CTRL_D = "\x03", "\x04"
_SECONDS = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Terminal:
    """A person before a terminal."""

    process: subprocess.Popen[bytes]
    descriptor: int
    seen: bytearray = field(default_factory=bytearray)

    def wait_for(self, text: str) -> None:
        """Until this is on the screen."""
        end = time.monotonic() + _SECONDS
        while text not in (shown := screen(self.seen.decode(errors="replace"))):
            if not select.select([self.descriptor], [], [], max(end - time.monotonic(), 0))[0]:
                raise AssertionError(f"no `{text}` on the screen:\n{shown}")
            try:
                self.seen.extend(os.read(self.descriptor, 65536))
            except OSError as error:  # the other end is closed
                raise AssertionError(f"it ended without `{text}`:\n{shown}") from error

    def press(self, *keys: str) -> None:
        """Type."""
        for key in keys:
            os.write(self.descriptor, key.encode())


@contextmanager
def terminal(yard: Yard, *words: str, columns: int = 250) -> Iterator[Terminal]:
    """`invoke generate` in one."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, columns, 0, 0))
    extra = {"INVOKE_TEMPLATES": "templates", "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "invoke", "generate", *words],
        cwd=PROJECT,
        env=yard.environment(extra),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    with process:
        try:
            yield Terminal(process=process, descriptor=ours)
        finally:
            process.kill()
            os.close(ours)


@pytest.fixture
def tiny(repository: Yard) -> Yard:
    """An empty repository with the tiny template."""
    tiny_templates.write(repository.root)
    repository.commit({"connectors/README.md": "none yet\n", ".gitignore": ".yard/\n"})
    return repository


def test_everything_is_asked_and_mistakes_are_told_while_one_types(tiny: Yard) -> None:
    with terminal(tiny) as screen:
        screen.wait_for("Description:")
        screen.press(UP)  # from the first to the last one
        screen.wait_for("Tiny, for tests (source, other, your own)")
        screen.press(ENTER)
        screen.wait_for("Name")
        screen.press("../x")
        screen.wait_for("is a path, not a name; did you mean `source-x`?")
        screen.press(*[BACKSPACE] * 4, "Foo Bar", ENTER)
        screen.wait_for("Display name Foo Bar")
        screen.press(" & Co", ENTER)
        screen.wait_for("Documentation URL https://docs.airbyte.com/integrations/sources/foo-bar")
        screen.press(ENTER)
        screen.wait_for("Base URL")
        screen.press("ftp")
        screen.wait_for("starts with https://")
        screen.press(*[BACKSPACE] * 3, "https://x", ENTER)
        screen.wait_for("chocolate")
        screen.press(DOWN, ENTER)
        screen.wait_for("Package com.foo-bar")
        screen.press(ENTER)
        screen.wait_for("invoke test --connector=source-foo-bar")
        assert screen.process.wait(_SECONDS) == 0
    made = tiny.root / "connectors/source-foo-bar"
    assert (made / "sweet.txt").is_file()
    assert (made / "source_foo_bar/client.txt").read_text() == "https://x SourceFooBar\n"
    page = tiny.root / "docs/integrations/sources/foo-bar.md"
    assert page.read_text() == "# Foo Bar & Co\n"


def test_on_a_narrow_terminal_nothing_is_cut_off(tiny: Yard) -> None:
    with terminal(tiny, columns=80) as screen:
        screen.wait_for("(destination, java)")
        screen.press(ENTER)
        screen.wait_for("Name")
        for name, said in (
            ("café", "is not only ASCII letters, digits and `-`; did you mean `destination-cafe`?"),
            ("foo-source", "ends in its kind, which comes first; did you mean `destination-foo`?"),
            ("source-x", "is a source's, the template a destination's; did you mean `destination-"),
        ):
            screen.press(name)
            screen.wait_for(said)
            screen.press(*[BACKSPACE] * len(name))
        screen.press("x", ENTER, "!")
        screen.wait_for("no word like `null` or `yes`")


def test_a_name_that_is_taken_is_told_while_one_types_without_flags(tiny: Yard) -> None:
    tiny.commit({"connectors/source-foo/Dockerfile": "FROM scratch\n"})
    with terminal(tiny, "--template=tiny") as screen:
        screen.wait_for("Name")
        screen.press("foo")
        screen.wait_for("`connectors/source-foo`; choose another name")
        assert "--name" not in screen.seen.decode()
        assert "…" not in screen.seen.decode()


def test_only_what_is_missing_is_asked(tiny: Yard) -> None:
    given = (*tiny_templates.ANSWERS, "--name=foo", "--answer=flavour=vanilla")
    words = (*given, "--answer=display_name=Foo", "--answer=documentation_url=https://x")
    with terminal(tiny, *words) as screen:
        screen.wait_for("Package com.foo")
        screen.press(ENTER)
        screen.wait_for("next:")
        assert screen.process.wait(_SECONDS) == 0


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ((), CTRL_C),
        (("--template=tiny",), CTRL_D),
        ((*tiny_templates.ANSWERS, "--name=a"), CTRL_C),
    ],
)
def test_ctrl_c_or_d_ends_it_with_130_and_nothing_is_written(
    tiny: Yard, words: tuple[str, ...], key: str
) -> None:
    with terminal(tiny, *words) as screen:
        screen.wait_for("?")
        time.sleep(0.5)  # until keys are keys
        screen.press(key)
        screen.wait_for("interrupted")
        assert screen.process.wait(_SECONDS) == 130
    assert repositories.git(tiny.root, "status", "--short") == ""
