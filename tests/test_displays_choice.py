from __future__ import annotations

import pytest
from runs import build, done, said

from build_config.displays.choice import DISPLAYS, choose
from build_config.errors import UsageError


@pytest.mark.parametrize(
    ("progress", "environ", "terminal", "expected"),
    [
        ("auto", {}, True, "live"),
        ("auto", {}, False, "plain"),
        ("auto", {"TERM": "dumb"}, True, "plain"),
        ("auto", {"GITHUB_ACTIONS": "true"}, True, "github"),
        ("auto", {"GITHUB_ACTIONS": "false"}, False, "plain"),
        ("live", {"GITHUB_ACTIONS": "true"}, False, "live"),
        ("json", {}, True, "json"),
        ("quiet", {}, True, "quiet"),
    ],
)
def test_the_display_that_fits(
    progress: str, environ: dict[str, str], *, terminal: bool, expected: str
) -> None:
    assert choose(progress, environ, terminal=terminal) == expected


def test_an_unknown_one_is_a_usage_error_with_a_guess() -> None:
    with pytest.raises(UsageError, match="`--progress=jsno` is unknown") as caught:
        choose("jsno", {}, terminal=True)
    assert caught.value.hint == (
        "did you mean `json`? one of auto, live, plain, github, json, quiet"
    )


@pytest.mark.parametrize("name", DISPLAYS)
def test_every_display_passes_every_event_on(name: str) -> None:
    said(DISPLAYS[name], (build("source-a"),), [done(build("source-a"))])
