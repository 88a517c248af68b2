"""What the configuration says about the shared cache in, one frozen `CachePlace` out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from build_config.settings_values import mapping, refuse_unknown, registry_name, seconds, truth

CACHE_DEFAULTS: dict[str, Any] = {"registry": "", "write": "false", "patience": "10"}


@dataclass(frozen=True, kw_only=True, slots=True)
class CachePlace:
    """A registry in which machines share what they built.

    Attributes:
        registry: host and prefix, below which each image has a repository: `ghcr.io/acme/cache`;
            empty where there is no cache.
        write: what is built here also goes there.
        patience: seconds for which a cache that says nothing is waited for.
    """

    registry: str
    write: bool
    patience: float


def read_cache(config: Any) -> CachePlace:
    """Check what the merged configuration says about the cache.

    Raises:
        UsageError: a value that cannot be, with the name of its key.
    """
    own = mapping("cache", config["cache"])
    refuse_unknown("cache", own, CACHE_DEFAULTS)
    registry = str(own.get("registry") or "")
    return CachePlace(
        registry=registry and registry_name("cache.registry", registry),
        write=truth("cache.write", own.get("write")),
        patience=seconds("cache.patience", own.get("patience", CACHE_DEFAULTS["patience"])),
    )


def chosen_cache(flag: str | None, place: CachePlace) -> CachePlace | None:
    """The cache of `--cache`, else that of the settings; None where there is none.

    Args:
        flag: `REGISTRY/PREFIX`; empty for no cache, whatever the settings say.
        place: what the settings say.

    Raises:
        UsageError: the flag is no registry.
    """
    if flag is not None:
        place = replace(place, registry=flag and registry_name("--cache", flag))
    return place if place.registry else None
