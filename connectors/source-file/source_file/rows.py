"""Content of a file: bytes in, rows with their line numbers out, in bounded memory."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, cast

import orjson

from source_file.config import CsvFormat, JsonLinesFormat
from source_file.errors import FileSourceError

# A longer line is a file of another kind, or a quote that never closes: do not fill the memory.
LONGEST_LINE: Final = 32 << 20
BUFFER: Final = 1 << 18
RESERVED: Final = ("_file", "_line", "_file_modified_at", "_extra")
GZIP_MAGIC: Final = b"\x1f\x8b"

csv.field_size_limit(LONGEST_LINE)


def csv_rows(
    content: BinaryIO, *, name: str, file_format: CsvFormat
) -> Iterator[tuple[int, list[str]]]:
    """Column names first, then the cells of each row, each with the line it starts on.

    A file without any row gives nothing. Empty lines are skipped.

    Raises:
        FileSourceError: wrong encoding, cut off compression, broken quoting; names file and line.
    """
    reader = csv.reader(
        _text_lines(content, encoding=file_format.encoding),
        delimiter=file_format.delimiter,
        quotechar=file_format.quote or None,
        quoting=csv.QUOTE_MINIMAL if file_format.quote else csv.QUOTE_NONE,
        escapechar=file_format.escape or None,
        doublequote=not file_format.escape,
        strict=True,
    )
    line = 1
    header: list[str] | None = None
    try:
        for cells in reader:
            if cells and header is None:
                header = column_names(cells if file_format.header_row else [""] * len(cells))
                yield line, header
                cells = [] if file_format.header_row else cells  # noqa: PLW2901 - it is no row
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except (csv.Error, *UNREADABLE) as error:
        raise _unreadable(error, name=name, line=line) from error


def column_names(header: list[str]) -> list[str]:
    """Names neither empty, reserved nor used twice: `a,,a` becomes `a, column_2, a_2`."""
    taken = set(RESERVED)
    names = []
    for position, cell in enumerate(header, start=1):
        wanted = cell.strip() or f"column_{position}"
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted}_{count}"
        taken.add(name)
        names.append(name)
    return names


def json_rows(
    content: BinaryIO, *, name: str, file_format: JsonLinesFormat
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects with their lines. Empty lines are skipped.

    Raises:
        FileSourceError: wrong encoding, cut off compression, a line that is not a JSON object.
    """
    is_utf8 = codecs.lookup(file_format.encoding).name in {"utf-8", "utf-8-sig"}
    lines: Iterator[bytes | str] = (
        _byte_lines(content) if is_utf8 else _text_lines(content, encoding=file_format.encoding)
    )
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if line.isspace():
                continue
            row = orjson.loads(line)
            if type(row) is not dict:
                raise FileSourceError(f"`{name}`, line {number}: not a JSON object")
            yield number, row
    except orjson.JSONDecodeError as error:
        raise FileSourceError(f"`{name}`, line {number}: not JSON: {error.msg}") from error
    except UNREADABLE as error:
        raise _unreadable(error, name=name, line=number + 1) from error


class _LineTooLongError(ValueError):
    """A line above `LONGEST_LINE`."""


UNREADABLE: Final = (UnicodeError, EOFError, zlib.error, _LineTooLongError, OSError)


def _unreadable(error: Exception, *, name: str, line: int) -> FileSourceError:
    reason = str(error)
    if isinstance(error, UnicodeDecodeError):
        reason = f"not `{error.encoding}`; set `encoding`"
    elif isinstance(error, EOFError | zlib.error | gzip.BadGzipFile):
        reason = f"gzip data is damaged or cut off ({error})"
    elif isinstance(error, OSError) and error.strerror:
        reason = error.strerror
    return FileSourceError(f"`{name}`, line {line} or soon after: {reason}")


def _byte_lines(content: BinaryIO) -> Iterator[bytes]:
    read_line = _decompressed(content).readline
    line = read_line(LONGEST_LINE).removeprefix(codecs.BOM_UTF8)
    while line:
        if len(line) == LONGEST_LINE:
            raise _LineTooLongError(f"a line is longer than {LONGEST_LINE >> 20} MiB")
        yield line
        line = read_line(LONGEST_LINE)


def _text_lines(content: BinaryIO, *, encoding: str) -> Iterator[str]:
    # `utf-8-sig` drops a byte order mark where there is one; utf-16 and utf-32 do it by themselves.
    encoding = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    read_line = io.TextIOWrapper(_decompressed(content), encoding=encoding, newline="").readline
    while line := read_line(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise _LineTooLongError(f"a line is longer than {LONGEST_LINE >> 20} MiB")
        yield line


def _decompressed(content: BinaryIO) -> BinaryIO:
    """The content as it is, or unpacked where it starts like gzip: names and headers may lie."""
    buffered = io.BufferedReader(cast("io.RawIOBase", content), BUFFER)
    if buffered.peek(2)[:2] == GZIP_MAGIC:
        unpacked = cast("io.RawIOBase", gzip.GzipFile(fileobj=buffered))
        return cast("BinaryIO", io.BufferedReader(unpacked, BUFFER))
    return cast("BinaryIO", buffered)
