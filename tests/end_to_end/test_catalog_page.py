"""The page of the catalog in a real browser: what a person does, and what it never does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from browser import Browser, Keys
from published import digest_of, many, release

from build_config.catalog.documents import documents
from build_config.catalog.folder import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from build_config.release import Release

HOSTILE = '</h2><script>document.title = "gone"</script><img src=x onerror="document.title=1">'
ABOUT = (
    release("source-postgres", "1.2.0", tags=("keyword:database",)),
    release("source-postgres", "1.1.0", published="2026-01-05T10:00:00Z"),
    release("source-files", language="java", published="2026-11-23T10:00:00Z"),
    release("destination-postgres", language="declarative", tags=("keyword:database",)),
    release(
        "destination-hostile",
        language="other",
        definition={
            **release("destination-hostile").definition,
            "name": HOSTILE,
            "documentationUrl": "javascript:document.title=2",
        },
    ),
)
SHOWN = """
return [...document.querySelectorAll("#connectors > li")].filter((li) => !li.hidden)
  .map((li) => li.id);
"""
OUTSIDE = """
return [...document.querySelectorAll("a, button, select, summary, input[type=search]")]
  .filter((control) => !control.closest(".skip, #empty"))
  .map((control) => [control, control.getBoundingClientRect()])
  .filter(([, box]) => box.width < 8 || box.left < 0 || box.right > innerWidth)
  .map(([control]) => control.outerHTML);
"""
CUT = """
return [...document.querySelectorAll("details[open] table :is(th, td):nth-child(-n + 3)")]
  .filter((cell) => cell.scrollWidth > cell.clientWidth)
  .map((cell) => cell.outerHTML);
