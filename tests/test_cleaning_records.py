from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from build_config import build_records, test_records
from build_config.cleaning.garbage import Garbage, Kind
from build_config.cleaning.images import Row
from build_config.cleaning.records import built_here, old_records, standing
from build_config.fingerprint import Inputs

ID = f"sha256:{'a' * 64}"


def inputs(content: str) -> Inputs:
    return Inputs(files={"Dockerfile": content}, sources={}, build_args={}, bases={})


def record(content: str) -> str:
    return f"{inputs(content).fingerprint}.json"


def row(fingerprint: str = "", *tags: str) -> Row:
    return Row(
        id=ID,
        label_name="acme/source-x",
        fingerprint=fingerprint,
        is_made=True,
        tags=tags,
        pulled=frozenset(),
    )


def going(*names: str) -> tuple[Garbage, ...]:
    return tuple(Garbage(kind=Kind.IMAGE, name=name, why="", image_id=ID) for name in names)


def found(
    state: Path, *rows: Row, garbage: tuple[Garbage, ...] = ()
) -> Mapping[str, tuple[str, frozenset[str]]]:
    records = old_records(state, {"source-x"}, standing(rows, garbage))
    return {Path(item.name).name: (item.why, item.after) for item in records}


def test_the_record_of_an_image_that_the_engine_has_stays(tmp_path: Path) -> None:
    build_records.write(tmp_path, "source-x", inputs("1"))
    assert not found(tmp_path, row(inputs("1").fingerprint, "acme/source-x:dev"))


def test_the_record_of_an_image_that_is_gone_goes(tmp_path: Path) -> None:
    build_records.write(tmp_path, "source-x", inputs("1"))
    there = row(inputs("2").fingerprint, "acme/source-x:dev")
    assert found(tmp_path, there) == {record("1"): ("its image is gone", frozenset())}


def test_the_record_of_an_image_that_goes_waits_for_it(tmp_path: Path) -> None:
    build_records.write(tmp_path, "source-gone", inputs("1"))
    last = row(inputs("1").fingerprint, "acme/source-gone:dev")
    garbage = going("acme/source-gone:dev")
    why = "there is no `source-gone` any more"
    assert found(tmp_path, last, garbage=garbage) == {
        record("1"): (why, frozenset({"acme/source-gone:dev"}))
    }


def test_an_image_that_keeps_a_name_keeps_its_record(tmp_path: Path) -> None:
    build_records.write(tmp_path, "source-x", inputs("1"))
    named = row(inputs("1").fingerprint, "acme/source-x:dev", "localhost:5000/source-x:staging")
    assert not found(tmp_path, named, garbage=going("localhost:5000/source-x:staging"))


def test_what_tests_said_goes_with_its_image(tmp_path: Path) -> None:
    record = test_records.record_of((), when=datetime.now(UTC), config_hash="")
    test_records.write(tmp_path, ID, "unit", record)
    file = f"{'a' * 64}.json"
    assert not found(tmp_path, row("", "acme/source-x:dev"))
    assert found(tmp_path, row(), garbage=going(ID)) == {
        file: ("its image is gone", frozenset({ID}))
    }
    assert found(tmp_path) == {file: ("its image is gone", frozenset())}


def test_the_record_of_what_an_image_was_built_on_stays(tmp_path: Path) -> None:
    below = replace(inputs("2"), bases={"acme/bottom:dev": inputs("1").fingerprint})
    above = replace(inputs("3"), bases={"acme/base:dev": below.fingerprint})
    for kept in (inputs("1"), below, above, inputs("4")):
        build_records.write(tmp_path, "source-x", kept)
    assert set(found(tmp_path, row(above.fingerprint, "acme/source-x:dev"))) == {record("4")}
    assert len(found(tmp_path, row(inputs("1").fingerprint, "acme/source-x:dev"))) == 3


def test_what_a_killed_run_or_an_older_version_left_goes(tmp_path: Path) -> None:
    folder = tmp_path / "inputs" / "source-x"
    folder.mkdir(parents=True)
    (folder / ".1.json-new").touch()
    old = folder / ".1.json-old"
    old.touch()
    os.utime(old, (0, 0))
    (tmp_path / "inputs" / "source-x.json").touch()
    assert found(tmp_path) == {
        old.name: ("a killed run left it", frozenset()),
        "source-x.json": ("an older version of this tool left it", frozenset()),
    }


def test_a_record_that_cannot_be_read_proves_nothing_and_goes(tmp_path: Path) -> None:
    build_records.write(tmp_path, "source-gone", inputs("1"))
    build_records.write(tmp_path, "source-x", inputs("1"))
    (tmp_path / "inputs" / "source-gone" / "broken.json").write_text("{")
    (tmp_path / "inputs" / "source-x" / record("1")).write_text("[]")
    assert built_here(tmp_path, {"source-x"}) == {inputs("1").fingerprint: "source-gone"}
    assert set(found(tmp_path)) == {"broken.json", record("1")}


def test_the_state_of_a_sync_is_nobodys_garbage(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "source-gone--destination-gone.json").write_text("[]")
    assert not found(tmp_path)
    assert not found(tmp_path / "nowhere")
