"""What is wrong with a repository is said at once, by file and line, before anything is touched."""

from __future__ import annotations

import itertools
import os
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from yard import Finished, Yard

NOTHING = "FROM scratch\nCOPY . /\n"


def refused(finished: Finished) -> str:
    """What it says on standard error, when it refuses as a broken repository is refused."""
    assert finished.code == 2, finished
    assert not finished.out, finished
    assert "Traceback" not in finished.err, finished
    return finished.err


def test_a_dockerfile_that_does_not_parse_is_named_with_its_line(repository: Yard) -> None:
    repository.commit({"connectors/source-a/Dockerfile": "FROM scratch\nCOPY a /\nRUM make\n"})
    said = refused(repository.invoke("build"))
    assert "error: connectors/source-a/Dockerfile:3: unknown instruction `RUM`" in said


def test_a_line_that_the_parser_refuses_is_named_too(repository: Yard) -> None:
    repository.commit({"connectors/source-a/Dockerfile": 'FROM scratch\n\nENV "a\n'})
    assert "connectors/source-a/Dockerfile:3: " in refused(repository.invoke("build"))


def test_a_dockerfile_without_a_stage_is_refused(repository: Yard) -> None:
    repository.commit({"connectors/source-a/Dockerfile": "# nothing yet\n"})
    assert "connectors/source-a/Dockerfile:1: " in refused(repository.invoke("build"))


def test_a_cycle_is_shown_as_a_path(repository: Yard) -> None:
    repository.commit(
        {
            "connectors/bases/base-a/Dockerfile": f"FROM {repository.image('base-c')}\n",
            "connectors/bases/base-b/Dockerfile": f"FROM {repository.image('base-a')}\n",
            "connectors/bases/base-c/Dockerfile": f"FROM {repository.image('base-b')}\n",
        }
    )
    said = refused(repository.invoke("build"))
    path = said.partition("cycle: ")[2].partition(" (")[0].split(" -> ")
    assert path[0] == path[-1]
    edges = set(itertools.pairwise(path))
    assert edges == {("base-a", "base-c"), ("base-c", "base-b"), ("base-b", "base-a")}


def test_an_image_that_stands_on_itself_is_a_cycle(repository: Yard) -> None:
    repository.commit({"connectors/source-a/Dockerfile": f"FROM {repository.image('source-a')}\n"})
    assert "cycle: source-a -> source-a" in refused(repository.invoke("build"))


def test_two_directories_that_claim_one_image_are_both_named(repository: Yard) -> None:
    label = f"LABEL io.airbyte.name={repository.namespace}/source-one\n"
    repository.commit(
        {
            "connectors/source-a/Dockerfile": NOTHING + label,
            "connectors/source-b/Dockerfile": NOTHING + label,
        }
    )
    said = refused(repository.invoke("build"))
    assert (
        f"image `docker.io/{repository.namespace}/source-one` is claimed by 2 directories: "
        "connectors/source-a, connectors/source-b"
    ).replace("docker.io/", "") in said.replace("docker.io/", "")


def test_a_local_reference_that_nobody_builds_is_named_with_a_guess(repository: Yard) -> None:
    repository.commit(
        {
            "connectors/bases/base-python/Dockerfile": NOTHING,
            "connectors/source-a/Dockerfile": (
                f"FROM scratch\nCOPY --from={repository.image('base-pyton')} /a /a\n"
            ),
        }
    )
    said = refused(repository.invoke("build"))
    assert "connectors/source-a/Dockerfile:2: `COPY --from" in said
    assert "no directory here builds that image" in said
    assert f"{repository.namespace}/base-python:dev`?" in said


def test_an_illegal_image_name_is_refused_with_the_place_that_says_it(repository: Yard) -> None:
    repository.commit(
        {
            "connectors/source-a/Dockerfile": NOTHING + "LABEL io.airbyte.name=Yard/Source_A\n",
            "connectors/source-b/Dockerfile": NOTHING,
            "connectors/source-b/metadata.yaml": "data:\n  dockerRepository: yard/source b\n",
            "connectors/source-C/Dockerfile": NOTHING,
        }
    )
    said = refused(repository.invoke("build"))
    assert "connectors/source-a/Dockerfile: label io.airbyte.name: " in said
    assert "connectors/source-b/metadata.yaml: dockerRepository: " in said
    assert "connectors/source-C: " in said
    assert said.count("is not a legal image name") == 3


