"""`invoke build` on a real engine: what is built, in which order and why, and what is said."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import repositories

if TYPE_CHECKING:
    from engine_under_test import Engine
    from yard import Yard

pytestmark = pytest.mark.engine


def tower(yard: Yard) -> None:
    """Two bases on each other, a source on the upper one, a destination beside them."""
    yard.commit(
        {
            ".gitignore": ".yard/\n",
            "connectors/bases/base-a/Dockerfile": "FROM scratch\nCOPY a /\n",
            "connectors/bases/base-a/a": "1\n",
            "connectors/bases/base-b/Dockerfile": f"FROM {yard.image('base-a')}\nCOPY b /\n",
            "connectors/bases/base-b/b": "1\n",
            "connectors/source-c/Dockerfile": f"FROM {yard.image('base-b')}\nCOPY c /\n",
            "connectors/source-c/c": "1\n",
            "connectors/destination-d/Dockerfile": "FROM scratch\nCOPY d /\n",
            "connectors/destination-d/d": "1\n",
        }
    )


def test_the_second_build_finds_everything_up_to_date(yard: Yard, engine: Engine) -> None:
    tower(yard)
    first = yard.invoke("build")
    assert first.code == 0, first
    assert "built 4 in " in first.out
    ids = {name: engine.id(yard.image(name)) for name in ("base-a", "base-b", "source-c")}
    second = yard.invoke("build")
    assert second.code == 0, second
    assert "everything is up to date: 4 images, checked against the engine in" in second.out
    assert "started" not in second.out
    assert ids == {name: engine.id(yard.image(name)) for name in ids}
    assert engine.files(yard.image("source-c")).keys() >= {"a", "b", "c"}


def test_a_fresh_clone_of_the_same_commit_finds_everything_up_to_date(
    yard: Yard, tmp_path: Path
) -> None:
    tower(yard)
    yard.build()
    repositories.git(yard.root, "clone", "--quiet", str(yard.root), str(tmp_path / "clone"))
    finished = yard.invoke("build", environment={"INVOKE_ROOT": str(tmp_path / "clone")})
    assert "everything is up to date: 4 images" in finished.out, finished


def test_one_touched_file_rebuilds_its_image_alone_and_is_the_reason(
    yard: Yard, engine: Engine
) -> None:
    tower(yard)
    yard.build()
    yard.write({"connectors/source-c/c": "2\n"})
    assert yard.plan() == {
        "base-a": ("skip", "up to date"),
        "base-b": ("skip", "up to date"),
        "destination-d": ("skip", "up to date"),
        "source-c": ("build", "`c` changed"),
    }
    finished = yard.invoke("build")
    assert "source-c: build: started (`c` changed)" in finished.out
    assert "built 1, 3 up to date in " in finished.out
    assert engine.content(yard.image("source-c"), "c") == "2\n"
    assert yard.build() == []


def test_a_file_that_is_only_touched_changes_nothing(yard: Yard) -> None:
    tower(yard)
    yard.build()
    (yard.root / "connectors/source-c/c").touch()
    repositories.git(yard.root, "commit", "--quiet", "--allow-empty", "--message=nothing")
    assert yard.build() == []


def test_a_touched_base_rebuilds_all_that_stands_on_it_bases_first(
    yard: Yard, engine: Engine
) -> None:
    tower(yard)
    yard.build()
    yard.commit({"connectors/bases/base-a/a": "2\n"})
    planned = yard.plan()
    assert [name for name in planned if planned[name][0] == "build"] == [
        *("base-a", "base-b", "source-c")
    ]
    assert planned["base-a"] == ("build", "`a` changed")
    assert f"{yard.namespace}/base-a" in planned["base-b"][1]
    assert planned["destination-d"] == ("skip", "up to date")
    assert yard.build() == ["base-a", "base-b", "source-c"]
    assert engine.content(yard.image("source-c"), "a") == "2\n"


def test_a_selected_connector_brings_its_bases_and_nothing_else(yard: Yard) -> None:
    tower(yard)
    assert yard.build("--connector=source-c") == ["base-a", "base-b", "source-c"]
    assert yard.plan()["destination-d"] == ("build", "not built yet")


def test_force_builds_the_selected_images_again_without_the_cache(
    yard: Yard, shell: str, engine: Engine
) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": (
                f"FROM {shell}\nRUN cat /proc/sys/kernel/random/uuid > /uuid\n"
            ),
            "connectors/source-b/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
        }
    )
    yard.build()
    before = engine.content(yard.image("source-a"), "uuid")
    assert yard.plan("--force", "--connector=source-a") == {"source-a": ("build", "forced")}
    assert yard.build("--force", "--connector=source-a") == ["source-a"]
    assert engine.content(yard.image("source-a"), "uuid") != before


def test_an_image_that_somebody_removed_is_built_again(yard: Yard, engine: Engine) -> None:
    tower(yard)
    yard.build()
    engine.client.images.remove(yard.image("destination-d"))
    assert yard.build() == ["destination-d"]


def test_an_image_that_somebody_else_tagged_is_not_taken_for_ours(
    yard: Yard, shell: str, engine: Engine
) -> None:
    tower(yard)
    yard.build()
    engine.client.images.get(shell).tag(yard.image("base-b"))
    action, reason = yard.plan()["base-b"]
    assert action == "build"
    assert reason.endswith("on the engine was not built by this tool")
    assert yard.build() == ["base-b", "source-c"]


def test_an_external_base_that_moved_rebuilds_what_stands_on_it(
    yard: Yard, shell: str, engine: Engine
) -> None:
    reference = f"{yard.namespace}/outside:1"
    engine.client.images.get(shell).tag(reference)
    yard.commit({"connectors/source-a/Dockerfile": f"FROM {reference}\nCOPY Dockerfile /\n"})
    yard.build()
    engine.client.api.import_image_from_data(  # another content under the same name
        b"\0" * 1024, repository=reference.partition(":")[0], tag="1", changes=["ENV A=1"]
    )
    assert yard.plan() == {"source-a": ("build", f"base `{reference}` moved")}
    assert yard.build() == ["source-a"]


def test_why_names_the_file_the_base_and_the_missing_image(yard: Yard) -> None:
    tower(yard)
    assert "source-c: would be built: not built yet" in (
        yard.invoke("why", "--connector=source-c").out
    )
    yard.build()
    said = yard.invoke("why", "--connector=source-c").out
    assert said.startswith("source-c: up to date: ")
    yard.write({"connectors/bases/base-a/a": "2\n", "connectors/source-c/new": "?"})
    said = yard.invoke("why", "--connector=source-c").out
    assert "    `new` added" in said
    assert "base-a: would be built: `a` changed" in said
    assert "destination-d" not in said


def test_build_arguments_come_from_the_settings_and_count(
    yard: Yard, shell: str, engine: Engine
) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": (
                f"FROM {shell}\nARG FLAVOUR=none\nRUN echo $FLAVOUR > /flavour\n"
            )
        }
    )
    yard.settings("images: {source-a: {build_args: {FLAVOUR: lemon}}}")
    yard.build()
    assert engine.content(yard.image("source-a"), "flavour") == "lemon\n"
    yard.settings("images: {source-a: {build_args: {FLAVOUR: lime}}}")
    assert yard.plan()["source-a"] == ("build", "build argument `FLAVOUR` changed")
    yard.build()
    assert engine.content(yard.image("source-a"), "flavour") == "lime\n"


def test_an_image_carries_the_labels_of_where_it_comes_from(yard: Yard, engine: Engine) -> None:
    yard.commit(
        {
            ".gitignore": ".yard/\n",
            "connectors/source-a/Dockerfile": (
                "FROM scratch\nCOPY Dockerfile /\nLABEL io.airbyte.version=1.2.3\n"
            ),
        }
    )
    repositories.git(yard.root, "remote", "add", "origin", "https://me:pass@example.org/a/b.git")
    yard.build()
    labels = engine.labels(yard.image("source-a"))
    revision = repositories.git(yard.root, "rev-parse", "HEAD")
    assert labels["io.airbyte.name"] == f"{yard.namespace}/source-a"
    assert labels["io.airbyte.version"] == "1.2.3"
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert labels["org.opencontainers.image.revision"] == revision
    assert labels["org.opencontainers.image.source"] == "https://example.org/a/b.git"
    assert labels["org.opencontainers.image.created"]
    assert len(labels["dev.connectoryard.fingerprint"]) == 64
    yard.write({"connectors/source-a/more": "?"})
    yard.build()
    changed = engine.labels(yard.image("source-a"))
    assert changed["org.opencontainers.image.revision"] == f"{revision}-dirty"


def test_outside_of_git_it_builds_and_says_that_it_hashes_everything(
    yard: Yard, engine: Engine
) -> None:
    yard.write(
        {"connectors/source-a/Dockerfile": "FROM scratch\nCOPY a /\n", "connectors/source-a/a": "1"}
    )
    first = yard.invoke("build")
    assert first.code == 0, first
    assert "not a git repository: every file is read and hashed" in first.err
    assert engine.content(yard.image("source-a"), "a") == "1"
    assert "everything is up to date: 1 image" in yard.invoke("build").out
    yard.write({"connectors/source-a/a": "2"})
    assert yard.plan() == {"source-a": ("build", "`a` changed")}


def test_what_dockerignore_excludes_is_not_in_the_image_and_changes_nothing(
    yard: Yard, engine: Engine
) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": "FROM scratch\nCOPY . /\n",
            "connectors/source-a/.dockerignore": "*.log\n!kept.log\n",
            "connectors/source-a/a.log": "1",
            "connectors/source-a/kept.log": "1",
            "connectors/source-a/secrets/config.json": "{}",
        }
    )
    yard.build()
    files = engine.files(yard.image("source-a"))
    assert "kept.log" in files
    assert not {"a.log", "secrets/config.json"} & files.keys()
    yard.write({"connectors/source-a/a.log": "2", "connectors/source-a/secrets/config.json": "2"})
    assert yard.build() == []


def test_an_empty_selection_builds_nothing(yard: Yard, engine: Engine) -> None:
    yard.commit({"connectors/source-a/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"})
    finished = yard.invoke("build", "--kind=destination")
    assert finished.code == 0
    assert "nothing is selected, hence nothing to build" in finished.err
    assert not engine.has(yard.image("source-a"))


def test_files_of_any_name_and_line_ends_reach_the_image(yard: Yard, engine: Engine) -> None:
    yard.write(
        {
            "connectors/source-a/Dockerfile": "\ufefffrom scratch\r\ncopy . /\r\n",
            "connectors/source-a/with space and\nline": "1",
        }
    )
    odd = os.fsencode(yard.root / "connectors/source-a") + b"/not utf-8: \xff"
    Path(os.fsdecode(odd)).write_text("2")
    yard.commit({})
    yard.build()
    files = engine.files(yard.image("source-a"))
    assert files["with space and\nline"] == b"1"
    assert files[os.fsdecode(b"not utf-8: \xff")] == b"2"
    assert yard.build() == []


def test_the_root_may_be_a_folder_of_a_larger_repository(yard: Yard, engine: Engine) -> None:
    yard.commit({"inner/connectors/source-a/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"})
    inner = dataclasses.replace(yard, root=yard.root / "inner")
    inner.build()
    assert engine.has(yard.image("source-a"))
    yard.commit({"elsewhere": "?"})
    assert inner.build() == []
