from __future__ import annotations

from fakes import Told

from build_config.buildkit.progress import VertexFinished
from build_config.docker_progress import tell_build
from build_config.masking import Mask

RUN = "[2/3] RUN --mount=type=cache,target=/a  pip install x"


def told(*, cached: bool = False, error: str | None = None, cancelled: bool = False) -> Told:
    """What a step says when an instruction has ended."""
    tell = Told()
    ended = VertexFinished(vertex=RUN, cached=cached, error=error, cancelled=cancelled, seconds=1.5)
    tell_build(tell, Mask(), 0, ended)
    return tell


def test_an_instruction_that_ends_is_a_part_of_the_step() -> None:
    assert told().phases == [("[2/3] RUN pip install x", 1.5, False)]
    assert told().lines == []


def test_one_that_had_nothing_to_do_says_so() -> None:
    tell = told(cached=True)
    assert tell.phases == [("[2/3] RUN pip install x", 1.5, True)]
    assert tell.lines == [f"> {RUN}: cached"]


def test_one_that_failed_says_why_unless_it_was_cancelled() -> None:
    assert told(error="exit code 1").lines == [f"> {RUN}: exit code 1"]
    assert told(error="context canceled", cancelled=True).lines == []