def test_broken_metadata_is_named_with_its_line(repository: Yard) -> None:
    repository.commit(
        {
            "connectors/source-a/Dockerfile": NOTHING,
            "connectors/source-a/metadata.yaml": "data:\n  name: a\n  tags: [one\n",
            "connectors/source-b/Dockerfile": NOTHING,
            "connectors/source-b/metadata.yaml": "- a list\n",
        }
    )
    said = refused(repository.invoke("build"))
    assert "error: connectors/source-a/metadata.yaml:4: " in said
    assert "error: connectors/source-b/metadata.yaml: must be a mapping" in said


def test_everything_that_is_wrong_is_reported_at_once(repository: Yard) -> None:
    label = f"LABEL io.airbyte.name={repository.namespace}/source-one\n"
    repository.commit(
        {
            "connectors/bases/base-a/Dockerfile": f"FROM {repository.image('base-b')}\n",
            "connectors/bases/base-b/Dockerfile": f"FROM {repository.image('base-a')}\n",
            "connectors/source-broken/Dockerfile": "FROM scratch\nRUM make\n",
            "connectors/source-lost/Dockerfile": f"FROM {repository.image('nobodys')}\n",
            "connectors/source-one/Dockerfile": NOTHING + label,
            "connectors/source-two/Dockerfile": NOTHING + label,
            "connectors/source-name/Dockerfile": NOTHING + "LABEL io.airbyte.name=yard/UPPER\n",
            "connectors/source-meta/Dockerfile": NOTHING,
            "connectors/source-meta/metadata.yaml": "{",
        }
    )
    for task in ("build", "list", "graph"):
        said = refused(repository.invoke(task))
        for part in (
            "cycle: base-",
            "connectors/source-broken/Dockerfile:2: ",
            "connectors/source-lost/Dockerfile:1: ",
            "is claimed by 2 directories: connectors/source-one, connectors/source-two",
            "connectors/source-name/Dockerfile: label io.airbyte.name: ",
            "connectors/source-meta/metadata.yaml:",
        ):
            assert part in said
        assert said.count("error: ") == 6, said
    assert not (repository.root / ".yard/logs").exists()


def test_a_link_out_of_the_context_is_refused_with_its_target(repository: Yard) -> None:
    repository.write(
        {"connectors/source-a/Dockerfile": NOTHING, "connectors/source-b/Dockerfile": NOTHING}
    )
    (repository.root / "connectors/source-a/passwords").symlink_to("/etc/passwd")
    (repository.root / "connectors/source-b/up").symlink_to("../source-a/Dockerfile")
    repository.commit({})
    said = refused(repository.invoke("build", "--dry-run"))
    assert "`connectors/source-a/passwords` is a link to `/etc/passwd`" in said
    assert "`connectors/source-b/up` is a link to `../source-a/Dockerfile`" in said
    assert "hint: put a copy in its place, or exclude it in `.dockerignore`" in said


def test_a_link_out_of_the_context_that_is_ignored_is_nobodys_business(repository: Yard) -> None:
    repository.write(
        {
            "connectors/source-a/Dockerfile": NOTHING,
            "connectors/source-a/.dockerignore": "passwords\n",
        }
    )
    (repository.root / "connectors/source-a/passwords").symlink_to("/etc/passwd")
    repository.commit({})
    assert repository.invoke("build", "--dry-run").code == 0


