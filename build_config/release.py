"""One published image, as a value: what it is, what it was made from, and that it was tested.

A release record is written once, when the image is published, and never changes. The catalog is
made from the records and from nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """What is known of a published image for ever.

    Attributes:
        name: of the connector: that of its directory.
        kind: `source`, `destination` or `base`.
        language: `python`, `java`, `declarative` or `other`.
        repository: what a person pulls, without a tag: `ghcr.io/acme/source-x`.
        version: the tag.
        digest: `sha256:…` of the manifest.
        image_id: what the engine that built and tested it called it.
        size: bytes of its layers, compressed.
        commit: id of the commit it was built from; empty without git.
        source_url: where that commit is; empty where nobody knows.
        fingerprint: of its inputs.
        inputs: canonical JSON of its inputs (`fingerprint.Inputs.to_json`).
        published: when, in UTC, ISO 8601 with seconds and `Z`.
        definition: the catalog's entry as its definition says it: `sourceDefinitionId` or
            `destinationDefinitionId`, `name`, `documentationUrl` and what else stands there,
            but without `dockerRepository` and `dockerImageTag`. Empty for a base.
        tags: of its metadata, such as `language:python`.
        spec: the `spec` of the SPEC message of this very image; None for a base.
        tests: kind of test -> the fields of its `test_records.TestRecord`.
        seconds: what took how long: `stage` (with what was verified), `promote`.
    """

    name: str
    kind: str
    language: str
    repository: str
    version: str
    digest: str
    image_id: str
    size: int
    commit: str
    source_url: str
    fingerprint: str
    inputs: str
    published: str
    definition: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    spec: Mapping[str, Any] | None = None
    tests: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        """What to pull to get exactly this: `repository:version@sha256:…`."""
        return f"{self.repository}:{self.version}@{self.digest}"

    def to_json(self) -> str:
        """The same bytes for the same release: sorted keys, two spaces, a line end."""
        document = {"format": FORMAT, **asdict(self)}
        return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; members that a later version adds are left out.

        Raises:
            ValueError: it did not.
        """
        document: Any = json.loads(text)
        if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
            raise ValueError("not a release record of this format")
        known = {name: document[name] for name in cls.__slots__ if name in document}
        try:
            return cls(**{**known, "tags": tuple(known.get("tags", ()))})
        except TypeError as error:
            raise ValueError(str(error)) from error
