"""For any version, in any style of files: after a bump all places agree, all other bytes stay."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import raised
import repositories
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from monorepos import settings

from build_config.checks import version_places
from build_config.checks.changelogs import latest_in_changelog
from build_config.checks.subject import read_subject
from build_config.versions import Part, above, bumped, is_release_tag

FOLDER = "connectors/source-a"
DEFINITION = "build_config/definitions/STANDARD_SOURCE_DEFINITION/source-a.yaml"

NUMBERS = st.integers(min_value=0, max_value=10**6).map(str)
WORDS = st.text("abcXYZ019-", min_size=1, max_size=6)
VERSIONS = st.builds(
    lambda numbers, pre: ".".join(numbers) + (f"-{'.'.join(pre)}" if pre else ""),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
    st.lists(WORDS, max_size=3),
).filter(is_release_tag)

LABELS = (
    "LABEL io.airbyte.version=«»",
    'LABEL a=b io.airbyte.version="«»" c=d',
    "LABEL io.airbyte.name=connectoryard/source-a \\\n  # a comment\n  io.airbyte.version='«»'",
    "ARG VERSION=«»\nLABEL io.airbyte.version=$VERSION",
    "label io.airbyte.version «»",
)
SCALARS = ("«»", "'«»'", '"«»"', "  '«»'  # a comment", "!!str «»")
METADATA = "data:\n  dockerRepository: connectoryard/source-a\n  dockerImageTag: {}\n  note: §\n"
DEFINITIONS = (
    "dockerImageTag: {}\ndockerRepository: connectoryard/source-a\n# §\n",
    (
        "- dockerRepository: x/y-z\n  dockerImageTag: '§'\n"
        "- dockerRepository: connectoryard/source-a\n  dockerImageTag: {}\n"
    ),
)
PROJECTS = {
    "pyproject.toml": ('[tool.x]\nversion = "§"\n[project]\nversion = "«»"\n', "[x]\n"),
    "setup.py": ("setup(\n  name='§',\n  version='«»')\n", "V = '«»'\nsetup(version=V)\n"),
    "build.gradle": ("plugins {{\n  id 'x' version '§'\n}}\nversion = '«»'\n",),
    "package.json": ('{{"a": {{"version": "§"}}, "version": "«»", "dependencies": {{"b": "§"}}}}',),
}
CHANGELOGS = (
    "# Log\n\n## Unreleased\n\n- More\n\n## «» - 2026-01-01\n\n- New\n",
    "# Log\n\n## [«»] (2026/01/01)\n* §",
    "### «»\n\nProse\n\n### 0.0.0\n",
    "",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How somebody writes files."""

    end: str
    bom: str
    closed: bool

    def written(self, text: str) -> str:
        """The text of a file in this style."""
        body = text if self.closed else text.rstrip("\n")
        return self.bom + body.replace("\n", self.end)


STYLES = st.builds(
    Style,
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.sampled_from(["", "\ufeff"]),
    closed=st.booleans(),
)


@st.composite
def templates(draw: st.DrawFn) -> dict[str, str]:
    """Files of a connector, by path: `«»` is where its version lives, `§` where it only occurs."""
    scalar = st.sampled_from(SCALARS)
    dockerfile = f"FROM scratch\nENV X=§ Y=«§»\n{draw(st.sampled_from(LABELS))}\nCOPY x-§ /\n"
    files = {
        f"{FOLDER}/Dockerfile": dockerfile.replace("«§»", "a§b"),
        f"{FOLDER}/metadata.yaml": METADATA.format(draw(scalar)),
        DEFINITION: draw(st.sampled_from(DEFINITIONS)).format(draw(scalar)),
        f"{FOLDER}/CHANGELOG.md": draw(st.sampled_from(CHANGELOGS)),
    }
    for name in draw(st.sets(st.sampled_from(sorted(PROJECTS)))):
        files[f"{FOLDER}/{name}"] = draw(st.sampled_from(PROJECTS[name])).format()
    return {path: draw(STYLES).written(text) for path, text in files.items() if text}


def filled(template: str, place: str, elsewhere: str) -> bytes:
    """A file with its version, and the same text where it means something else."""
    return template.replace("«»", place).replace("§", elsewhere).encode()


@effort(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=templates(), version=VERSIONS, part=st.sampled_from(Part), message=st.booleans())
def test_places_agree_after_a_bump_and_every_other_byte_is_as_it_was(
    files: dict[str, str], version: str, part: Part, *, message: bool
) -> None:
    new = bumped(version, part)
    assert above(new, version)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        before = {path: filled(text, version, version) for path, text in files.items()}
        repositories.write(root, {path: text.decode() for path, text in before.items()})
        assert raised.version_rules(root) == []
        raised.raise_versions(root, "source-a", part=part, message="More" if message else None)
        after = raised.contents(root)
        assert raised.version_rules(root) == []
        log = f"{FOLDER}/CHANGELOG.md"
        for path, text in files.items():
            if path != log:
                assert after[path] == filled(text, new, version), path
        if log in files:
            assert_only_added(before[log], after[log])
            newest = latest_in_changelog(after[log].decode().removeprefix("\ufeff"))
            assert newest is not None
            assert newest.text == new
        subject = read_subject(settings(root))
        places = list(version_places.dockerfile_places(subject, subject.connectors[0]))
        assert {place.found.text for place in places} == {new}
        again = raised.raise_versions(root, "source-a", version=new, message="More" * message)
        assert again.out == f"source-a {new} already: nothing to do\n"


def assert_only_added(before: bytes, after: bytes) -> None:
    """Every line that was there still is, in order, with its own line end; the mark is first."""
    mark = "\ufeff".encode()
    assert before.startswith(mark) is after.startswith(mark)
    before, after = before.removeprefix(mark), after.removeprefix(mark)
    left = iter(after.split(b"\n"))
    assert all(any(line == other for other in left) for line in before.split(b"\n")[:-1])
    ends = {b"\r\n"} if b"\r\n" in before else {b"\n"}
    assert {b"\r\n" if line.endswith(b"\r") else b"\n" for line in after.split(b"\n")[:-1]} <= ends
