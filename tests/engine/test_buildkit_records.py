"""What the engine remembers of a build, asked as `docker buildx history` asks for it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import tiny_build
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from tiny_build import MARK, run, tag, tar

from build_config.buildkit import wire
from build_config.buildkit.control import Method
from build_config.buildkit.request import BuildRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from build_config.buildkit.client import BuildKit

pytestmark = pytest.mark.engine


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryRequest:
    """control.proto, BuildHistoryRequest: with `early_exit` the stream ends after what there is."""

    early_exit: bool = field(default=False, metadata=wire.BOOL.at(3))


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryRecord:
    """control.proto, BuildHistoryRecord."""

    attributes: Mapping[str, str] = field(default_factory=dict, metadata=wire.text_map(3))


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryEvent:
    """control.proto, BuildHistoryEvent."""

    record: HistoryRecord = field(
        default=HistoryRecord(), metadata=wire.message(HistoryRecord).at(2)
    )


LISTEN = Method(
    path="/moby.buildkit.v1.Control/ListenBuildHistory",
    question=HistoryRequest,
    answer=HistoryEvent,
)


@pytest.fixture(autouse=True)
def _no_images_left() -> Iterator[None]:
    yield
    tiny_build.remove_images()


@pytest.mark.parametrize("recorded", [True, False])
def test_only_a_recorded_build_is_in_the_history(*, recorded: bool) -> None:
    note = uuid.uuid4().hex
    recipe = BuildRequest(
        context=tar({"Dockerfile": b"FROM scratch\nCOPY note /\n", "note": note.encode()}),
        tags=(tag("recorded"),),
        labels={MARK: "1", "io.example.note": note},
        recorded=recorded,
    )

    async def notes(buildkit: BuildKit) -> list[str]:
        events: list[HistoryEvent] = []
        await buildkit.build(recipe)
        await buildkit.control.call(LISTEN, HistoryRequest(early_exit=True), events.append)
        return [event.record.attributes.get("label:io.example.note", "") for event in events]

    try:
        assert (note in run(notes)) == recorded
    except GRPCError as error:
        if error.status is not Status.UNIMPLEMENTED:
            raise
        pytest.skip("an engine before BuildKit 0.11 has no history")
