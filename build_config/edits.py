"""The content of a file and edits of it in, the edited content out: every other byte as it was."""

from __future__ import annotations

from collections.abc import Iterable

from build_config.defect import Edit

_BOM = "\ufeff"


def edited(content: bytes, edit: Edit) -> bytes | None:
    """The content with the edit; None where it is not as it was when somebody looked.

    An edit whose `old` is empty inserts.
    """
    if edit.line is None:
        return _with_line(content, edit.new.encode())
    lines = content.split(b"\n")
    return b"\n".join(lines) if _replaced(lines, edit) else None


def edited_by_all(content: bytes, edits: Iterable[Edit]) -> bytes | None:
    """The content with all edits, whose places are those before any of them; None as `edited`.

    Edits that insert at one place do so in their order.
    """
    lines = content.split(b"\n")
    placed = list(enumerate(dict.fromkeys(edits)))
    placed.sort(key=lambda pair: (pair[1].line or 0, pair[1].column, pair[0]))
    done = all(_replaced(lines, edit) for _, edit in reversed(placed))  # later ones do not move
    return b"\n".join(lines) if done else None


def line_end(content: bytes) -> str:
    """The line end that a file uses; that of Unix where it has none."""
    return "\r\n" if b"\r\n" in content else "\n"


def _replaced(lines: list[bytes], edit: Edit) -> bool:
    if edit.line is None or edit.line > len(lines):
        return False
    line = lines[edit.line - 1].decode(errors="surrogateescape")
    bom = 1 if line.startswith(_BOM) else 0  # columns are counted without it
    at = line.find(edit.old, edit.column + bom)
    if at < 0:
        return False
    line = line[:at] + edit.new + line[at + len(edit.old) :]
    lines[edit.line - 1] = line.encode(errors="surrogateescape")
    return True


def _with_line(content: bytes, new: bytes) -> bytes:
    """Appended, once, with the line ends that the file has."""
    if new in content.splitlines():
        return content
    end = line_end(content).encode()
    gap = end if content and not content.endswith(b"\n") else b""
    return content + gap + new + end