"""
"""Of a history: only the digest may be too long for its place."""
SEARCH = "#search"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_of(tmp_path_factory.mktemp("catalog"), *ABOUT)


@pytest.fixture
def page(running: Browser, address: str) -> Iterator[Browser]:
    """The page, just opened; in the end it must not have complained or asked anybody."""
    running.complaints()
    running.requests()
    running.open(address)
    yield running
    assert running.complaints() == []
    asked = {url.partition("#")[0] for url in running.requests()}
    assert {url for url in asked if not url.startswith(("data:", "about:"))} <= {address}


def page_of(folder: Path, *releases: Release) -> str:
    write(folder, documents(releases))
    return (folder / "index.html").as_uri()


def shown(page: Browser) -> set[str]:
    return set(page.run(SHOWN))


def focused(page: Browser) -> str:
    """What has the focus: its id, else that of the connector that it belongs to."""
    said = "const e = document.activeElement; return e.id || e.closest('[id]')?.id || e.tagName"
    return str(page.run(said))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("postgres", {"source-postgres", "destination-postgres"}),
        ("POST gres", {"source-postgres", "destination-postgres"}),
        ("ghcr.io/acme/source-f", {"source-files"}),
        ("java", {"source-files"}),
        ("source", {"source-postgres", "source-files"}),
        ("database source", {"source-postgres"}),
        ("pöstgrés destination", {"destination-postgres"}),
        ("   ", {made.name for made in ABOUT}),
    ],
)
def test_the_search_finds_by_name_image_language_kind_and_tag(
    page: Browser, typed: str, found: set[str]
) -> None:
    page.find(SEARCH).send_keys(typed)
    assert shown(page) == found
    total = len({made.name for made in ABOUT})
    counted = f"{len(found)} of {total}" if len(found) < total else str(total)
    assert page.find("#status").text == f"{counted} connectors"


def test_the_filters_narrow_what_the_search_finds_and_count_it(page: Browser) -> None:
    page.find(SEARCH).send_keys("postgres")
    page.find("input[value=destination] + span").click()
    assert shown(page) == {"destination-postgres"}
    page.choose("#language", "python")
    assert shown(page) == set()
    counts = "return [...document.querySelectorAll('[data-count]')].map(b => b.textContent)"
    assert page.run(counts) == ["1", "1", "0"]
    assert page.find("#empty h2").text == "No connector matches"
    page.find("#reset").click()
    assert shown(page) == {made.name for made in ABOUT}
    assert focused(page) == "search"


def test_connectors_are_sorted_by_name_or_newest_first(page: Browser) -> None:
    by_name = page.run(SHOWN)
    assert by_name[1:] == ["source-files", "destination-postgres", "source-postgres"]
    page.choose("#order", "new")
    assert page.run(SHOWN)[0] == "source-files"
    page.choose("#order", "")
    assert page.run(SHOWN) == by_name


def test_the_address_keeps_the_search(page: Browser, address: str) -> None:
    page.find(SEARCH).send_keys("postgres")
    page.find("input[value=source] + span").click()
    page.wait("setTimeout(done, 300)")
    kept = page.driver.current_url
    assert kept == f"{address}#q=postgres&kind=source"
    page.open(kept)
    assert shown(page) == {"source-postgres"}
    assert page.run("return document.getElementById('search').value") == "postgres"
    page.find(SEARCH).send_keys(Keys.ESCAPE)
    page.find("input[value=''] + span").click()
    page.wait("setTimeout(done, 300)")
    assert page.driver.current_url == address


@pytest.mark.parametrize("odd", ["#%E0%A4%A", "#q=%00&kind=nobody&language=x", "#nobody", "#=&&"])
def test_an_address_that_makes_no_sense_shows_everything(
    page: Browser, address: str, odd: str
) -> None:
    page.open(address + odd)
    assert shown(page) == {made.name for made in ABOUT} or "%00" in odd


def test_an_address_that_names_a_connector_opens_it(page: Browser, address: str) -> None:
    page.open(f"{address}#source-postgres")
    assert page.run("return document.querySelector('#source-postgres details').open")


def test_an_address_that_names_a_connector_shows_it_whatever_was_searched(
    running: Browser, tmp_path: Path
) -> None:
    running.open(page_of(tmp_path, *many(300, 3)))
    running.find(SEARCH).send_keys("postgres")
    assert "source-zendesk" not in shown(running)
    running.run("location.hash = '#source-zendesk'")
    running.wait("setTimeout(done, 300)")
    top, height = running.run(
        "const box = document.querySelector('#source-zendesk').getBoundingClientRect();"
        "return [box.top, innerHeight]"
    )
    assert 0 < top < height / 2
    assert len(shown(running)) == 300


def copied(page: Browser) -> str:
    page.command("Browser.grantPermissions", permissions=["clipboardReadWrite"])
    return str(page.wait("setTimeout(() => navigator.clipboard.readText().then(done, done), 100)"))


def test_the_pull_command_is_copied_and_says_so(page: Browser) -> None:
    page.command("Browser.grantPermissions", permissions=["clipboardReadWrite"])
    page.find("#source-postgres .pull .copy").click()
    wanted = f"ghcr.io/acme/source-postgres:1.2.0@{digest_of('source-postgres 1.2.0')}"
    assert copied(page) == f"docker pull {wanted}"
    assert page.find("#source-postgres .pull .copy span").text == "Copied"
    assert page.find("#status").text == "Copied: docker pull ghcr.io/acme/source-postgres:1.2.0"
    assert focused(page) == "source-postgres"
    page.wait("setTimeout(done, 2000)")
    assert page.find("#source-postgres .pull .copy span").text == "Copy"
    assert page.find("#status").text == "4 connectors"


def test_an_older_version_is_in_the_history_and_can_be_copied(page: Browser) -> None:
    page.find("#source-postgres summary").click()
    rows = page.driver.find_elements("css selector", "#source-postgres tbody tr")
    assert [row.text.split("\n")[0].split()[0] for row in rows] == ["1.2.0", "1.1.0"]
    assert "5 Jan 2026" in rows[1].text
    rows[1].find_element("css selector", ".copy").click()
    wanted = f"ghcr.io/acme/source-postgres:1.1.0@{digest_of('source-postgres 1.1.0')}"
    assert copied(page) == f"docker pull {wanted}"


def test_where_the_clipboard_is_not_to_be_had_the_old_way_copies(page: Browser) -> None:
    page.run("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.find("#source-files .pull .copy").click()
    assert page.find("#source-files .pull .copy span").text == "Copied"


def test_everything_can_be_done_from_the_keyboard(page: Browser) -> None:
    page.type("/")
    assert focused(page) == "search"
    page.type("postgres/")
    assert page.run("return document.getElementById('search').value") == "postgres/"
    page.type(Keys.BACKSPACE, Keys.ARROW_DOWN)
    assert focused(page) == "destination-postgres"
    page.type(Keys.ARROW_DOWN)
    assert focused(page) == "source-postgres"
    page.type(Keys.ENTER)
    assert page.run("return document.querySelector('#source-postgres details').open")
    page.type(Keys.ARROW_UP)
    page.type(Keys.ARROW_UP)
    assert focused(page) == "search"
    page.type(Keys.ESCAPE)
    assert page.run("return document.getElementById('search').value") == ""


def test_every_stop_of_the_keyboard_has_a_name_and_can_be_seen(page: Browser) -> None:
    page.find("#source-postgres summary").click()
    page.run("document.querySelector('.skip').focus()")
    names = set()
    for _ in range(40):
        page.type(Keys.TAB)
        here = page.driver.switch_to.active_element
        if here.tag_name == "body":
            break
        names.add(here.accessible_name)
        outline = "e = document.activeElement; e = e.type === 'radio' ? e.nextElementSibling : e;"
        seen = page.run(f"let {outline} return getComputedStyle(e).outlineStyle")
        assert seen != "none", here.accessible_name
    assert "" not in names
    assert {"Search by name, image, language, kind or tag", "Language", "Order"} <= names
    assert {"Docs of Postgres", "Copy the pull command of version 1.1.0"} <= names


def test_hostile_names_are_only_text(page: Browser) -> None:
    assert page.find("#destination-hostile h2").text == HOSTILE
    assert page.driver.title == "Connector catalog"
    links = page.driver.find_elements("css selector", "#destination-hostile .who a")
    assert links == []
    page.find(SEARCH).send_keys("<script>")
    assert shown(page) == {"destination-hostile"}


def test_without_scripts_it_is_a_plain_list(page: Browser, address: str) -> None:
    page.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(address)
        assert page.find("#source-files h2").is_displayed()
        assert page.find("#source-files .pull code").is_displayed()
        assert not page.find(".bar").is_displayed()
        assert not page.find("#source-files .copy").is_displayed()
        page.find("#source-postgres summary").click()
        assert "1.1.0" in page.find("#source-postgres table").text
    finally:
        page.command("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.parametrize("width", [320, 390, 700, 1000, 1280, 2200])
def test_no_width_makes_it_scroll_sideways_or_hides_a_control(page: Browser, width: int) -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    page.command("Emulation.setDeviceMetricsOverride", **size)
    try:
        page.run("document.querySelector('#source-postgres details').open = true")
        assert page.run("return document.documentElement.scrollWidth") <= width
        assert page.run(OUTSIDE) == []
        assert page.run(CUT) == []
    finally:
        page.command("Emulation.clearDeviceMetricsOverride")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_reader_likes(page: Browser, theme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": theme}]
    page.command("Emulation.setEmulatedMedia", features=features)
    try:
        background = page.run("return getComputedStyle(document.body).backgroundColor")
        assert (int(background.split("(")[1].split(",")[0]) > 127) is (theme == "light")
    finally:
        page.command("Emulation.setEmulatedMedia", features=[])


TYPING = """
const search = document.getElementById("search");
const words = ["p", "po", "pos", "post", "postg", "", "s", "so", "sou", "sour", "source j", ""];
const took = [];
(async () => {
  for (const word of words) {
    await new Promise(requestAnimationFrame);
    const begin = performance.now();
    search.value = word;
    search.dispatchEvent(new Event("input"));
    document.body.getBoundingClientRect();  // laid out, too
    took.push(performance.now() - begin);
  }
  done(Math.max(...took));
})();
"""


def test_six_hundred_connectors_are_quick_to_show_and_to_search(
    running: Browser, tmp_path: Path
) -> None:
    running.open(page_of(tmp_path, *many(600, 20)))
    painted = running.wait(
        "new PerformanceObserver((list) => done(list.getEntries()[0].startTime))"
        ".observe({type: 'paint', buffered: true})"
    )
    assert len(running.run(SHOWN)) == 600
    slowest = running.wait(TYPING)
    sys.stderr.write(f"600 connectors: painted {painted:.0f} ms, a key {slowest:.0f} ms at most\n")
    assert painted < 10_000
    assert slowest < 2_000


def test_an_empty_catalog_says_so(running: Browser, tmp_path: Path) -> None:
    running.complaints()
    running.open(page_of(tmp_path))
    assert running.find("#empty h2").text == "Nothing is published yet"
    assert running.complaints() == []
