from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from published import digest_of, release

from build_config.catalog import page as page_module
from build_config.catalog.histories import histories
from build_config.catalog.page import page, web_address
from build_config.release import Release

FOLDER = Path(page_module.__file__).parent
STYLE = (FOLDER.parent / "web_page.css").read_text() + (FOLDER / "page.css").read_text()
HOSTILE = '"><script>alert(1)</script><b onclick=x>{{ 7 * 7 }}</style>'


def html(*releases: Release) -> str:
    return page(histories(releases)).decode()


class Elements(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the parser."""
        self.found.append((tag, dict(attrs)))


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(text)
    return parser.found


def test_a_connector_has_all_that_a_person_looks_for() -> None:
    text = html(release("source-a", "1.0.0"), release("source-a", "1.1.0"))
    digest = digest_of("source-a 1.1.0")
    for said in (
        "<h2>A</h2>",
        f"<code><span>docker pull </span>ghcr.io/acme/source-a:1.1.0@{digest}</code>",
        'href="https://docs.example.com/sources/source-a"',
        "22 Nov 2026",
        "2 versions",
        "<dt>Tests passed<dd>42 acceptance, unit</div>",
        "48.3 MB",
    ):
        assert said in text


@pytest.mark.parametrize("kind", ["source", "destination"])
def test_nothing_hostile_becomes_a_part_of_the_page(kind: str) -> None:
    definition = {
        f"{kind}DefinitionId": HOSTILE,
        "name": HOSTILE,
        "releaseStage": HOSTILE,
        "documentationUrl": "javascript:alert(1)",
    }
    hostile = release(
        f"{kind}-a",
        definition=definition,
        tags=(HOSTILE, f"language:{HOSTILE}"),
        repository=HOSTILE,
        version=HOSTILE,
        commit=HOSTILE,
        source_url=f"https://example.com/{HOSTILE}",
        published=HOSTILE,
        digest=HOSTILE,
        tests={HOSTILE: {"passed": True, "cases": {"passed": HOSTILE}}},
    )
    found = elements(html(hostile))
    assert [tag for tag, _ in found].count("script") == 1
    assert {
        name for _, attributes in found for name in attributes if name.startswith("on")
    } == set()
    links = {attributes.get("href") or "" for tag, attributes in found if tag == "a"}
    assert not any("javascript" in link for link in links)
    assert "49" not in html(hostile).split("<main>")[1].split("</main>")[0]


def test_the_page_asks_nobody_for_anything() -> None:
    found = elements(html(release()))
    assert {tag for tag, _ in found} & {"img", "iframe", "object", "embed", "base"} == set()
    for tag, attributes in found:
        assert "src" not in attributes, tag
        if tag == "link":
            assert str(attributes["href"]).startswith("data:")
    assert not re.search(r"url\(|@import", STYLE)
    (policy,) = (str(a["content"]) for t, a in found if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("http://example.com", "http://example.com"),
        (" https://example.com ", "https://example.com"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.com", ""),
        ("docs/a.md", ""),
        ("https:///a", ""),
        ("http://[", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_only_the_web_is_linked_to(text: object, address: str) -> None:
    assert web_address(text) == address


def test_bases_are_not_in_the_shop_window() -> None:
    text = html(release("base-a"), release("source-b"))
    assert "base-a" not in text
    assert "1 source and 0 destinations" in text


def test_a_prerelease_says_so_and_a_version_from_another_registry_too() -> None:
    assert "<em>prerelease</em>" in html(release(version="1.0.0-rc.1"))
    moved = release(version="0.9.0", repository="docker.io/acme/source-a")
    assert '<tr data-repository="docker.io/acme/source-a">' in html(release(), moved)


def test_what_cannot_be_written_in_utf_8_spoils_nothing() -> None:
    assert "A?B" in html(release(definition={"name": "A\ud800B"}))


def colours() -> list[dict[str, str]]:
    """The custom properties of the light and of the dark theme."""
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w{6});", block))
        for block in re.findall(r":root \{(.*?)\n *\}", STYLE, re.DOTALL)
    )
    return [light, dark]


def luminance(colour: str) -> float:
    """As WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", colours(), ids=["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_aa_asks_for(theme: dict[str, str]) -> None:
    texts = ("ink", "soft", "source", "destination")
    pairs = [(text, on) for text in texts for on in ("ground", "surface", "sunk")]
    pairs += [("source", "source-tint"), ("destination", "destination-tint")]
    pairs += [("found-ink", "found"), ("surface", "ink")]
    for text, on in pairs:
        bright, dim = sorted((luminance(theme[text]), luminance(theme[on])), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5, (text, on)
    for on in ("ground", "surface"):  # the edge of a field: 3 to 1
        bright, dim = sorted((luminance(theme["edge"]), luminance(theme[on])), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 3, on
