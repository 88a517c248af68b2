"""Numbers and foreign text in, the words and marks that a person reads out."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What tools print to steer a terminal: CSI sequences (colours, cursor), OSC sequences (titles,
# links; ended by BEL or ST), and the other two-character escapes (ECMA-48, section 5).
_STEERING = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)"
    r"|\x1b[ -/]*[0-~]"
)
# Control characters, and the invisible ones that change the order in which a line is read.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MINUTE, _HOUR = 60, 3600
_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """The signs in front of lines: each says by its shape what its colour says again."""

    done: str
    failed: str
    started: str
    skipped: str
    gutter: str
    more: str
    separator: str
    bar: tuple[str, str]
    spinner: str


UNICODE_MARKS = Marks(
    done="✓",
    failed="✗",
    started="▸",
    skipped="–",  # noqa: RUF001 - an en dash is as wide as the other marks look
    gutter="│",
    more="…",
    separator="·",
    bar=("━", "─"),
    spinner="⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏",
)
ASCII_MARKS = Marks(
    done="+",
    failed="x",
    started=">",
    skipped="-",
    gutter="|",
    more="...",
    separator="-",
    bar=("=", "-"),
    spinner="|/-\\",
)


def marks_for(encoding: str) -> Marks:
    """The marks that a stream of this encoding can carry."""
    return UNICODE_MARKS if encoding.lower().startswith("utf") else ASCII_MARKS


def duration(seconds: float) -> str:
    """At most eight characters: `0.4 s`, `12 s`, `2 m 05 s`, `1 h 02 m`."""
    if seconds < 9.95:  # noqa: PLR2004 - what still rounds to one digit before the point
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} m {whole % _MINUTE:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} m"


def size(count: float) -> str:
    """Bytes in decimal units, as registries and engines give them: `12.3 MB`."""
    power = 0
    while count >= 999.5 and power < len(_UNITS) - 1:  # noqa: PLR2004 - would round to 1000
        count, power = count / 1000, power + 1
    return f"{count:.1f} {_UNITS[power]}" if power else f"{count:.0f} B"


def change(count: int) -> str:
    """Bytes more or less than before: `+1.2 MB`, `-300 B`."""
    return f"{'+' if count > 0 else '-'}{size(abs(count))}"


def counted(count: int, noun: str) -> str:
    """`1 image`, `3 images`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def harmless(text: str) -> str:
    """Foreign text as one line that cannot steer a terminal.

    A line that was redrawn with carriage returns is what was drawn last.
    """
    if text.isprintable() and not text.isspace():
        return text
    drawn = [part for part in re.split(r"[\r\n]", _STEERING.sub("", text)) if part.strip()]
    line = drawn[-1] if drawn else ""
    return _LONE_SURROGATE.sub("\ufffd", _UNSEEN.sub("", line.expandtabs(4)))


def one_line(text: str) -> str:
    """Text of several lines as one harmless line, nothing lost but the line ends."""
    return " ".join(harmless(line) for line in re.split(r"[\r\n]+", text) if line.strip())


def encodable(text: str, encoding: str) -> str:
    """The text with `?` for what the encoding cannot say."""
    return text.encode(encoding, errors="replace").decode(encoding)


def shorten(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis where it has more than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
