"""What a person typed for a connector's name in, the name that it gets out, or why not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from build_config.connector import Kind
from build_config.errors import UsageError
from build_config.image import InvalidReferenceError, parse
from build_config.wording import harmless, shorten

_LONGEST = 63
"""As for a pod or a host: names of images go there too."""

_RESERVED = frozenset(
    "acceptance base bases connector connectors definition definitions docs secrets shared "
    "template templates test tests".split()
)
"""They would be read as something else in paths and on command lines."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GAP = re.compile(r"[\s_.-]+")
_STEM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KINDS = (Kind.SOURCE, Kind.DESTINATION)


@dataclass(frozen=True, kw_only=True, slots=True)
class Name:
    """The name of a new connector, in all its spellings.

    Attributes:
        stem: without the kind: `foo-bar`.
    """

    kind: Kind
    stem: str

    @property
    def name(self) -> str:
        """`source-foo-bar`: the directory, and the last part of the image's name."""
        return f"{self.kind}-{self.stem}"

    @property
    def module(self) -> str:
        """`source_foo_bar`: the Python package."""
        return self.name.replace("-", "_")

    @property
    def class_name(self) -> str:
        """`SourceFooBar`."""
        return "".join(part.capitalize() for part in self.name.split("-"))

    @property
    def display_name(self) -> str:
        """`Foo Bar`: a first guess."""
        return " ".join(part.capitalize() for part in self.stem.split("-"))


def understand(typed: str, kind: Kind, namespace: str) -> Name:
    """`source-foo`, `Foo`, `foo bar`, `FooBar` and `source_foo` are `source-foo` or `-foo-bar`.

    Raises:
        UsageError: it is no name for a connector of this kind; with one that would do.
    """
    if not typed.strip():
        raise UsageError("`--name` is empty", hint="say what it connects to: `--name=foo`")
    if "/" in typed or "\\" in typed or set(typed.strip()) == {"."}:
        last = re.split(r"[/\\]", typed.strip("/\\ "))[-1]
        raise _refused(typed, "is a path, not a name", _guess(last, kind))
    plain = _plain(typed)
    stem = plain.removeprefix(f"{kind}-")
    _refuse_other_kind(typed, plain, kind)
    if not _STEM.fullmatch(stem):
        words = "is not only ASCII letters, digits and `-`"
        raise _refused(typed, words if plain else "has no letter and no digit", _guess(typed, kind))
    name = Name(kind=kind, stem=stem)
    if len(name.name) > _LONGEST:
        words = f"is longer than {_LONGEST - len(kind) - 1} characters"
        raise _refused(typed, words, None)
    if stem in _RESERVED or stem in _KINDS or not re.search("[a-z]", stem):
        raise _refused(typed, "is reserved" if re.search("[a-z]", stem) else "has no letter", None)
    try:
        parse(f"{namespace}/{name.name}")
    except InvalidReferenceError as error:
        raise _refused(typed, f"cannot be an image: {error}", None) from error
    return name


def _plain(typed: str) -> str:
    return _GAP.sub("-", _HUMP.sub("-", typed.strip())).strip("-").lower()


def _refuse_other_kind(typed: str, plain: str, kind: Kind) -> None:
    """`destination-foo` of a source's template, `source-source-foo`, `foo-source`."""
    other = next(known for known in _KINDS if known is not kind)
    stem = plain.removeprefix(f"{kind}-")
    if plain.startswith(f"{other}-"):
        hint = plain.removeprefix(f"{other}-")
        raise _refused(typed, f"is a {other}'s, the template a {kind}'s", f"{kind}-{hint}")
    if stem.startswith((f"{kind}-", f"{other}-")):
        raise _refused(typed, "says twice what kind it is", f"{kind}-{stem.partition('-')[2]}")
    if plain == stem and stem.endswith((f"-{kind}", f"-{other}")):
        words = "ends in its kind, which comes first"
        raise _refused(typed, words, f"{kind}-{stem.rpartition('-')[0]}")


def _guess(typed: str, kind: Kind) -> str | None:
    """The nearest legal name; None where nothing is left of it."""
    ascii_only = unicodedata.normalize("NFKD", typed).encode("ascii", "ignore").decode()
    stem = re.sub("[^a-z0-9-]", "", _plain(ascii_only)).strip("-")
    stem = re.sub("-+", "-", stem).removeprefix(f"{kind}-")
    return f"{kind}-{stem}" if stem and len(stem) < _LONGEST // 2 else None


def _refused(typed: str, why: str, better: str | None) -> UsageError:
    shown = shorten(harmless(typed), 40)
    hint = f"did you mean `--name={better}`?" if better else "such as `--name=foo-bar`"
    return UsageError(f"the name `{shown}` {why}", hint=hint)
