from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from monorepos import AIRBYTE_2021, AIRBYTE_LAYOUT, OURS, connectors, found, settings

from build_config.connector import Kind, Language, Secret
from build_config.discovery import discover

SOURCE = "connectors/source-a/Dockerfile"
FINE = "FROM scratch\n"


def defect(root: Path, files: dict[str, str], **changes: object) -> str:
    """The one thing that is wrong with a repository."""
    (only,) = found(root, files, **changes).defects
    return str(only)


@pytest.fixture
def nobody_reads() -> Iterator[Path]:
    """A directory in which the one who runs the test is not root, who reads everything."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        yield place


def test_our_layout_is_found(tmp_path: Path) -> None:
    there = connectors(tmp_path, OURS)
    assert {
        name: (c.kind, c.language, str(c.image), c.version, c.path) for name, c in there.items()
    } == {
        "base-python": (
            Kind.BASE, Language.OTHER, "connectoryard/base-python:dev", "0.1.0",
            "connectors/bases/base-python",
        ),
        "destination-b": (
            Kind.DESTINATION, Language.PYTHON, "connectoryard/destination-b:dev", None,
            "connectors/destination-b",
        ),
        "source-a": (
            Kind.SOURCE, Language.PYTHON, "connectoryard/source-a:dev", "1.2.3",
            "connectors/source-a",
        ),
    }  # fmt: skip
    assert list(there) == sorted(there)


def test_the_layout_of_airbytes_monorepo_is_found(tmp_path: Path) -> None:
    there = connectors(tmp_path, AIRBYTE_2021, **AIRBYTE_LAYOUT)
    assert {name: (c.kind, c.language, c.image.name, c.version) for name, c in there.items()} == {
        "airbyte-protocol": (
            Kind.BASE, Language.OTHER, "airbyte/base-airbyte-protocol-python", "0.1.0",
        ),
        "base": (Kind.BASE, Language.OTHER, "airbyte/integration-base", "0.1.0"),
        "base-java": (Kind.BASE, Language.OTHER, "airbyte/integration-base-java", "0.1.2"),
        "base-python": (Kind.BASE, Language.OTHER, "airbyte/integration-base-python", "0.1.2"),
        "base-singer": (Kind.BASE, Language.OTHER, "airbyte/integration-base-singer", "0.1.0"),
        "destination-postgres": (
            Kind.DESTINATION, Language.JAVA, "airbyte/destination-postgres", "0.3.0",
        ),
        "source-new": (Kind.SOURCE, Language.DECLARATIVE, "airbyte/source-new", "2.0.0"),
        "source-pinned": (Kind.SOURCE, Language.OTHER, "airbyte/source-pinned", "0.1.0"),
        "source-stripe-singer": (
            Kind.SOURCE, Language.PYTHON, "airbyte/source-stripe-singer", "0.2.2",
        ),
    }  # fmt: skip


def test_only_what_copies_gradles_output_is_built_by_gradle(tmp_path: Path) -> None:
    there = connectors(tmp_path, AIRBYTE_2021, **AIRBYTE_LAYOUT)
    assert [c.name for c in there.values() if c.gradle] == ["destination-postgres"]


def test_directories_without_a_dockerfile_are_no_images(tmp_path: Path) -> None:
    made = found(tmp_path, AIRBYTE_2021, **AIRBYTE_LAYOUT)
    assert made.without_dockerfile == ("airbyte-integrations/bases/standard-source-test",)


@pytest.mark.parametrize(
    "name", ["Dockerfile.test", "mysql.Dockerfile", "dockerfile", "Containerfile"]
)
def test_only_a_file_named_dockerfile_makes_an_image(tmp_path: Path, name: str) -> None:
    made = found(tmp_path, {f"connectors/source-a/{name}": FINE})
    assert made.connectors == ()
    assert made.without_dockerfile == ("connectors/source-a",)


def test_hidden_directories_and_plain_files_are_passed_over(tmp_path: Path) -> None:
    made = found(tmp_path, {"connectors/.cache/Dockerfile": FINE, "connectors/README.md": ""})
    assert made == found(tmp_path, {})


def test_directories_of_images_are_not_images_themselves(tmp_path: Path) -> None:
    made = found(
        tmp_path,
        {"all/bases/base/Dockerfile": FINE, "all/Dockerfile": FINE, "source-x/Dockerfile": FINE},
        layout={"connectors": ".", "bases": "all/bases"},
    )
    (only,) = made.defects
    assert str(only).startswith(
        "all: neither a source nor a destination: its name must start with "
    )
    assert [c.path for c in made.connectors] == ["all/bases/base", "source-x"]


def test_connectors_inside_of_bases_are_not_bases(tmp_path: Path) -> None:
    made = found(
        tmp_path,
        {"all/base/Dockerfile": FINE, "all/connectors/source-x/Dockerfile": FINE},
        layout={"connectors": "all/connectors", "bases": "all"},
    )
    assert [(c.path, c.kind) for c in made.connectors] == [
        ("all/base", Kind.BASE), ("all/connectors/source-x", Kind.SOURCE),
    ]  # fmt: skip
    assert made.without_dockerfile == ()


def test_a_repository_needs_no_bases(tmp_path: Path) -> None:
    assert list(connectors(tmp_path, {SOURCE: FINE})) == ["source-a"]


def test_a_mistyped_layout_is_a_defect_and_no_empty_repository(tmp_path: Path) -> None:
    line = defect(tmp_path, {SOURCE: FINE}, layout={"connectors": "conectors"})
    assert line == "conectors: cannot be read: No such file or directory (`layout.connectors`)"


def test_a_file_where_the_bases_should_be_is_a_defect(tmp_path: Path) -> None:
    line = defect(tmp_path, {"b": ""}, layout={"bases": "b"})
    assert line == "b: cannot be read: Not a directory (`layout.bases`)"


def test_the_labels_are_the_first_source_of_the_name(tmp_path: Path) -> None:
    files = {
        SOURCE: "FROM scratch\nLABEL io.airbyte.name=a/source-label io.airbyte.version=1\n",
        "connectors/source-a/metadata.yaml": "data: {dockerRepository: x/y, dockerImageTag: '2'}\n",
    }
    made = connectors(tmp_path, files)["source-a"]
    assert (made.image.name, made.version) == ("a/source-label", "1")


def test_metadata_says_what_the_labels_do_not(tmp_path: Path) -> None:
    files = {
        SOURCE: "FROM scratch\nLABEL io.airbyte.version=1\n",
        "connectors/source-a/metadata.yaml": "data: {dockerRepository: x/y, dockerImageTag: '2'}\n",
    }
    made = connectors(tmp_path, files)["source-a"]
    assert (made.image.name, made.version) == ("x/y", "1")


def test_without_both_the_directory_gives_the_name(tmp_path: Path) -> None:
    made = connectors(tmp_path, {SOURCE: FINE}, namespace="me", local_tag="here")["source-a"]
    assert (str(made.image), made.version) == ("me/source-a:here", None)


def test_the_name_of_the_image_decides_the_kind_where_the_directory_does_not(
    tmp_path: Path,
) -> None:
    text = "FROM scratch\nLABEL io.airbyte.name=a/destination-x\n"
    assert connectors(tmp_path, {"connectors/x/Dockerfile": text})["x"].kind is Kind.DESTINATION


def test_build_arguments_and_secrets_come_from_the_settings(tmp_path: Path) -> None:
    own = {"build_args": {"NAME": "z"}, "secrets": {"pip": {"env": "PIP"}}}
    text = "FROM scratch\nARG NAME=y\nLABEL io.airbyte.name=a/$NAME\n"
    made = connectors(tmp_path, {SOURCE: text}, images={"source-a": own})["source-a"]
    assert made.image.name == "a/z"
    assert made.build_args == {"NAME": "z"}
    assert made.secrets == (Secret(id="pip", variable="PIP"),)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({SOURCE: "FROM a\nFORM b\n"}, f"{SOURCE}:2: unknown instruction `FORM`"),
        ({SOURCE: ""}, f"{SOURCE}:1: "),
        ({SOURCE: "FROM a\n\udcff\n"}, f"{SOURCE}: not UTF-8 text (byte 7)"),
        ({SOURCE: "\x7fELF\udc80"}, f"{SOURCE}: not UTF-8 text"),
        ({SOURCE: "FROM a\n" + "#" * 2**20}, f"{SOURCE}: not a file of text"),
        ({f"{SOURCE}/x": ""}, f"{SOURCE}: not a file of text"),
        (
            {SOURCE: "FROM a\nLABEL io.airbyte.name=Not/Legal\n"},
            f"{SOURCE}: label io.airbyte.name: `Not/Legal:dev` is not a legal image name",
        ),
        ({SOURCE: "FROM a\nLABEL io.airbyte.name=a/b:1\n"}, f"{SOURCE}: label io.airbyte.name: "),
        ({"connectors/source-B/Dockerfile": FINE}, "connectors/source-B: "),
        ({"connectors/thing/Dockerfile": FINE}, "connectors/thing: neither a source nor"),
        ({"connectors/source a/Dockerfile": FINE}, "'connectors/source a': a directory's name"),
        ({"connectors/source-\udcff/Dockerfile": FINE}, "'connectors/source-\\udcff': "),
        ({"connectors/source-*/Dockerfile": FINE}, "'connectors/source-*': a directory's name"),
        (
            {SOURCE: FINE, "connectors/source-a/metadata.yaml": "data:\n  a: [\n"},
            "connectors/source-a/metadata.yaml:3: ",
        ),
        (
            {SOURCE: FINE, "connectors/source-a/metadata.yaml": "- a\n"},
            "connectors/source-a/metadata.yaml: must be a mapping",
        ),
        (
            {SOURCE: FINE, "connectors/source-a/metadata.yaml": "data: text\n"},
            "connectors/source-a/metadata.yaml: `data` must be a mapping",
        ),
        (
            {SOURCE: FINE, "connectors/source-a/metadata.yaml": "data: {dockerRepository: A}\n"},
            "connectors/source-a/metadata.yaml: dockerRepository: `A:dev` is not a legal",
        ),
    ],
)
def test_what_is_broken_is_named_and_hides_nothing_else(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    beside = {"connectors/destination-z/Dockerfile": FINE, "connectors/bases/base/Dockerfile": FINE}
    made = found(tmp_path, {**files, **beside})
    (only,) = made.defects
    assert str(only).startswith(expected)
    assert [c.name for c in made.connectors] == ["base", "destination-z"]


def test_broken_metadata_is_no_matter_where_the_labels_say_all(tmp_path: Path) -> None:
    made = found(tmp_path, {**OURS, "connectors/source-a/metadata.yaml": "[\n"})
    assert made.defects == ()


def test_a_dockerfile_that_is_a_link_out_of_the_repository_is_a_defect(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.write_text(FINE)
    (root / "connectors/source-a").mkdir(parents=True)
    (root / SOURCE).symlink_to("../../../outside")
    assert defect(root, {}) == f"{SOURCE}: a link out of the repository"


def test_a_connector_that_is_a_link_out_of_the_repository_is_a_defect(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    (outside / "Dockerfile").write_text(FINE)
    (root / "connectors").mkdir(parents=True)
    (root / "connectors/source-a").symlink_to(outside)
    assert defect(root, {}) == f"{SOURCE}: a link out of the repository"


def test_a_link_within_the_repository_is_followed(tmp_path: Path) -> None:
    (tmp_path / "connectors/source-a").mkdir(parents=True)
    (tmp_path / SOURCE).symlink_to("../../shared.Dockerfile")
    assert list(connectors(tmp_path, {"shared.Dockerfile": FINE})) == ["source-a"]


def test_links_that_lead_nowhere_are_defects_or_nothing(tmp_path: Path) -> None:
    for name, target in (("source-a", "nothing"), ("source-b", "Dockerfile")):
        (tmp_path / "connectors" / name).mkdir(parents=True)
        (tmp_path / "connectors" / name / "Dockerfile").symlink_to(target)
    (tmp_path / "connectors/source-c").symlink_to("source-c")
    (tmp_path / "connectors/source-d").symlink_to("nothing")
    assert tuple(map(str, found(tmp_path, {}).defects)) == (
        "connectors/source-a/Dockerfile: cannot be read: No such file or directory",
        "connectors/source-b/Dockerfile: cannot be read: Too many levels of symbolic links",
    )


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "connectors/source-a").mkdir(parents=True)
    os.mkfifo(tmp_path / SOURCE)
    assert defect(tmp_path, {}) == f"{SOURCE}: not a file of text"


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root cannot become somebody else")
def test_what_may_not_be_read_is_a_defect_and_not_absent(nobody_reads: Path) -> None:
    files = {f"connectors/source-{name}/Dockerfile": FINE for name in "abc"}
    found(nobody_reads, {**files, "connectors/bases/base/Dockerfile": FINE})
    for name in ("source-a", "source-b/Dockerfile", "bases"):
        (nobody_reads / "connectors" / name).chmod(0)
    os.seteuid(65534)
    try:
        made = discover(settings(nobody_reads))
    finally:
        os.seteuid(0)
    assert tuple(map(str, made.defects)) == (
        "connectors/bases: cannot be read: Permission denied (`layout.bases`)",
        "connectors/source-a: cannot be read: Permission denied",
        "connectors/source-b/Dockerfile: cannot be read: Permission denied",
    )
    assert [c.name for c in made.connectors] == ["source-c"]


def test_two_directories_that_claim_one_image_are_a_defect(tmp_path: Path) -> None:
    text = "FROM scratch\nLABEL io.airbyte.name={}\n"
    files = {
        "connectors/source-a/Dockerfile": text.format("a/x"),
        "connectors/source-b/Dockerfile": text.format("docker.io/a/x"),
        "connectors/bases/c/Dockerfile": text.format("a/x"),
    }
    assert defect(tmp_path, files) == (
        "image `a/x` is claimed by 3 directories: "
        "connectors/bases/c, connectors/source-a, connectors/source-b"
    )


def test_two_directories_of_one_name_are_a_defect(tmp_path: Path) -> None:
    files = {
        "connectors/source-a/Dockerfile": FINE,
        "connectors/bases/source-a/Dockerfile": "FROM scratch\nLABEL io.airbyte.name=a/base\n",
    }
    assert "name `source-a` is claimed by 2 directories" in defect(tmp_path, files)


def test_settings_for_an_image_that_is_not_there_are_a_defect(tmp_path: Path) -> None:
    line = defect(tmp_path, {SOURCE: FINE}, images={"source-b": {"build_args": {}}})
    assert line == "setting `images.source-b`: there is no image `source-b`"


def test_settings_for_a_broken_image_are_no_second_defect(tmp_path: Path) -> None:
    line = defect(tmp_path, {SOURCE: "RUN x\n"}, images={"source-a": {"build_args": {}}})
    assert line.startswith(f"{SOURCE}:1: ")
