from __future__ import annotations

from pathlib import Path

import pytest
from workbench import Workbench

from build_config.commands.why import explained

BASE = 'FROM debian:12\nCOPY lib.py /\nLABEL io.airbyte.name=acme/base io.airbyte.version="1.0.0"\n'
MIDDLE = "FROM acme/base:dev\nLABEL io.airbyte.name=acme/middle\n"
TOP = "FROM acme/middle:dev\nLABEL io.airbyte.name=acme/source-top\n"


@pytest.fixture
def built(tmp_path: Path) -> Workbench:
    """Three images, each on the one before, all built."""
    files = {
        "connectors/bases/base/Dockerfile": BASE,
        "connectors/bases/base/lib.py": "1",
        "connectors/bases/middle/Dockerfile": MIDDLE,
        "connectors/source-top/Dockerfile": TOP,
    }
    bench = Workbench.at(tmp_path, files, "debian:12")
    bench.all_good()
    return bench


def why(bench: Workbench, name: str = "source-top", **changes: bool) -> list[str]:
    return list(explained(bench.planned(name, **changes)))


def test_what_is_up_to_date_is_told_with_its_fingerprint(built: Workbench) -> None:
    fingerprint = built.plan("source-top").inputs["source-top"].fingerprint
    assert why(built) == [
        "source-top: up to date: the engine's image carries the fingerprint of these sources",
        f"    fingerprint {fingerprint[:12]}, 1 file",
    ]


def test_a_change_is_told_down_to_the_base_that_it_was_made_in(built: Workbench) -> None:
    built.write({"connectors/bases/base/lib.py": "2", "connectors/bases/base/new.py": "3"})
    assert why(built) == [
        "source-top: would be built: base `acme/middle:dev` moved",
        "    base `acme/middle:dev` moved",
        "    middle: would be built: base `acme/base:dev` moved",
        "        base `acme/base:dev` moved",
        "        base: would be built: `lib.py` changed, `new.py` added",
        "            `lib.py` changed",
        "            `new.py` added",
    ]


def test_a_base_that_is_up_to_date_by_now_is_compared_with_what_was_built_on(
    built: Workbench,
) -> None:
    built.write({"connectors/bases/base/lib.py": "2"})
    built.all_good("base")
    built.write({"connectors/bases/middle/x.py": "1"})
    built.all_good("middle")
    assert why(built) == [
        "source-top: would be built: base `acme/middle:dev` moved",
        "    base `acme/middle:dev` moved",
        "    middle: is up to date, but was another one then",
        "        base `acme/base:dev` moved",
        "        `x.py` added",
        "        base: is up to date, but was another one then",
        "            `lib.py` changed",
    ]


def test_a_base_that_changes_again_is_compared_with_what_was_built_on(built: Workbench) -> None:
    built.write({"connectors/bases/middle/x.py": "1"})
    built.all_good("middle")
    built.write({"connectors/bases/middle/y.py": "1"})
    assert why(built)[2:] == [
        "    middle: would be built: `y.py` added",
        "        `x.py` added",
        "        `y.py` added",
    ]


def test_a_base_of_somebody_else_that_moved_is_told_by_both_digests(built: Workbench) -> None:
    there = built.engine.images
    (name,) = (name for name in there if "debian" in name)
    before = there.pop(name).identity
    built.engine.registry[name] = f"sha256:{'b' * 64}"
    built.write({"connectors/source-other/Dockerfile": "FROM debian:12\nLABEL io.airbyte.name=o\n"})
    built.all_good("source-other")  # which pulls it
    assert why(built, "base") == [
        "base: would be built: base `debian:12` moved",
        f"    base `debian:12` moved: {before[:19]} -> sha256:{'b' * 12}",
    ]


def test_an_argument_and_a_label_are_named(built: Workbench) -> None:
    built.write({"connectors/bases/base/Dockerfile": BASE.replace("1.0.0", "1.0.1")})
    arguments = {"images": {"base": {"build_args": {"WITH": "x"}}}}
    other = Workbench.at(built.settings.root, {}, **arguments)
    other.engine.images.update(built.engine.images)
    assert why(other, "base")[1:] == [
        "    build argument `WITH` added",
        "    label `io.airbyte.version` changed",
        "    `Dockerfile` changed",
    ]


def test_what_is_not_remembered_here_is_said(built: Workbench) -> None:
    for record in (built.settings.state / "inputs" / "base").iterdir():
        record.unlink()
    built.write({"connectors/bases/base/lib.py": "2"})
    built.all_good("base")
    unknown = "what the image was built from is not remembered here (built elsewhere?)"
    assert why(built, "middle") == [
        "middle: would be built: base `acme/base:dev` moved",
        "    base `acme/base:dev` moved",
        "    base: is up to date, but was another one then",
        f"        {unknown}",
    ]


def test_without_an_engine_nothing_is_compared(built: Workbench) -> None:
    assert why(built, "base", silent=True) == ["base: would be built: unknown: no engine"]
