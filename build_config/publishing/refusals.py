"""A target and what is known of it in, why it must not be published out: before any effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from build_config import versions
from build_config.connector import Kind
from build_config.definitions import Definition
from build_config.ledger import Book
from build_config.machine.base_images import is_bootstrapped
from build_config.publishing.standing import highest
from build_config.publishing.target import Target


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why it is not published.

    Attributes:
        hint: what to do.
    """

    why: str
    hint: str


_BOOTSTRAPPED = Refusal(
    why="it stands on a base that `invoke setup` made on this machine",
    hint="pull the real base; for a trial, `INVOKE_PUBLISH_ALLOW_BOOTSTRAPPED_BASES=1`",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Conditions:
    """What is known of a target before its image is looked at.

    Attributes:
        commit: that is checked out; None before the first one.
        unclean: directories of it and of its bases that are not as committed.
        definition: of the connector; None where it has none.
        bootstrapped: what stands for a base here was made by `invoke setup`, and may not go out.
        backport: a version below the highest may be published.
    """

    commit: str | None
    unclean: tuple[str, ...]
    definition: Definition | None
    backport: bool
    bootstrapped: bool = False


def illegal(target: Target, local_tag: str) -> Refusal | None:
    """Why a version cannot be one; then nobody can be asked about it either."""
    version = target.version
    if not version:
        return Refusal(why="it has no version", hint="add the label `io.airbyte.version`")
    if not versions.is_release_tag(version):
        return Refusal(why=f"`{version}` cannot be a version and a tag", hint=target.bump)
    if version == local_tag:
        return Refusal(why=f"`{version}` means images of this machine", hint=target.bump)
    return None


def refusals(target: Target, book: Book, conditions: Conditions) -> Iterator[Refusal]:
    """Everything that speaks against publishing a legal version that is not there yet."""
    yield from _of_the_order(target, book, backport=conditions.backport)
    bump = f"`invoke bump --connector={target.name} --version={target.version}`"
    if conditions.commit is None:
        yield Refusal(why="nothing is committed here", hint="`git commit`")
    if conditions.bootstrapped:
        yield _BOOTSTRAPPED
    for directory in conditions.unclean:
        yield Refusal(why=f"`{directory}` is not as committed", hint="commit it, or put it back")
    if target.connector.kind is Kind.BASE:
        return
    if conditions.definition is None:
        yield Refusal(why="it has no definition", hint="`invoke check` says which is missing")
    elif conditions.definition.tag != target.version:
        said = f"its definition says {conditions.definition.tag}, its label {target.version}"
        yield Refusal(why=said, hint=f"`invoke check --fix`, or {bump}")


def _of_the_order(target: Target, book: Book, *, backport: bool) -> Iterator[Refusal]:
    top = highest(book, target.repository, stable=False)
    above, order = versions.order(top.version) if top else None, versions.order(target.version)
    if top and above and order and above > order and not backport:
        yield Refusal(
            why=f"{target.version} is below {top.version}, which is published",
            hint=f"`invoke bump --connector={target.name}`; for an older line `--backport`",
        )


def of_the_image(image: Mapping[str, Any], *, allowed: bool) -> Iterator[Refusal]:
    """What speaks against the image itself, as the engine describes it.

    Args:
        image: as the engine describes it.
        allowed: it may stand on a base that `invoke setup` made.
    """
    if is_bootstrapped(image) and not allowed:
        yield _BOOTSTRAPPED
