"""What to build and what came of it: a request in, the attributes of Control/Solve out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from build_config.buildkit.messages import SolveRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from build_config.buildkit.messages import SolveResponse

FRONTEND: Final = "dockerfile.v0"
EXPORTER: Final = "moby"
_IMAGE_DIGEST: Final = "containerimage.digest"
_CONFIG_DIGEST: Final = "containerimage.config.digest"


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildRequest:
    """One image.

    Attributes:
        context: opens a fresh stream of a tar in USTAR or GNU format. With PAX headers, Python's
            default, BuildKit takes the archive for a Dockerfile.
        tags: full references such as `docker.io/library/demo:dev`; none leaves the image unnamed.
        dockerfile: path in the context.
        target: stage to build; the last one by default.
        platform: such as `linux/arm64`; the engine's own by default.
        secrets: for this build alone, id to a function that reads it. They need a session, which
            the client then opens for this build.
        attributes: further attributes of the Dockerfile frontend, such as `add-hosts` or
            `context:<name>`; see docs/reference/buildctl.md and frontend/dockerui/config.go in
            moby/buildkit.
        recorded: the engine remembers the build, for `docker buildx history`. BuildKit from 0.11 on
            then writes to its disk before it answers: a fifth of the time of a small build.
    """

    context: Callable[[], Iterator[bytes]]
    tags: tuple[str, ...] = ()
    dockerfile: str = "Dockerfile"
    target: str | None = None
    build_args: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    platform: str | None = None
    no_cache: bool = False
    secrets: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    recorded: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildResult:
    """The image that came out.

    Attributes:
        image_id: what `docker image inspect` calls Id.
        config_digest: digest of the image's configuration; the same as the id on the classic store.
        exporter_response: all that the engine said.
    """

    image_id: str
    config_digest: str
    exporter_response: Mapping[str, str]


def solve_request(request: BuildRequest, *, ref: str, session: str, context: str) -> SolveRequest:
    """The request as BuildKit wants it."""
    return SolveRequest(
        ref=ref,
        exporter=EXPORTER,
        exporter_attributes={"name": ",".join(request.tags)} if request.tags else {},
        session=session,
        frontend=FRONTEND,
        frontend_attributes={**_frontend_attributes(request), "context": context},
        internal=not request.recorded,
    )


def _frontend_attributes(request: BuildRequest) -> dict[str, str]:
    """The frontend's options.

    Source: frontend/dockerui/config.go, before 0.11 frontend/dockerfile/builder/build.go.
    """
    optional = {
        "target": request.target,
        "platform": request.platform,
        "no-cache": "" if request.no_cache else None,  # present and empty: every stage
    }
    return {
        "filename": request.dockerfile,
        # The base that was just built here; else the containerd store asks the registry first.
        "image-resolve-mode": "local",
        **{name: value for name, value in optional.items() if value is not None},
        **{f"build-arg:{name}": value for name, value in request.build_args.items()},
        **{f"label:{name}": value for name, value in request.labels.items()},
        **request.attributes,
    }


def build_result(response: SolveResponse) -> BuildResult:
    """The exporter's answer as a record."""
    said = response.exporter_response
    image_id = said.get(_IMAGE_DIGEST, "")
    return BuildResult(
        image_id=image_id,
        config_digest=said.get(_CONFIG_DIGEST, image_id),
        exporter_response=said,
    )
