"""The rules of an ignore file: Docker's meaning as a table, random files by a plain reading."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from build_config.dockerignore import parse_rules, read_rules
from build_config.errors import RepositoryError
from build_config.ignore_pattern import PatternError, lines_of, translate

if TYPE_CHECKING:
    from pathlib import Path

# Text of the ignore file, path, whether Docker leaves it out.
TABLE = [
    ("", "a", False),
    ("a", "a", True),
    ("a", "a/b/c", True),
    ("a", "b/a", False),
    ("a", "ab", False),
    ("A", "a", False),
    ("/a", "a", True),
    ("//a", "a", True),
    ("./a", "a", True),
    ("a/", "a", True),
    ("b/../a", "a", True),
    ("../a", "a", False),
    (".", "a", False),
    ("/", "a", False),
    ("  a \t", "a", True),
    ("a\r\nb\r\n", "b", True),
    ("\ufeffa", "a", True),
    ("# a\na", "a", True),
    ("#a", "#a", False),
    (" #a", "#a", True),
    ("*", "a/b", True),
    ("*", ".hidden", True),
    ("*.py", "a.py", True),
    ("*.py", "a/b.py", False),
    ("*.py", "a.pyc", False),
    ("*/b", "a/b", True),
    ("*/b", "a/c/b", False),
    ("a*c", "a/c", False),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("a?c", "a☺c", True),
    ("?", "\udcff", True),
    ("a[b-d]e", "ace", True),
    ("a[b-d]e", "aae", False),
    ("a[^b-d]e", "aze", True),
    ("a[^b]e", "a/e", True),
    ("[!a]", "!", True),
    ("[!a]", "b", False),
    (r"[x\-]", "-", True),
    (r"[\]a]", "]", True),
    ("[&&~~]", "&", True),
    (r"a\*b", "a*b", True),
    (r"a\*b", "aab", False),
    (r"a\\", "a\\", True),
    (r"\d", "7", True),
    (r"\!a", "!a", True),
    (r"\#a", "#a", True),
    ("a.b", "axb", False),
    ("a.*", "axb", False),
    ("a+(b)$*", "a+(b)$c", True),
    ("a|{1}", "a|{1}", True),
    ("*.{md,txt}", "a.md", False),
    ("**", "a/b", True),
    ("**/", "a", True),
    ("**/a", "a", True),
    ("**/a", "b/c/a", True),
    ("**/a", "b/a/c", True),
    ("**/a", "ba", False),
    ("**a", "b/ba", True),
    ("**a*", "b/ba", False),
    ("a/**", "a", False),
    ("a/**", "a/b/c", True),
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/c/d/b", True),
    ("a**/*.txt", "a/b/c.txt", True),
    ("**/**/*.txt", "c.txt", True),
    ("**/*.pyc", "a\nb/c.pyc", False),
    ("a\n!a/b", "a/b", False),
    ("a\n!a/b", "a/c", True),
    ("a/*\n!a/b", "a/b", False),
    ("!a\na", "a", True),
    ("a\n! /a", "a", False),
    ("**\n!u/w", "u/w/f", False),
    ("**\n!u/w\nu/w/f", "u/w/f", True),
    ("*\n!src\n**/*.pyc", "src/a.pyc", True),
    ("*\n!src\n**/*.pyc", "src/a.py", False),
    # Seen with Docker 20.10 and 28: a `!` that changes nothing for a folder is not handed down.
    ("a/x\n!a", "a/x", True),
    ("*\n!src\n**/*.pyc\n!src/vendor", "src/vendor/a.pyc", True),
    ("*\n!src\n**/*.pyc\n!src/vendor/**", "src/vendor/a.pyc", False),
]


@pytest.mark.parametrize(("text", "path", "excluded"), TABLE)
def test_a_path_is_excluded_as_docker_does(text: str, path: str, *, excluded: bool) -> None:
    assert parse_rules(text).excluded(path) is excluded


@pytest.mark.parametrize(
    "path",
    [
        *(".git", ".git/config", "a/.git", "a/.git/x", "secrets", "secrets/config.json"),
        *(".env", "a/b/.env", ".yard/logs/x"),
    ],
)
def test_what_never_enters_an_image_cannot_be_brought_back(path: str) -> None:
    assert parse_rules(f"!{path}\n!**").excluded(path)


@pytest.mark.parametrize(
    "path", ["a/secrets/x", ".env.example", "secrets.py", ".gitignore", ".envrc"]
)
def test_what_only_looks_like_it_enters(path: str) -> None:
    assert not parse_rules("").excluded(path)


@pytest.mark.parametrize(
    "line",
    [
        *("[", "a[", "[]a]", "[a", "[-]", "[a-]", "[-a]", "[a-b-c]", "[z-a]", "[^]", "\\", "a*\\"),
        *("!", "! ", "!/", r"\é", r"\q", "[*]", "[[:alpha:]]", r"[\b]", "a|*", "*a{2}"),
    ],
)
def test_a_line_that_is_no_pattern_is_refused(line: str) -> None:
    with pytest.raises(RepositoryError, match=r"^`\.dockerignore`, line 2: "):
        parse_rules(f"fine\n{line}\nfine")


def test_all_bad_lines_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / ".dockerignore").write_text("[\nfine\n!\n")
    with pytest.raises(RepositoryError) as caught:
        read_rules(tmp_path, "image")
    assert caught.value.defects == (
        "`image/.dockerignore`, line 1: `[` has a `[` without its `]`",
        "`image/.dockerignore`, line 3: `!` names nothing to bring back",
    )


def test_the_ignore_file_of_the_dockerfile_wins(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("a")
    assert read_rules(tmp_path, ".").excluded("a")
    (tmp_path / "Dockerfile.dockerignore").write_text("b")
    assert not read_rules(tmp_path, ".").excluded("a")
    assert read_rules(tmp_path, ".").excluded("b")
    assert read_rules(tmp_path, ".", "Dockerfile.test").excluded("a")


def test_without_an_ignore_file_nothing_else_is_excluded(tmp_path: Path) -> None:
    assert not read_rules(tmp_path, ".").excluded("a")


def test_an_ignore_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").mkdir()
    with pytest.raises(RepositoryError, match=r"^`\.dockerignore` cannot be read: Is a directory$"):
        read_rules(tmp_path, ".")


@pytest.mark.parametrize(
    ("text", "folder", "prunes"),
    [
        ("node_modules", "node_modules", True),
        ("node_modules", "node_modules/a", True),
        ("node_modules", "src", False),
        ("*\n!src/main.py", "src", False),
        ("*\n!src/main.py", "build", True),
        ("*\n!src/main.py", "src/deep", True),
        ("*\n!*.md", "build", True),
        ("*\n!*/*.md", "build", False),
        ("*\n!**/*.md", "build", False),
        ("*\n!src", "src", False),
        ("!**", ".git", True),
        ("!**", "secrets/deep", True),
    ],
)
def test_a_folder_is_pruned_when_nothing_below_can_enter(
    text: str, folder: str, *, prunes: bool
) -> None:
    assert parse_rules(text).may_prune(folder) is prunes


@pytest.mark.parametrize("seed", range(40))
def test_random_files_mean_what_a_plain_reading_says(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test wants the same numbers every time
    for _ in range(25):
        lines = [_random_line(chance) for _ in range(chance.randint(1, 5))]
        rules = parse_rules("\n".join(lines))
        paths = ["/".join(chance.choices(NAMES, k=chance.randint(1, 4))) for _ in range(20)]
        for path in paths:
            assert rules.excluded(path) is _plainly_excluded(lines, path), (lines, path)
        for folder in {path.rpartition("/")[0] for path in paths} - {""}:
            below = [path for path in paths if path.startswith(f"{folder}/")]
            assert not rules.may_prune(folder) or all(map(rules.excluded, below)), (lines, folder)


NAMES = ("a", "b", "ab", "a.py", "b.py", "src", "é", "*")
STEPS = (*NAMES[:7], "*", "?", "a*", "*.py", "[ab]", "[a-c]?", r"\*", "**")


def _random_line(chance: random.Random) -> str:
    pattern = "/".join(chance.choices(STEPS, k=chance.randint(1, 3)))
    return chance.choice(("", "", "!", "/", "!/")) + pattern


def _plainly_excluded(lines: list[str], path: str) -> bool:
    """Follow moby's words: every line, every parent, one after the other."""
    parts = path.split("/")
    holding = [False] * len(lines)
    excluded = False
    for depth in range(1, len(parts) + 1):
        excluded = False
        for at, line in enumerate(lines):
            excludes = not line.startswith("!")
            if not holding[at] and excludes != excluded:
                steps = tuple(line.removeprefix("!").removeprefix("/").split("/"))
                holding[at] = _steps_match(steps, tuple(parts[:depth]))
            if holding[at]:
                excluded = excludes
    return excluded


