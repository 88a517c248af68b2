"""`image_rows`: a kept list is what the engine would list now, or it is not used."""

from __future__ import annotations

import fnmatch
import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_config.image import parse
from build_config.image_rows import EVENTS, FILE, LIST, Asking, image_rows

NAMES = tuple(f"a/{repository}:{tag}" for repository in "xyz" for tag in ("dev", "1"))
_NANOSECONDS = itertools.count()
"""Also of two engines no two events are of the same."""

IDS = tuple(f"sha256:{digit * 64}" for digit in "123")


@dataclass(kw_only=True, slots=True)
class ContainerdEngine:
    """Names and the images they are of, and the newest events, as Docker 28 tells of them.

    Attributes:
        listed: how often it was asked for all.
        clock: what the events say; it may go back.
    """

    images: dict[str, str] = field(default_factory=dict)
    events: deque[bytes] = field(default_factory=lambda: deque(maxlen=8))
    listed: int = 0
    clock: int = 0
    by_containerd: bool = True

    def get(self, question: str) -> Any:
        """A question with an answer of JSON: the list, or a part of it."""
        path, _, query = question.partition("?")
        assert path == LIST
        self.listed += not query
        filters = json.loads(parse_qs(query)["filters"][0]) if query else {"reference": ["*/*"]}
        found: dict[str, list[str]] = {}
        for name, image in sorted(self.images.items()):
            if any(fnmatch.fnmatch(parse(name).name, wanted) for wanted in filters["reference"]):
                found.setdefault(image, []).append(name)
        return [self._row(image, names) for image, names in found.items()]

    def _row(self, image: str, names: list[str]) -> Mapping[str, Any]:
        digest = f"{parse(names[-1]).name}@{image}"  # of several names one, as Docker 28 does it
        row = {"Id": image, "Labels": {"of": image}, "RepoTags": names, "RepoDigests": [digest]}
        return {**row, "Size": 1} | ({"Descriptor": {}} if self.by_containerd else {})

    def get_lines(self, question: str) -> list[bytes]:
        """The question with an answer of lines: the events."""
        assert question == EVENTS
        return list(self.events)

    def tell(self, action: str, image: str, name: str, kind: str = "image") -> None:
        """Add an event; no two are of the same nanosecond."""
        self.clock += 1
        actor = {"ID": image, "Attributes": {"name": name}}
        moment = self.clock * 10**6 + next(_NANOSECONDS)
        event = {"Type": kind, "Action": action, "Actor": actor, "timeNano": moment}
        self.events.append(json.dumps(event).encode())

    def tag(self, image: str, name: str) -> None:
        """`docker tag`."""
        self.images[name] = image
        self.tell("tag", image, name)

    def build(self, image: str, name: str) -> None:
        """A build by BuildKit."""
        self.images[name] = image
        self.tell("create", image, image)
        self.tell("tag", image, name)

    def load(self, image: str, name: str) -> None:
        """`docker load`, whose event says no name."""
        self.images[name] = image
        self.tell("load", image, image)

    def untag(self, _image: str, name: str) -> None:
        """`docker rmi` of a name that is not the last."""
        image = self.images.pop(name, None)
        if image:
            self.tell("untag", image, name)

    def remove(self, image: str, _name: str) -> None:
        """By its id; this one only says that the image is gone."""
        self.images = {name: other for name, other in self.images.items() if other != image}
        self.tell("delete", image, image)

    def run_container(self, image: str, name: str) -> None:
        """Something that is no event of an image."""
        self.tell("start", image, name, kind="container")

    def set_clock_back(self, _image: str, _name: str) -> None:
        """By whoever sets the machine's time."""
        self.clock = max(0, self.clock - 5)

    def restart(self, _image: str, _name: str) -> None:
        """All events are forgotten."""
        self.events.clear()


DEEDS: tuple[Callable[[ContainerdEngine, str, str], None], ...] = (
    *(ContainerdEngine.tag, ContainerdEngine.build, ContainerdEngine.load, ContainerdEngine.untag),
    *(ContainerdEngine.remove, ContainerdEngine.run_container, ContainerdEngine.set_clock_back),
    ContainerdEngine.restart,
)


def asking(engine: ContainerdEngine, name: str = "/socket") -> Asking:
    return Asking(name=name, get=engine.get, get_lines=engine.get_lines)


def names(rows: Any) -> set[tuple[str, str, str]]:
    """Every name with its image and its label."""
    fields = ("RepoTags", "RepoDigests")
    return {(name, r["Id"], r["Labels"]["of"]) for r in rows for f in fields for name in r[f]}


