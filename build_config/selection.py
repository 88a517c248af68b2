"""Names and globs in, the selected connectors out; an empty selection stays empty."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Sequence

from build_config.connector import Connector, Kind
from build_config.errors import UsageError, one_of

_WILD = frozenset("*?[")


def select(
    connectors: Iterable[Connector],
    *,
    patterns: Sequence[str] = (),
    kind: str | None = None,
    without_dockerfile: Sequence[str] = (),
) -> frozenset[str]:
    """Names of the connectors that the flags ask for; no flag asks for all of them.

    Args:
        connectors: what is there.
        patterns: of `--connector`: names, globs and comma lists of them.
        kind: of `--kind`; None for every kind.
        without_dockerfile: directories that a person may mean and that are no images.

    Raises:
        UsageError: a name that is nobody's (did you mean), a glob that matches nothing, a
            directory that is no image, an unknown kind.
    """
    there = tuple(connectors)
    if kind is not None:
        one_of("--kind", kind, tuple(Kind))
    chosen = {c.name for c in there if kind is None or c.kind == kind}
    words = [word.strip() for pattern in patterns for word in pattern.split(",")]
    if patterns and not any(words):
        raise UsageError("`--connector` is empty", hint="name a connector, or leave the flag out")
    if not patterns:
        return frozenset(chosen)
    matched: set[str] = set()
    for word in filter(None, words):
        matched |= _match(word, there, without_dockerfile)
    return frozenset(matched & chosen)


def _match(
    word: str, connectors: tuple[Connector, ...], without_dockerfile: Sequence[str]
) -> set[str]:
    if _WILD & set(word):
        found = {c.name for c in connectors if any(fnmatch.fnmatchcase(a, word) for a in c.aliases)}
        if not found:
            raise UsageError(f"`--connector={word}` matches nothing", hint="invoke list")
        return found
    exact = {c.name for c in connectors if c.name == word}
    found = exact or {c.name for c in connectors if word in c.aliases}
    if not found:
        raise _unknown(word, connectors, without_dockerfile)
    return found


def _unknown(
    word: str, connectors: tuple[Connector, ...], without_dockerfile: Sequence[str]
) -> UsageError:
    for path in without_dockerfile:
        if path.rpartition("/")[2] == word:
            return UsageError(
                f"`{word}` is not an image: `{path}` has no Dockerfile",
                hint=f"add `{path}/Dockerfile`",
            )
    names = sorted({alias for c in connectors for alias in c.aliases})
    meant = word.rstrip("/").rpartition("/")[2]  # a path is what a shell completes
    close = [meant] if meant in names else difflib.get_close_matches(meant, names, n=3, cutoff=0.5)
    close = close or [name for name in names if meant in name][:3]
    hint = f"did you mean {' or '.join(f'`{c}`' for c in close)}?" if close else "invoke list"
    return UsageError(f"there is no connector `{word}`", hint=hint)