@cache
def _steps_match(steps: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    if not steps:
        return not parts
    if steps[0] == "**":
        if len(steps) == 1:
            return bool(parts)
        return any(_steps_match(steps[1:], parts[skip:]) for skip in range(len(parts) + 1))
    return bool(parts) and _name_matches(steps[0], parts[0]) and _steps_match(steps[1:], parts[1:])


@cache
def _name_matches(step: str, name: str) -> bool:
    if not step:
        return not name
    if step[0] == "*":
        return any(_name_matches(step[1:], name[skip:]) for skip in range(len(name) + 1))
    if not name:
        return False
    if step[0] == "?":
        return _name_matches(step[1:], name[1:])
    if step[0] == "[":
        inside, _, rest = step[1:].partition("]")
        choices = "abc" if inside == "a-c" else inside
        return name[0] in choices and _name_matches(rest, name[1:])
    step = step.removeprefix("\\")
    return step[0] == name[0] and _name_matches(step[1:], name[1:])


@pytest.mark.parametrize("path", ["secrets/config.json", ".env", "src/.env", ".git", ".yard/x"])
def test_the_lines_alone_let_through_what_they_do_not_name(path: str) -> None:
    alone = parse_rules("*.md\nkept/\n").lines_alone()
    assert not alone.excluded(path)
    assert alone.excluded("a.md")
    assert alone.excluded("kept/.env")


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("*a*a*a*a*a*a*a*a*b", "a" * 255),
        ("**/a*/**/a*/**/a*/**/b", "/".join(["a" * 255] * 15) + "/a"),
        ("*[^b]*[^b]*[^b]*[^b]*b", "a" * 255),
        ("**/a**/a**/a**/a**/b", "a/" * 300 + "a"),
        ("*a*a*a*a*a*a*a*a*a*a*a*a*b", "a" * 24),
    ],
)
def test_a_hostile_line_takes_no_longer_than_its_length(line: str, path: str) -> None:
    rules, begin = parse_rules(line), time.monotonic()
    assert not rules.excluded(path)
    assert rules.excluded(f"{path[:-1]}b")
    assert time.monotonic() - begin < 2


WILD_STEPS = st.sampled_from(
    (
        *"ab*?/^.\n+",
        "**",
        "**/",
        "[ab]",
        "[^a]",
        "[^/]",
        r"\*",
        r"\b",
        r"\B",
        r"\A",
        r"\z",
        r"\D",
        r"\w",
    )
)
WILD_PATTERNS = st.lists(WILD_STEPS, min_size=1, max_size=8).map("".join)


@settings(deadline=None)
@given(st.lists(WILD_PATTERNS, min_size=1, max_size=3), st.text("ab/.*\né", max_size=12))
def test_long_paths_are_matched_as_short_ones_are(patterns: list[str], path: str) -> None:
    lines = lines_of(map(_pieces, patterns))
    assert replace(lines, longest=-1).match(path) is lines.match(path)


def _pieces(pattern: str) -> tuple[str, ...]:
    try:
        return translate(pattern)
    except PatternError:
        return ("a",)


def test_folders_may_be_as_deep_as_a_disk_has_them() -> None:
    assert not parse_rules("b").excluded("a/" * 1000 + "b")
