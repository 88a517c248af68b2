"""The timeline in a real browser: what a person sees and does, and what it never does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from browser import Browser, Keys
from records import record, step

from build_config.report import Ending
from build_config.run_record import Phase
from build_config.steps import Kind
from build_config.timeline.files import TIMELINE, write_pictures

if TYPE_CHECKING:
    from pathlib import Path

    from build_config.run_record import RunRecord, StepRecord

HOSTILE = '</script><img src=x onerror="document.title=1">'
PHASES = (
    Phase(name="[1/2] RUN pip install .", begin=1.0, end=2.0),
    Phase(name="[2/2] COPY . .", begin=2.0, end=2.0, cached=True),
)
BASE = step("base", begin=0.5, end=4.0, phases=PHASES, size=12_300_000, grown=400_000)
BUILT = step("source-a", needs=("build base",), begin=4.0, end=6.0)
HIT = replace(PHASES[1], name="[1/1] COPY a b")
FROM_CACHE = step("source-b", begin=4.0, end=5.0, phases=(HIT,))
FAILED = step(
    "source-a",
    Kind.ACCEPTANCE,
    needs=("build source-a",),
    begin=6.0,
    end=9.0,
    outcome=Ending.FAILED,
    message=HOSTILE,
    path="connectors/source-a/acceptance-test-config.yml",
    cases={"passed": 4, "failed": 1, "skipped": 0},
)
SKIPPED = step("source-c", outcome=Ending.SKIPPED, begin=None, end=None, message="`x` failed")
NAMES = 'return [...document.querySelectorAll(".name")].map((name) => name.textContent);'
SIDEWAYS = 'const c = document.getElementById("chart"); return c.scrollWidth - c.clientWidth;'
OUTLINE = 'return getComputedStyle(document.querySelector(".step.lost")).borderTopStyle;'
TIP = 'const tip = document.getElementById("tip"); return tip.hidden ? "" : tip.textContent;'


def opened(browser: Browser, folder: Path, *runs: RunRecord) -> Browser:
    write_pictures(folder, runs)
    browser.complaints()
    browser.requests()
    browser.open((folder / TIMELINE).as_uri())
    return browser


def quiet(browser: Browser) -> bool:
    """It neither complained nor asked anybody for anything."""
    asked = [url for url in browser.requests() if not url.startswith(("data:", "about:", "file:"))]
    return browser.complaints() == [] and asked == []


def many(count: int) -> RunRecord:
    """A run of that many images, four at a time, each with parts and a test."""
    steps: list[StepRecord] = []
    for number in range(count):
        begin = 1.0 + number // 4
        parts = tuple(
            Phase(name=f"[{n}/9] RUN {n}", begin=begin + n / 10, end=begin + (n + 1) / 10)
            for n in range(8)
        )
        name = f"source-{number:04}"
        steps.append(step(name, begin=begin, end=begin + 0.9, phases=parts))
        tested = {"needs": (f"build {name}",), "begin": begin + 1, "end": begin + 1.9}
        steps.append(step(name, Kind.UNIT, **tested))
    return record(*steps, jobs=8, seconds=count / 4 + 4)


def test_a_run_is_drawn_told_and_walked_through(running: Browser, tmp_path: Path) -> None:
    steps = (BASE, BUILT, FROM_CACHE, FAILED, SKIPPED)
    page = opened(running, tmp_path, record(*steps, exit_code=1, seconds=9.0))
    assert page.run(NAMES) == ["base", "source-c", "source-a", "source-b"]
    assert page.run('return document.querySelectorAll(".step.critical").length') == 3
    assert page.run('return document.querySelectorAll(".step.build.hit").length') == 1
    assert page.run('return document.querySelectorAll(".wait.bases").length') == 1
    assert page.run(OUTLINE) == "dashed"
    assert page.run(SIDEWAYS) == 0  # the last moment of the axis stands at its end
    page.find("#chart").click()
    page.run('document.getElementById("chart").focus()')
    page.type(Keys.ARROW_DOWN)
    assert "base: build, done" in page.run(TIP)
    assert "image 12.3 MB (+400.0 kB)" in page.run(TIP)
    assert "[2/2] COPY . .cached" in page.run(TIP)
    page.type(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    for words in ("acceptance, failed", HOSTILE, "4 passed, 1 failed", "on the critical path"):
        assert words in page.run(TIP)
    page.type(Keys.ESCAPE)
    assert page.run(TIP) == ""
    page.choose("#only", "bad")
    assert page.run(NAMES) == ["source-c", "source-a"]
    assert quiet(page)


def test_six_hundred_images_are_drawn_at_once_and_zoomed(running: Browser, tmp_path: Path) -> None:
    page = opened(running, tmp_path, many(600))
    rows = 'return document.querySelectorAll(".row").length'
    assert page.run(SIDEWAYS) == 0
    assert 20 < page.run(rows) < 100  # what is not in sight is no element
    redraw = "const t = performance.now(); window.dispatchEvent(new Event('resize')); "
    assert page.run(redraw + "return performance.now() - t") < 500
    page.run('document.getElementById("chart").scrollTop = 1e6')
    page.wait("requestAnimationFrame(() => requestAnimationFrame(done))")
    assert "source-0599" in page.run(NAMES)
    width = 'return document.getElementById("body").offsetWidth'
    fitted = page.run(width)
    for _ in range(3):
        page.find("#in").click()
    assert page.run(width) > 2 * fitted
    page.find("#fit").click()
    assert page.run(width) == fitted
    assert page.run(SIDEWAYS) == 0
    page.find("#search").send_keys("0042")
    assert page.run(NAMES) == ["source-0042"]
    assert quiet(page)


@pytest.mark.long
@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1600])
def test_it_fits_every_screen_in_both_modes(
    running: Browser, tmp_path: Path, mode: str, width: int
) -> None:
    running.command("Emulation.setEmulatedMedia", features=[_prefers(mode)])
    running.command(
        "Emulation.setDeviceMetricsOverride",
        width=width,
        height=800,
        deviceScaleFactor=1,
        mobile=False,
    )
    page = opened(running, tmp_path, many(30), replace(many(20), host="second"))
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    assert "invoke test on second" in page.run(NAMES)
    page.find("input[value=workers] + span").click()
    assert "worker 1" in page.run(NAMES)
    assert quiet(page)
    running.command("Emulation.clearDeviceMetricsOverride")
    running.command("Emulation.setEmulatedMedia", features=[])


def _prefers(mode: str) -> dict[str, str]:
    return {"name": "prefers-color-scheme", "value": mode}