def bound_by_permissions() -> tuple[str, ...]:
    """How to run a command so that it may not read everything: root gives up that right."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root reads everything, but for `setpriv` (Linux, package util-linux)")
    return (setpriv, "--bounding-set=-dac_override,-dac_read_search")


def test_an_unreadable_file_is_named(repository: Yard) -> None:
    repository.commit(
        {"connectors/source-a/Dockerfile": NOTHING, "connectors/source-b/Dockerfile": NOTHING}
    )
    repository.write({"connectors/source-a/closed": "?"})
    (repository.root / "connectors/source-a/closed").chmod(0)
    said = refused(repository.invoke("build", "--dry-run", by=bound_by_permissions()))
    assert "`connectors/source-a/closed` cannot enter a build: permission denied" in said


def test_an_unreadable_folder_is_named(repository: Yard) -> None:
    repository.commit(
        {"connectors/source-a/Dockerfile": NOTHING, "connectors/source-b/Dockerfile": NOTHING}
    )
    folder = repository.root / "connectors/source-a/closed"
    folder.mkdir()
    folder.chmod(0)
    try:
        finished = repository.invoke("build", "--dry-run", by=bound_by_permissions())
    finally:
        folder.chmod(0o700)
    assert "`connectors/source-a/closed` cannot enter a build: permission denied" in (
        refused(finished)
    )


def test_an_unreadable_dockerfile_is_named(repository: Yard) -> None:
    repository.commit(
        {"connectors/source-a/Dockerfile": NOTHING, "connectors/source-b/Dockerfile": NOTHING}
    )
    (repository.root / "connectors/source-a/Dockerfile").chmod(0)
    said = refused(repository.invoke("build", "--dry-run", by=bound_by_permissions()))
    assert "connectors/source-a/Dockerfile: cannot be read: Permission denied" in said


def test_a_directory_without_a_dockerfile_is_a_footnote_of_the_list(repository: Yard) -> None:
    repository.commit(
        {"connectors/source-a/Dockerfile": NOTHING, "connectors/source-empty/README.md": "soon\n"}
    )
    finished = repository.invoke("list")
    assert finished.code == 0
    assert "source-empty" not in finished.out
    assert "without a Dockerfile, hence no images: `connectors/source-empty`" in finished.err


def test_a_directory_without_a_dockerfile_cannot_be_selected(repository: Yard) -> None:
    repository.commit(
        {"connectors/source-a/Dockerfile": NOTHING, "connectors/source-empty/README.md": "soon\n"}
    )
    said = refused(repository.invoke("build", "--connector=source-empty"))
    assert "`source-empty` is not an image: `connectors/source-empty` has no Dockerfile" in said
    assert "hint: add `connectors/source-empty/Dockerfile`" in said


def test_an_unknown_connector_gets_a_guess(repository: Yard) -> None:
    repository.commit({"connectors/source-postgres/Dockerfile": NOTHING})
    for task in ("build", "graph", "why"):
        said = refused(repository.invoke(task, "--connector=source-postgers"))
        assert "error: there is no connector `source-postgers`" in said
        assert "hint: did you mean `source-postgres`?" in said


def test_a_glob_that_matches_nothing_is_refused(repository: Yard) -> None:
    repository.commit({"connectors/source-a/Dockerfile": NOTHING})
    said = refused(repository.invoke("build", "--connector=destination-*"))
    assert "`--connector=destination-*` matches nothing" in said


@pytest.mark.parametrize(
    ("words", "guess"),
    [
        (("build", "--progress=plian"), "did you mean `plain`?"),
        (("list", "--format=jsn"), "did you mean `json`?"),
        (("graph", "--format=mermiad"), "did you mean `mermaid`?"),
        (("list", "--kind=sauce"), "one of source, destination, base"),
        (("build", "--jobs=0"), "`jobs` must be `auto` or a number from 1"),
        (("publish", "--dry-run", "--jobs=0"), "`jobs` must be `auto` or a number from 1"),
        (("build", "--secret=token"), "write `--secret=id=NAME,src=FILE`"),
        (("why",), "hint: invoke why --connector=NAME"),
    ],
)
def test_a_flag_that_cannot_be_is_refused(
    repository: Yard, words: tuple[str, ...], guess: str
) -> None:
    repository.commit({"connectors/source-a/Dockerfile": NOTHING})
    assert guess in refused(repository.invoke(*words))


def test_a_root_that_is_no_directory_is_refused(repository: Yard) -> None:
    finished = repository.invoke("list", environment={"INVOKE_ROOT": "/nonexistent"})
    assert "`root` is not a directory: `/nonexistent`" in refused(finished)


def test_a_layout_that_leaves_the_repository_is_refused(repository: Yard) -> None:
    finished = repository.invoke("list", environment={"INVOKE_LAYOUT_CONNECTORS": "../elsewhere"})
    assert "`layout.connectors` leaves the repository: `../elsewhere`" in refused(finished)


@pytest.mark.parametrize("words", [("--connector",), ("--connector", "--dry-run")])
def test_a_flag_that_got_no_value_does_not_mean_all(
    repository: Yard, words: tuple[str, ...]
) -> None:
    """A script says `--connector $NAMES`, and there are no names."""
    repository.commit({"connectors/source-a/Dockerfile": NOTHING})
    assert f"error: `{words[0]}` has no value" in refused(repository.invoke("build", *words))


def test_a_flag_of_invoke_itself_does_not_mean_all(repository: Yard) -> None:
    repository.commit({"connectors/source-a/Dockerfile": NOTHING})
    said = refused(repository.invoke("build", "-c", "source-a"))
    assert "hint: write `--connector=…`" in said


def test_an_empty_name_does_not_mean_all(repository: Yard) -> None:
    repository.commit({"connectors/source-a/Dockerfile": NOTHING})
    assert "`--connector` is empty" in refused(repository.invoke("build", "--connector="))


def test_a_layout_that_is_not_there_is_named(repository: Yard) -> None:
    assert "(`layout.connectors`)" in refused(repository.invoke("list"))
