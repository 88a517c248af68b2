"""What all steps of a run share: one value, made before the first step, read by all of them."""

from __future__ import annotations

from dataclasses import dataclass

from build_config.engine import Builder
from build_config.image_labels import Origin
from build_config.plan import Plan
from build_config.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """The plan, the connection to the engine, and where the sources come from."""

    settings: Settings
    plan: Plan
    builder: Builder
    origin: Origin