def same(engine: ContainerdEngine, state: Path) -> bool:
    """Whether what is said with what is kept is what a list would say."""
    said = names(image_rows(asking(engine), state))
    return said == names(engine.get(LIST))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One `.yard` for all examples: what other engines left there is there too."""
    return tmp_path_factory.mktemp("state")


@given(
    rounds=st.lists(
        st.lists(st.tuples(st.sampled_from(DEEDS), st.sampled_from(IDS), st.sampled_from(NAMES)))
    )
)
def test_whatever_happens_between_two_runs_the_second_says_what_is(
    shared: Path, rounds: list[list[tuple[Any, str, str]]]
) -> None:
    engine = ContainerdEngine()
    for deeds in rounds:
        for do, image, name in deeds:
            do(engine, image, name)
        assert same(engine, shared)


@pytest.fixture
def engine(tmp_path: Path) -> ContainerdEngine:
    """With images, whose list is kept in `tmp_path`."""
    made = ContainerdEngine()
    for number, name in enumerate(NAMES):
        made.tag(IDS[number % 3], name)
    assert same(made, tmp_path)
    made.listed = 0
    return made


def test_while_nothing_happens_nothing_is_listed(engine: ContainerdEngine, tmp_path: Path) -> None:
    written = (tmp_path / FILE).stat().st_mtime_ns
    image_rows(asking(engine), tmp_path)
    assert (engine.listed, (tmp_path / FILE).stat().st_mtime_ns) == (0, written)


def test_what_was_built_alone_is_asked_for_again(engine: ContainerdEngine, tmp_path: Path) -> None:
    engine.build(IDS[0], NAMES[1])
    assert names(image_rows(asking(engine), tmp_path)) == names(engine.get(LIST))
    assert engine.listed == 1  # by the line above


@pytest.mark.parametrize(
    "happened",
    [
        lambda engine: engine.restart("", ""),
        lambda engine: [engine.run_container("", "") for _ in range(8)],
        lambda engine: engine.tell("prune", "", ""),
        lambda engine: engine.tell("tag", IDS[0], "NO NAME"),
        lambda engine: engine.events.append(b"[]"),
        lambda engine: engine.events.append(b'{"Type": "image", "Action": "tag"}'),
        lambda engine: engine.events.append(b"{"),
    ],
    ids=["restart", "more than is kept", "prune", "no name", "no event", "half", "no JSON"],
)
def test_without_a_proof_all_is_listed(
    engine: ContainerdEngine, tmp_path: Path, happened: Callable[[ContainerdEngine], object]
) -> None:
    happened(engine)
    image_rows(asking(engine), tmp_path)
    assert engine.listed == 1


def test_containers_that_come_and_go_leave_the_list_as_it_is(
    engine: ContainerdEngine, tmp_path: Path
) -> None:
    for _ in range(4):
        for _ in range(5):
            engine.run_container(IDS[0], NAMES[0])
        image_rows(asking(engine), tmp_path)
    assert engine.listed == 0


def test_a_list_of_one_engine_is_nothing_to_another(
    engine: ContainerdEngine, tmp_path: Path
) -> None:
    image_rows(asking(engine, "/another"), tmp_path)
    assert engine.listed == 1


@pytest.mark.parametrize("damage", [b"", b"\xff", b"seal\n{}"])
def test_a_damaged_list_is_as_good_as_none(
    engine: ContainerdEngine, tmp_path: Path, damage: bytes
) -> None:
    (tmp_path / FILE).write_bytes(damage)
    assert same(engine, tmp_path)


def test_what_lists_quickly_is_not_kept(tmp_path: Path) -> None:
    engine = ContainerdEngine(by_containerd=False)
    engine.tag(IDS[0], NAMES[0])
    assert same(engine, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_engine_without_events_is_listed(tmp_path: Path) -> None:
    engine = ContainerdEngine(images={NAMES[0]: IDS[0]})
    alone = Asking(name="/socket", get=engine.get, get_lines=lambda _question: [])
    assert names(image_rows(alone, tmp_path)) == names(engine.get(LIST))
    assert list(tmp_path.iterdir()) == []


def test_what_changes_while_the_list_is_asked_for_is_seen_by_the_next_run(tmp_path: Path) -> None:
    engine = ContainerdEngine()
    engine.tag(IDS[0], NAMES[0])

    def get(question: str) -> Any:
        rows = engine.get(question)
        engine.tag(IDS[1], NAMES[0])  # just too late for this answer
        return rows

    image_rows(Asking(name="/socket", get=get, get_lines=engine.get_lines), tmp_path)
    assert same(engine, tmp_path)
