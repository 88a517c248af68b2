"""The documents against the program: every task and flag is told, every command shown is real."""

from __future__ import annotations

import inspect
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from command_lines import refused
from invoke.parser.context import ParserContext

import tasks

PROJECT = Path(__file__).resolve().parent.parent

DOCUMENTS = ("README.md", "CONTRIBUTING.md")
_BLOCK = re.compile(r"^```(?P<language>[^`\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SHELL = ("", "console", "bash", "sh", "shell")
_INLINE = re.compile(r"`(invoke [^`\n]+)`")
_ENDS = {"&&", "||", "|", ";", "&", ">", ">>", "2>", "<"}


@cache
def contexts() -> dict[str, ParserContext]:
    """What the command line knows of each task, by its name; Invoke tells the help but once."""
    return {str(context.name): context for context in tasks.namespace.to_contexts()}


def flags() -> list[tuple[str, str]]:
    """Every (task, long flag)."""
    return [
        (name, max(argument.names, key=len))
        for name, context in contexts().items()
        for argument in context.args.values()
    ]


def spelled(flag: str) -> str:
    """As it is typed: Invoke takes `dry_run` as `--dry-run`."""
    return f"--{flag.replace('_', '-')}"


def text(document: str) -> str:
    return (PROJECT / document).read_text(encoding="utf-8")


def commands(document: str) -> list[str]:
    """Every `invoke …` that a reader may paste; `[--flag]` of a synopsis is a flag."""
    shown = [line for block in shell_blocks(text(document)) for line in _lines(block)]
    found = [command for line in shown for command in _invocations(line)]
    inline = _INLINE.findall(text(document))
    return found + [c for line in inline for c in _invocations(re.sub(r"[][]", "", line))]


def shell_blocks(markdown: str) -> list[str]:
    """What stands in fences of shell; each fence that opens is matched with the one that closes."""
    blocks = _BLOCK.finditer(markdown)
    return [block["text"] for block in blocks if block["language"].strip() in _SHELL]


def _lines(block: str) -> list[str]:
    return [line.removeprefix("$ ") for line in block.replace("\\\n", " ").splitlines()]


def _invocations(line: str) -> list[str]:
    """The parts of a shell line that start `invoke`, behind variables and other commands."""
    if "invoke" not in line:
        return []
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    parts: list[list[str]] = [[]]
    for word in lexer:
        if word in _ENDS:
            parts.append([])
        else:
            parts[-1].append(word)
    plain = [[w for i, w in enumerate(p) if not _assigns(p[: i + 1])] for p in parts]
    return [shlex.join(part) for part in plain if part and part[0] == "invoke"]


def _assigns(words: list[str]) -> bool:
    """Whether the last of these first words of a command is an assignment: `A=b C=d command`."""
    return all(re.fullmatch(r"\w+=.*", word) for word in words)


SHOWN = [(document, command) for document in DOCUMENTS for command in commands(document)]


@pytest.mark.parametrize("name", contexts())
def test_every_task_has_a_help_text_and_is_in_the_readme(name: str) -> None:
    task = tasks.namespace[name]
    assert (inspect.getdoc(task) or "").strip()
    assert re.search(rf"\binvoke\b[^\n]*\b{re.escape(name)}\b", text("README.md")), name


@pytest.mark.parametrize(("name", "flag"), flags())
def test_every_flag_has_a_help_text_and_is_in_the_readme(name: str, flag: str) -> None:
    argument = next(a for a in contexts()[name].args.values() if flag in a.names)
    assert (argument.help or "").strip()
    told = [line for line in text("README.md").splitlines() if f"invoke {name} " in line]
    assert any(re.search(rf"{re.escape(spelled(flag))}(?![\w-])", line) for line in told)


@pytest.mark.parametrize("name", contexts())
def test_no_word_after_a_task_is_taken_for_a_value(name: str) -> None:
    assert not contexts()[name].missing_positional_args


def test_the_map_of_the_code_names_every_module_and_folder() -> None:
    named = set(re.findall(r"\w+", (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
    code = {path for path in (PROJECT / "build_config").glob("[!_]*") if "typed" not in path.name}
    assert {path.stem for path in code} - named == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_document_shows_commands(document: str) -> None:
    assert commands(document)


@pytest.mark.parametrize(("document", "command"), SHOWN)
def test_a_command_that_is_shown_is_one(document: str, command: str) -> None:
    assert refused(command) is None, document


def test_only_what_is_in_fences_of_shell_is_shell() -> None:
    markdown = "```yaml\na: 1\n```\ninvoke that's prose\n```sh\none\n```\n```\ntwo\n```\nprose\n"
    assert shell_blocks(markdown) == ["one\n", "two\n"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("invoke setup build          # sets the machine up", ["invoke setup build"]),
        ("pip install -e . && invoke setup build", ["invoke setup build"]),
        ("INVOKE_ROOT=/a B='c d' invoke list | head", ["invoke list"]),
        ("an invoke that is prose", []),
        ("invoke build --connector='source-*'", ["invoke build --connector=source-*"]),
    ],
)
def test_commands_are_found_in_lines_of_shell(line: str, found: list[str]) -> None:
    assert [shlex.split(command) for command in _invocations(line)] == [f.split() for f in found]
