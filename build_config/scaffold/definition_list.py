"""One YAML list of definitions and a new entry in, the same list with the entry at its end out."""

from __future__ import annotations

import re
from pathlib import Path

from build_config.errors import RepositoryError
from build_config.settings import Settings
from build_config.yaml_files import YamlFileError, parse_nodes

_ITEM = re.compile(rb"^( *)- ", re.MULTILINE)
_SUFFIXES = (".yaml", ".yml", ".json")


def is_list(settings: Settings, place: str) -> bool:
    """Whether the definitions at a place are one file, and not a folder of files."""
    path = settings.root / place
    return path.is_file() or (not path.exists() and Path(place).suffix in _SUFFIXES)


def appended(content: bytes, entry: bytes, shown: str) -> bytes:
    """The list with the entry at its end, in the list's own indent and line ends.

    Every other byte stays.

    Raises:
        RepositoryError: the file is no list of one item below the other.
    """
    first = _ITEM.search(content)
    indent = first.group(1) if first else b""
    lines = entry.decode().splitlines()
    new = b"".join(
        indent + (b"- " if number == 0 else b"  " if line else b"") + line.encode() + b"\n"
        for number, line in enumerate(_without_comments(lines))
    )
    if b"\r\n" in content:
        new = new.replace(b"\n", b"\r\n")
    end = b"\r\n" if b"\r\n" in content else b"\n"
    before = b"" if content.strip() in {b"", b"[]"} else content
    gap = end if before and not before.endswith(b"\n") else b""
    after = before + gap + new
    if _count(after, shown) != _count(before, shown) + 1:
        raise _no_list(shown)
    return after


def _without_comments(lines: list[str]) -> list[str]:
    """From the first key on: in front of it an item has its dash."""
    start = next((n for n, line in enumerate(lines) if line and line[0] not in "#-"), 0)
    return lines[start:]


def _count(content: bytes, shown: str) -> int:
    try:
        node = parse_nodes(content.decode("utf-8-sig"), shown)
    except (YamlFileError, UnicodeDecodeError) as error:
        raise _no_list(shown) from error
    if node is None:
        return 0
    items = node.value if getattr(node, "id", "") == "sequence" else None
    if items is None or any(item.id != "mapping" for item in items):
        raise _no_list(shown)
    return len(items)


def _no_list(shown: str) -> RepositoryError:
    problem = "not a YAML list of definitions, one below the other: nothing can be added to it"
    return RepositoryError((f"{shown}: {problem}",))
