"""How an image stands before a publication, made at once and without publishing: by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import releases
from publications import SPEC, FakeImages, MadeImage, Publisher, digest

from build_config.ledger import Claim


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """What is there, and what is to be published then.

    Attributes:
        arrange: makes it.
        version: that is published.
        before: versions that are written down already.
        lost: those whose tag is gone.
        fixed: nothing but the bytes that are there may become the version.
    """

    arrange: Callable[[Publisher], None]
    version: str = "1.0.0"
    before: Sequence[str] = ()
    lost: Sequence[str] = ()
    fixed: bool = False
    backport: bool = False

    @property
    def versions(self) -> Sequence[str]:
        """All that there are in the end."""
        return (*self.before, self.version) if self.version not in self.before else self.before


def images_of(publisher: Publisher, made: MadeImage, *, seconds: float = 5.0) -> FakeImages:
    """An engine that has this image."""
    path = publisher.target("1").path
    return FakeImages(host=publisher.host, path=path, image=made, spec=SPEC, seconds=seconds)


def push(publisher: Publisher, version: str, *tags: str) -> str:
    """Have an image in the registry, by its digest and these tags; its digest."""
    made = publisher.image(version)
    images = images_of(publisher, made)
    for tag in (digest(made.manifest), *tags):
        images.send(tag)
    return digest(made.manifest)


def record(publisher: Publisher, version: str) -> None:
    """Have a version in the ledger, as if it had been published."""
    target, made = publisher.target(version), publisher.image(version)
    publisher.ledger.add(
        releases.release(
            publisher.connector.name,
            version,
            repository=target.repository,
            digest=digest(made.manifest),
            image_id=made.id,
            fingerprint=target.sources.fingerprint,
            inputs=target.sources.to_json(),
            spec=SPEC,
        )
    )


def claim(publisher: Publisher, version: str) -> None:
    """Have a version claimed for the image of it."""
    target, made = publisher.target(version), publisher.image(version)
    claimed = Claim(
        digest=digest(made.manifest),
        image_id=made.id,
        sources=target.sources.fingerprint,
        commit="c" * 40,
        nonce="of the one before",
    )
    publisher.ledger.claim(target.repository, version, claimed)


def _published(version: str) -> Callable[[Publisher], None]:
    def arrange(publisher: Publisher) -> None:
        push(publisher, version, version, "latest")
        record(publisher, version)

    return arrange


def _deleted(publisher: Publisher) -> None:
    push(publisher, "1.0.0", "latest")
    record(publisher, "1.0.0")


def _claimed(publisher: Publisher) -> None:
    push(publisher, "1.0.0")
    claim(publisher, "1.0.0")


def _unrecorded(publisher: Publisher) -> None:
    push(publisher, "1.0.0", "1.0.0")
    claim(publisher, "1.0.0")


SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        "nothing is there": Situation(arrange=lambda _: None),
        "it is published": Situation(arrange=_published("1.0.0"), before=("1.0.0",), fixed=True),
        "a second version": Situation(
            arrange=_published("1.0.0"), before=("1.0.0",), version="1.1.0"
        ),
        "a backport": Situation(
            arrange=_published("2.0.0"), before=("2.0.0",), version="1.1.9", backport=True
        ),
        "its tag was deleted": Situation(
            arrange=_deleted, before=("1.0.0",), lost=("1.0.0",), fixed=True
        ),
        "claimed, no tag yet": Situation(arrange=_claimed, fixed=True),
        "tagged, not written down": Situation(arrange=_unrecorded, fixed=True),
    }
)
