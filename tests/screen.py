"""What a program writes in, what is on the screen out: as much of a terminal as prompts use.

`terminal` shows all lines that ever were, for what only scrolls; this one repaints in place.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\x1b\[([?>]?[0-9;]*)([A-Za-z])|\x1b[=>]|[\r\n\x07\x08]|[^\x1b\r\n\x07\x08]+")
_MOVES = {"A": (-1, 0), "B": (1, 0), "C": (0, 1), "D": (0, -1)}


def screen(written: str) -> str:
    """The lines of the screen, without styles; lines are not folded."""
    lines, row, column = [""], 0, 0
    for token in _TOKEN.finditer(written):
        text, count, command = token.group(), token.group(1), token.group(2)
        if command in _MOVES:
            down, right = _MOVES[command]
            steps = int(count or 1)
            row, column = max(row + down * steps, 0), max(column + right * steps, 0)
        elif command == "K":
            lines[row] = lines[row][:column]
        elif command == "J":
            lines[row:] = [lines[row][:column]]
        elif command is not None or text.startswith("\x1b"):
            assert command in {None, *"mhlnq"}, f"a command no prompt should need: {text!r}"
        elif text in "\r\n\x07\x08":
            row, column = (row + (text == "\n"), column if text == "\n" else 0)
        else:
            lines[row] = lines[row].ljust(column)
            lines[row] = lines[row][:column] + text + lines[row][column + len(text) :]
            column += len(text)
        lines += [""] * (row + 1 - len(lines))
    return "\n".join(line.rstrip() for line in lines)
