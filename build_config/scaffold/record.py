"""What a connector was generated from: into `.generated.json` of its directory, and back.

The file holds what the template gave that day, so that `--update` can tell the template's changes
from the person's without asking any history. Git keeps it; images do not.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from build_config.connector import Kind
from build_config.dockerignore import parse_rules
from build_config.errors import RepositoryError
from build_config.scaffold.files import File, Files
from build_config.scaffold.names import Name
from build_config.scaffold.rendering import Rendered

NAME = ".generated.json"
_FORMAT = 1
_WIDTH = 100
_IGNORE = ".dockerignore"
_LARGEST = 64 * 1024 * 1024

DOCS, DEFINITION, CONNECTOR = "docs", "definition", "connector/"
"""Where in the record the files are: the page, the definition, and below this the directory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One `.generated.json`.

    Attributes:
        answers: to everything that was asked, and what else must stay the same.
        base: what the template gave, by `DOCS`, `DEFINITION` or `CONNECTOR` and path.
    """

    template: str
    answers: Mapping[str, str]
    base: Files

    @property
    def name(self) -> Name:
        """What the connector was called when it was generated."""
        kind, _, stem = self.answers["name"].partition("-")
        return Name(kind=Kind(kind), stem=stem)


def base_of(rendered: Rendered) -> dict[str, File]:
    """All that was rendered, as a record keeps it."""
    base = {f"{CONNECTOR}{path}": file for path, file in rendered.connector.items()}
    singles = {DOCS: rendered.docs, DEFINITION: rendered.definition}
    return base | {key: file for key, file in singles.items() if file is not None}


def with_ignore_rule(rendered: Rendered) -> Rendered:
    """The same, with a line that keeps the record out of the image where none does."""
    own = rendered.connector.get(_IGNORE, File(content=b""))
    if parse_rules(own.content.decode(errors="replace")).excluded(NAME):
        return rendered
    gap = b"\n" if own.content and not own.content.endswith(b"\n") else b""
    file = File(content=own.content + gap + f"{NAME}\n".encode())
    return replace(rendered, connector={**rendered.connector, _IGNORE: file})


def encode(record: Record) -> bytes:
    """The text of the file; the same record gives the same bytes."""
    files = {path: _document(file) for path, file in sorted(record.base.items())}
    packed = zlib.compress(json.dumps(files, sort_keys=True, ensure_ascii=False).encode(), 9)
    text = base64.b64encode(packed).decode()
    document = {
        "about": "written by `invoke generate`; `invoke generate --update` needs it",
        "format": _FORMAT,
        "template": record.template,
        "answers": dict(sorted(record.answers.items())),
        "base": [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)],
    }
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()


def decode(content: bytes, shown: str) -> Record:
    """Read the file.

    Raises:
        RepositoryError: it is none, or of a format that a later version writes.
    """
    try:
        document = json.loads(content)
        if document["format"] != _FORMAT:
            raise RepositoryError(
                (f"{shown}: format {document['format']} is unknown; known is {_FORMAT}",),
                hint="a newer version of this tool wrote it: use that one",
            )
        unpacker = zlib.decompressobj()
        packed = base64.b64decode("".join(document["base"]), validate=True)
        files = json.loads(unpacker.decompress(packed, _LARGEST))
        return _checked(
            Record(
                template=str(document["template"]),
                answers={str(key): str(value) for key, value in document["answers"].items()},
                base={str(path): _file(entry) for path, entry in files.items()},
            )
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error) as error:
        raise RepositoryError(
            (f"{shown}: not what `invoke generate` wrote there",),
            hint="bring it back from git's history; without it there is no `--update`",
        ) from error


def _document(file: File) -> dict[str, object]:
    try:
        content = {"text": file.content.decode()}
    except UnicodeDecodeError:
        content = {"base64": base64.b64encode(file.content).decode()}
    return {**content, "executable": True} if file.executable else {**content}


def _checked(record: Record) -> Record:
    """Its name is one, and its files are the connector's: an update removes what it names."""
    _ = record.name
    if any(".." in path.split("/") for path in record.base):
        raise ValueError("a path that leads out")
    return record


def _file(entry: Mapping[str, object]) -> File:
    text = entry.get("text")
    content = str(text).encode() if text is not None else base64.b64decode(str(entry["base64"]))
    return File(content=content, executable=entry.get("executable") is True)
