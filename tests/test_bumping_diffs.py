from __future__ import annotations

from build_config.bumping.changes import FileChange
from build_config.bumping.diffs import coloured, diff_lines


def lines(before: bytes, after: bytes) -> list[str]:
    change = FileChange(path="a.txt", before=before, after=after, connectors=frozenset())
    return list(diff_lines([change]))


def test_a_diff_has_the_line_ends_of_the_file() -> None:
    assert lines(b"a\r\nb\x0c\n", b"c\r\nb\x0c\n") == [
        "--- a/a.txt", "+++ b/a.txt", "@@ -1,2 +1,2 @@", "-a\r", "+c\r", " b\x0c",
    ]  # fmt: skip


def test_a_diff_says_where_no_line_end_is() -> None:
    assert lines(b"a", b"a\nb")[3:] == [
        "-a", "\\ No newline at end of file", "+a", "+b", "\\ No newline at end of file",
    ]  # fmt: skip


def test_what_stands_in_a_file_cannot_steer_a_terminal() -> None:
    shown = list(coloured(lines(b"\x1b[2Ja\r\n\n", b"b\n\n")))
    assert shown[3:] == ["\x1b[31m-a\x1b[0m", "\x1b[32m+b\x1b[0m", " "]
