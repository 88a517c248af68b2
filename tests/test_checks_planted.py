"""A defect of every kind in one repository: all are found in one run, none twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import repositories
import well_kept
from monorepos import settings
from well_kept import definition

from build_config.checks.inspection import Inspection, inspect
from build_config.checks.rules import RULES
from build_config.checks.waivers import judge

Files = dict[str, str]

TWIN = "connectors/source-twin-strict-encrypt"


def inspected(root: Path, files: Files, **changes: object) -> Inspection:
    repositories.new_repository(root, files)
    return inspect(settings(root, **changes))


def replaced(path: str, old: str, new: str) -> Callable[[Files], Files]:
    """What makes a file say something else."""

    def plant(files: Files) -> Files:
        assert old in files[path], (path, old)
        return {path: files[path].replace(old, new)}

    return plant


def dockerfile(name: str) -> str:
    return f"connectors/{name}/Dockerfile"


def metadata(name: str) -> str:
    return f"connectors/{name}/metadata.yaml"


def removed(path: str) -> Callable[[Files], Files]:
    def plant(files: Files) -> Files:
        del files[path]
        return {}

    return plant


def added(path: str, text: str) -> Callable[[Files], Files]:
    return lambda _files: {path: text}


def acceptance(name: str) -> str:
    return f"connectors/{name}/acceptance-test-config.yml"


# What to plant, and the defect that is to be found for it: connector, rule, path, line.
PLANTED: Mapping[tuple[str, str, str, int | None], Callable[[Files], Files]] = {
    ("source-b01", "dockerfile-syntax", dockerfile("source-b01"), 4): replaced(
        dockerfile("source-b01"), "COPY main.py ./", "COPPY main.py ./"
    ),
    ("source-b02", "unreadable-file", dockerfile("source-b02"), None): replaced(
        dockerfile("source-b02"), "WORKDIR", "\udcff"
    ),
    ("source-b03", "image-name", dockerfile("source-b03"), None): replaced(
        dockerfile("source-b03"), "connectoryard/source-b03", "Yard/Source"
    ),
    ("source-b04", "repository-directory", dockerfile("source-b04"), 9): replaced(
        dockerfile("source-b04"), "yard/source-b04", "yard/source-b40"
    ),
    ("source-b05", "metadata", metadata("source-b05"), 4): replaced(
        metadata("source-b05"), "name: B05", "name: [B05"
    ),
    ("source-b06", "metadata-agrees", metadata("source-b06"), 6): replaced(
        metadata("source-b06"), "yard/source-b06", "yard/source-b07"
    ),
    ("source-b07", "metadata-agrees", metadata("source-b07"), 5): replaced(
        metadata("source-b07"), "connectorType: source", "connectorType: destination"
    ),
    ("source-b08", "version-agrees", metadata("source-b08"), 7): replaced(
        metadata("source-b08"), "Tag: 1.2.0", "Tag: 1.1.0"
    ),
    ("source-b09", "version-agrees", definition("source-b09"), 4): replaced(
        definition("source-b09"), "1.2.0", "1.10.0"
    ),
    ("source-b10", "version-agrees", "connectors/source-b10/pyproject.toml", 3): replaced(
        "connectors/source-b10/pyproject.toml", "1.2.0", "0.0.0"
    ),
    ("source-b11", "version-agrees", "connectors/source-b11/build.gradle", 2): added(
        "connectors/source-b11/build.gradle",
        "plugins { id 'java' version '9.9.9' }\nversion = '1.1.9'\n",
    ),
    ("source-b12", "changelog", "connectors/source-b12/CHANGELOG.md", 5): replaced(
        "connectors/source-b12/CHANGELOG.md", "1.2.0", "1.1.0"
    ),
    ("base-no-version", "version-missing", "connectors/bases/base-no-version/Dockerfile", None):
        added("connectors/bases/base-no-version/Dockerfile", "FROM python:3.11\n"),
    ("base-v", "version-semver", "connectors/bases/base-v/Dockerfile", 2): added(
        "connectors/bases/base-v/Dockerfile",
        "FROM python:3.11\nLABEL io.airbyte.version=v2.0.0\n",
    ),
    ("base-tag", "version-tag", "connectors/bases/base-tag/Dockerfile", 2): added(
        "connectors/bases/base-tag/Dockerfile",
        "FROM python:3.11\nLABEL io.airbyte.version=2.0.0+build\n",
    ),
    ("source-b13", "definition-missing", dockerfile("source-b13"), None): removed(
        definition("source-b13")
    ),
    ("", "definition-orphan", definition("destination-gone"), 3): added(
        definition("destination-gone"),
        well_kept.connector("destination-gone")[definition("destination-gone")],
    ),
    ("source-b14", "definition-repository", definition("source-b14"), 3): replaced(
        definition("source-b14"), "yard/source-b14", "yard/source-b-14"
    ),
    ("source-b15", "definition-id", definition("source-b15"), 1): replaced(
        definition("source-b15"), "DefinitionId: ", "DefinitionId: 0"
    ),
    ("source-b16", "definition-fields", definition("source-b16"), 1): replaced(
        definition("source-b16"), "documentationUrl", "documentationURL"
    ),
    ("", "definition-syntax", definition("source-b17"), 2): added(
        definition("source-b17"), "name: x\n  dockerRepository: y\n"
    ),
    ("source-b18", "definition-repository-unique", definition("source-b18x"), 3): lambda f: {
        definition("source-b18x"): f[definition("source-b18")]
    },
    ("source-b20", "definition-id-unique", definition("source-b20"), 1): lambda f: {
        path: f[path].replace(
            f[definition("source-b20")].split()[1], f[definition("source-b19")].split()[1]
        )
        for path in (definition("source-b20"), metadata("source-b20"))
    },
    ("source-b21", "definition-name-unique", definition("source-b21"), 2): lambda f: {
        path: f[path].replace("name: B21", "name: B19")
        for path in (definition("source-b21"), metadata("source-b21"))
    },
    ("source-b22", "docs-page", definition("source-b22"), 5): removed(
        "docs/integrations/sources/b22.md"
    ),
    ("source-b23", "pin-outdated", dockerfile("source-b23"), 1): replaced(
        dockerfile("source-b23"), "base-python:dev", "base-python:1.9.0"
    ),
    ("source-b24", "base-missing", dockerfile("source-b24"), 1): replaced(
        dockerfile("source-b24"), "base-python:dev", "base-pyhton:dev"
    ),
    ("source-b25", "cycle", dockerfile("source-b25"), 1): replaced(
        dockerfile("source-b25"), "base-python:dev", "source-b25:dev"
    ),
    ("source-b26", "entrypoint", dockerfile("source-b26"), 6): replaced(
        dockerfile("source-b26"), "python /airbyte", "python3 /airbyte"
    ),
    ("source-b27", "entrypoint", dockerfile("source-b27"), 7): replaced(
        dockerfile("source-b27"), "ENV AIRBYTE_ENTRYPOINT", "ENV OTHER"
    ),
    ("source-b28", "acceptance-config", acceptance("source-b28"), 3): replaced(
        acceptance("source-b28"), "spec:", "spek:"
    ),
    ("source-b29", "acceptance-config", acceptance("source-b29"), 4): replaced(
        acceptance("source-b29"), "bypass_reason: nothing to see", "bypass_reason: [1]"
    ),
    ("source-b30", "acceptance-image", acceptance("source-b30"), 1): replaced(
        acceptance("source-b30"), "source-b30", "source-b03"
    ),
    ("source-b31", "dockerignore", "connectors/source-b31/.dockerignore", 2): replaced(
        "connectors/source-b31/.dockerignore", "!main.py", "!ma[in.py"
    ),
    ("source-b32", "secrets-docker-ignored", "connectors/source-b32/.dockerignore", None):
        lambda _f: {
            "connectors/source-b32/.dockerignore": "*.md\n",
            "connectors/source-b32/integration_tests/secrets/.gitkeep": "",
        },
    ("source-b33", "secrets-git-ignored", ".gitignore", None): added(
        "connectors/source-b33/.gitignore", "!secrets/\n"
    ),
    ("thing", "connector-kind", "connectors/thing", None): added(
        "connectors/thing/Dockerfile", "FROM python:3.11\n"
    ),
    ("source b", "directory-name", "connectors/source b", None): added(
        "connectors/source b/Dockerfile", "FROM python:3.11\n"
    ),
    ("base-two", "image-unique", "connectors/bases/base-two/Dockerfile", 2): added(
        "connectors/bases/base-two/Dockerfile",
        "FROM python:3.11\nLABEL io.airbyte.name=connectoryard/base-v io.airbyte.version=1.0.0\n",
    ),
    ("source-b34", "hadolint", dockerfile("source-b34"), 5): replaced(
        dockerfile("source-b34"), "\nENV", "MAINTAINER me\nENV"
    ),
}  # fmt: skip


def names() -> list[str]:
    """Every connector that something is planted in, and one that stays as it is."""
    planted = {f"source-b{number:02}" for number in range(1, 35)}
    return [*sorted(planted), "source-fine", "destination-fine"]


def planted_files() -> Files:
    files = well_kept.repository(*names())
    for plant in PLANTED.values():
        files |= plant(files)
    return files


def test_a_clean_repository_has_no_defects(tmp_path: Path) -> None:
    made = inspected(tmp_path, well_kept.repository(*names()))
    assert list(map(str, made.defects)) == []
    assert set(made.skipped) <= {"hadolint", "not-bumped", "base-changed"}


def test_every_planted_defect_is_found_once_and_nothing_else_is(tmp_path: Path) -> None:
    files = planted_files()
    repositories.new_repository(tmp_path, files)
    repositories.write(tmp_path, {"connectors/source-fine/secrets/token": "!"})
    repositories.git(tmp_path, "add", "--force", "connectors/source-fine/secrets/token")
    made = inspect(settings(tmp_path, images={"nobody": {}}))
    found = Counter((d.connector, d.rule, d.path, d.line) for d in made.defects)
    expected = Counter(PLANTED.keys())
    expected["source-fine", "secrets-tracked", "connectors/source-fine/secrets/token", None] += 1
    expected["", "settings-image", "", None] += 1
    if "hadolint" in made.skipped:
        del expected["source-b34", "hadolint", dockerfile("source-b34"), 5]
    assert (found - expected, expected - found) == (Counter(), Counter())
    assert expected.total() > 40


def test_every_defect_has_a_rule_that_is_registered_and_a_cure(tmp_path: Path) -> None:
    made = inspected(tmp_path, planted_files())
    assert {defect.rule for defect in made.defects} <= RULES.keys()
    assert [str(defect) for defect in made.defects if not defect.cure] == []


def test_nearly_every_rule_has_a_planted_defect() -> None:
    elsewhere = {
        *("gradle", "exception-rule", "exception-reason", "exception-unused"),
        *("not-bumped", "base-changed", "layout", "name-unique", "settings-image"),
        "secrets-tracked",
    }
    assert {rule for _, rule, _, _ in PLANTED} == RULES.keys() - elsewhere


def test_a_broken_base_does_not_make_its_images_look_broken(tmp_path: Path) -> None:
    files = well_kept.repository("source-a", "source-b")
    files[f"{well_kept.BASE}/Dockerfile"] = "FORM python\n"
    made = inspected(tmp_path, files)
    assert [(d.connector, d.rule) for d in made.defects] == [("base-python", "dockerfile-syntax")]


def test_a_directory_that_is_a_link_hides_nothing_else(tmp_path: Path) -> None:
    repositories.new_repository(tmp_path, well_kept.repository("source-a", "source-b"))
    (tmp_path / "connectors/source-c").symlink_to("source-b")
    (tmp_path / "docs/integrations/sources/a.md").unlink()
    rules = {defect.rule for defect in inspect(settings(tmp_path)).defects}
    assert rules == {"docs-page", "image-unique"}
    (tmp_path / "connectors").rename(tmp_path / "elsewhere")
    (tmp_path / "connectors").symlink_to("elsewhere")
    assert {defect.rule for defect in inspect(settings(tmp_path)).defects} == rules


def test_a_version_that_a_build_script_puts_together_is_nobodys_to_compare(tmp_path: Path) -> None:
    files = well_kept.repository("source-a")
    files["connectors/source-a/build.gradle"] = 'version = "${rootProject.version}"\n'
    assert inspected(tmp_path, files).defects == ()


def test_settings_that_hadolint_cannot_read_are_a_defect(tmp_path: Path) -> None:
    files = {**well_kept.repository("source-a"), ".hadolint.yaml": "ignored: 3\n"}
    made = inspected(tmp_path, files)
    if "hadolint" not in made.skipped:
        (only,) = made.defects
        assert only.message == "hadolint cannot read its settings, and has judged without them"


def test_a_variant_shares_id_name_and_page_with_its_twin(tmp_path: Path) -> None:
    files = well_kept.repository("source-twin")
    for path, text in well_kept.connector("source-twin").items():
        if path.startswith("connectors/"):
            variant = path.replace("connectors/source-twin", TWIN)
            files[variant] = text.replace("source-twin", "source-twin-strict-encrypt")
    made = inspected(tmp_path, files)
    assert list(map(str, made.defects)) == []


def test_without_kept_definitions_the_metadata_is_the_catalog(tmp_path: Path) -> None:
    files = {
        path: text
        for path, text in well_kept.repository("source-a", "source-b").items()
        if not path.startswith("build_config/")
    }
    id_of_a = files["connectors/source-a/metadata.yaml"].split()[6]
    id_of_b = files["connectors/source-b/metadata.yaml"].split()[6]
    files["connectors/source-b/metadata.yaml"] = files["connectors/source-b/metadata.yaml"].replace(
        id_of_b, id_of_a
    )
    (only,) = inspected(tmp_path, files).defects
    assert (only.rule, only.connector) == ("definition-id-unique", "source-b")
    assert (only.path, only.line) == ("connectors/source-b/metadata.yaml", 4)


def test_definitions_that_the_settings_want_kept_are_missed(tmp_path: Path) -> None:
    files = well_kept.repository("source-a", "destination-c")
    places = {"source": "nowhere.yaml", "destination": "nowhere"}
    made = inspected(tmp_path, files, definitions=places)
    assert [(d.connector, d.rule) for d in made.defects] == [
        ("destination-c", "definition-missing"),
        ("source-a", "definition-missing"),
    ]


def test_a_definition_that_names_the_image_of_another_is_told_once(tmp_path: Path) -> None:
    files = well_kept.repository("source-a", "source-b")
    path = definition("source-b")
    files[path] = files[path].replace("yard/source-b", "yard/source-a")
    (only,) = inspected(tmp_path, files).defects
    assert (only.connector, only.rule, only.path, only.line) == (
        "source-b", "definition-repository", path, 3,
    )  # fmt: skip


def test_definitions_may_be_one_list_and_json(tmp_path: Path) -> None:
    files = well_kept.repository("source-a", "source-b", "destination-c")
    items = []
    for name in ("source-a", "source-b"):
        first, *rest = files.pop(definition(name)).splitlines()
        items += [f"- {first}", *(f"  {line}" for line in rest)]
    files["seed/sources.yaml"] = "\n".join(items).replace('"1.2.0"', '"1.2.1"', 1) + "\n"
    text = files.pop(definition("destination-c"))
    pairs = (line.partition(": ")[::2] for line in text.splitlines())
    lines = (f'  "{key}": "{value.strip(chr(34))}"' for key, value in pairs)
    files["seed/d/c.json"] = ("{\n" + ",\n".join(lines) + "\n}\n").replace("1.2.0", "1.2.2")
    places = {"source": "seed/sources.yaml", "destination": "seed/d"}
    made = inspected(tmp_path, files, definitions=places)
    assert [(d.connector, d.rule, d.path, d.line) for d in made.defects] == [
        ("destination-c", "version-agrees", "seed/d/c.json", 5),
        ("source-a", "version-agrees", "seed/sources.yaml", 4),
    ]


def test_a_uuid_may_be_in_capitals(tmp_path: Path) -> None:
    files = well_kept.repository("source-a")
    path = "connectors/source-a/metadata.yaml"
    lines = files[path].splitlines()
    lines[3] = f"  definitionId: {lines[3].split()[1].upper()}"
    files[path] = "\n".join(lines)
    assert inspected(tmp_path, files).defects == ()


def test_keys_that_are_no_text_do_not_matter(tmp_path: Path) -> None:
    files = well_kept.repository("source-a")
    files[definition("source-a")] += "? [a, b]\n: c\n? {a: b}\n: c\n1: c\nnull: c\n"
    assert inspected(tmp_path, files).defects == ()


def test_the_table_on_the_page_is_a_changelog_too(tmp_path: Path) -> None:
    files = well_kept.repository("source-a", "source-b")
    for name, version in (("a", "1.2.0"), ("b", "1.1.9")):
        del files[f"connectors/source-{name}/CHANGELOG.md"]
        files[f"docs/integrations/sources/{name}.md"] = (
            f"# It\n\n| 9.9.9 |\n\n## Changelog\n\n| Version | Date |\n|:--|:--|\n"
            f"| {version} | 2026-01-01 |\n| 1.0.0 | 2025-01-01 |\n"
        )
    (only,) = inspected(tmp_path, files).defects
    assert (only.rule, only.connector) == ("changelog", "source-b")
    assert (only.path, only.line) == ("docs/integrations/sources/b.md", 9)


def test_what_is_not_in_git_is_checked_without_git(tmp_path: Path) -> None:
    repositories.write(tmp_path, well_kept.repository("source-a"))
    assert inspect(settings(tmp_path)).defects == ()


def test_what_is_excepted_with_a_reason_is_left_out(tmp_path: Path) -> None:
    exceptions = [
        {"rule": "docs-page", "connector": "source-*", "reason": "they come in May"},
        {"rule": "docs-page", "connector": "destination-c"},
        {"rule": "changelog", "reason": "there was one once"},
        {"rule": "gradle", "reason": "nobody looked"},
        {"rule": "doc-page", "reason": "?"},
    ]
    files = well_kept.repository("source-a", "destination-c")
    del files["docs/integrations/sources/a.md"]
    del files["docs/integrations/destinations/c.md"]
    files["docs/integrations/README.md"] = ""
    files["invoke.yaml"] = "check:\n  ignore:\n" + "".join(
        "    - {" + ", ".join(f'{k}: "{v}"' for k, v in e.items()) + "}\n" for e in exceptions
    )
    made = inspected(tmp_path, files, check={"ignore": exceptions})
    verdict = judge(settings(tmp_path, check={"ignore": exceptions}), made.defects, ("gradle",))
    assert verdict.waived == 1
    assert [(d.rule, d.connector, d.path, d.line) for d in verdict.defects] == [
        ("exception-reason", "", "invoke.yaml", 4),
        ("exception-unused", "", "invoke.yaml", 5),
        ("exception-rule", "", "invoke.yaml", 7),
        ("docs-page", "destination-c", definition("destination-c"), 5),
    ]
    assert verdict.defects[2].cure == "did you mean `docs-page`?"
