"""Settings in, the highest published version of each image out, as the ledger knows it."""

from __future__ import annotations

from collections.abc import Mapping

from build_config import ledger, versions
from build_config.errors import UnclearError
from build_config.settings import Settings


def published(settings: Settings) -> Mapping[str, str]:
    """By the image's name as its label has it; what was never published is absent.

    Where the ledger cannot be asked, nothing is known: a bump changes only files here, and
    `invoke publish` refuses a version that is too low.

    Raises:
        RepositoryError: the ledger is broken.
    """
    try:
        releases = ledger.releases(settings)
    except UnclearError:
        return {}
    highest: dict[str, str] = {}
    prefix = f"{settings.publishing.registry}/"
    for release in releases:
        name = release.repository.removeprefix(prefix)
        if versions.order(release.version) is not None:
            known = highest.get(name, release.version)
            highest[name] = max(known, release.version, key=_order)
    return highest


def _order(version: str) -> versions.Order:
    order = versions.order(version)
    if order is None:
        raise AssertionError(f"{version} was ordered before")
    return order
