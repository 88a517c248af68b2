"""What an image of this run has to be in, its tag in the cache and what speaks against one out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from build_config.connector import Connector
from build_config.image_labels import Made, content_labels


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """An image that this run needs.

    Attributes:
        connector: whose image it is.
        made: what it has to be made from.
    """

    connector: Connector
    made: Made

    def tag(self, platform: str) -> str:
        """Of its fingerprint, the very images it stands on, and the platform.

        Two machines may build one base at the same time: what stands on the one is then never in
        the way of what stands on the other.
        """
        decides = [self.made.fingerprint, dict(self.made.base_ids), platform]
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()

    def differs(self, labels: Mapping[str, str]) -> str | None:
        """Why an image with these labels is another one; None when it is this one."""
        wanted = content_labels(self.connector, self.made)
        wrong = (label for label, value in wanted.items() if labels.get(label) != value)
        label = next(wrong, None)
        return label and f"its label `{label}` is another one than asked for"


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """The image is on the engine, under its name.

    Attributes:
        id: what the engine calls it.
        size: bytes that were pulled, as far as the engine told it: nothing of layers that were
            there, and a containerd store looks only ten times a second.
    """

    id: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """It has to be built.

    Attributes:
        why: one line; empty where the cache just has none, or was in trouble before.
    """

    why: str = ""
