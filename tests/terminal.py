"""What a program writes in, what a terminal then shows out: as much of one as rich uses."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])|\r|\n|[^\x1b\r\n]+")


def lines_shown(written: str) -> list[str]:
    """Every line, scrolled away or not, without styles and without empty ones at the end.

    Wrapping is not imitated.
    """
    lines, row, column = [""], 0, 0
    for token in _TOKEN.finditer(written):
        text, command = token.group(), token.group(2)
        if text == "\r":
            column = 0
        elif text == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif command == "A":
            row = max(row - int(token.group(1) or 1), 0)
        elif command == "K":
            lines[row] = ""
        elif command is None:
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + len(text) :]
            column += len(text)
        else:
            assert command in "mhl", f"a command no display should need: {text!r}"
    return "\n".join(line.rstrip() for line in lines).rstrip("\n").split("\n")
