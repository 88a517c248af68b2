"""Release records in any order in, the history of each image out, the highest version first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from build_config.errors import RepositoryError
from build_config.release import Release
from build_config.versions import Order, order

_LOWEST: Order = (-1, -1, -1, False, ())
_order = cache(order)  # most connectors have the same few versions


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """All releases of one image.

    Attributes:
        name: of the connector or base.
        releases: at least one; by semantic version, the highest first. A backport stands where
            its version belongs, not where its date does.
        current: what the catalog offers: the highest stable version. A prerelease only where
            there is nothing else: it can be pulled, so to hide it would be a lie.
    """

    name: str
    releases: tuple[Release, ...]
    current: Release

    @property
    def first_published(self) -> str:
        """When its first release was, whichever version that had."""
        return min(release.published for release in self.releases)


def histories(releases: Iterable[Release]) -> tuple[History, ...]:
    """Every image's history, by name.

    Raises:
        RepositoryError: one version has two contents: nobody could tell which of them to offer.
    """
    of_name: dict[str, list[Release]] = defaultdict(list)
    for release in _once(releases):
        of_name[release.name].append(release)
    return tuple(_history(name, of_name[name]) for name in sorted(of_name))


def is_stable(version: str) -> bool:
    """Whether it is a semantic version, and no prerelease."""
    ranked = _order(version)
    return ranked is not None and ranked[3]


def _history(name: str, releases: Sequence[Release]) -> History:
    ordered = sorted(releases, key=_rank, reverse=True)
    current = next((r for r in ordered if is_stable(r.version)), ordered[0])
    return History(name=name, releases=tuple(ordered), current=current)


def _rank(release: Release) -> tuple[Order, str, str, str]:
    """What is no semantic version stands last; of one version in two registries the newer first."""
    ranked = _order(release.version) or _LOWEST
    return ranked, release.version, release.published, release.repository


def _once(releases: Iterable[Release]) -> Iterable[Release]:
    """Each image and version once; of two records of the same content the older."""
    known: dict[tuple[str, str, str], Release] = {}
    twice = set()
    for release in releases:
        key = (release.name, release.repository, release.version)
        other = known.setdefault(key, release)
        if other.digest != release.digest:
            twice.add(key)
        elif other is not release:
            known[key] = min(other, release, key=lambda r: (r.published, r.to_json()))
    if twice:
        raise RepositoryError(
            tuple(
                f"`{name}`: `{repository}:{version}` has release records of different digests"
                for name, repository, version in sorted(twice)
            )
        )
    return known.values()
