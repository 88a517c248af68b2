"""`invoke generate` as a person types it, with a template of a team's own; no engine answers."""

from __future__ import annotations

import json
import tomllib

import pytest
import repositories
import tiny_templates
import well_kept
from tiny_templates import ANSWERS
from yard import Finished, Yard

DEFINITIONS = "build_config/definitions/STANDARD_SOURCE_DEFINITION"
FOO = "connectors/source-foo"
PAGE = "docs/integrations/sources/foo.md"
ENVIRONMENT = {"INVOKE_TEMPLATES": "templates", "INVOKE_NAMESPACE": "connectoryard"}

REMOVED = "you have removed it, the template has changed it"


@pytest.fixture
def tiny(repository: Yard) -> Yard:
    """A repository with one connector and the tiny template, committed."""
    tiny_templates.write(repository.root)
    repository.commit({**well_kept.repository("source-other"), ".gitignore": "secrets/\n.yard/\n"})
    return repository


def generate(yard: Yard, *words: str) -> Finished:
    return yard.invoke("generate", *words, environment=ENVIRONMENT)


def status(yard: Yard) -> list[str]:
    return repositories.git(yard.root, "status", "--short", "--untracked-files=all").splitlines()


def text(yard: Yard, path: str) -> str:
    return (yard.root / path).read_text()


def commit(yard: Yard) -> None:
    yard.commit({})


def test_the_list_shows_own_templates_beside_ours(tiny: Yard) -> None:
    lines = generate(tiny, "--list").out.splitlines()
    assert lines[0].split() == ["template", "kind", "language", "from", "description"]
    own = next(line for line in lines if line.startswith("tiny "))
    assert own.split(maxsplit=5)[1:] == ["source", "other", "your", "own", "Tiny, for tests"]
    assert any("built in" in line for line in lines)


def test_a_connector_is_whole_and_check_has_nothing_to_say(tiny: Yard) -> None:
    finished = generate(tiny, *ANSWERS, "--name=Foo")
    assert finished.code == 0, finished
    assert finished.out.splitlines()[-4:] == [
        "next:",
        "  invoke build --connector=source-foo",
        "  invoke test --connector=source-foo",
        f"  edit {FOO}/CHECKLIST.md",
    ]
    assert [line.removeprefix("?? ") for line in status(tiny)] == [
        f"{DEFINITIONS}/source-foo.yaml",
        f"{FOO}/.dockerignore",
        f"{FOO}/.generated.json",
        f"{FOO}/CHECKLIST.md",
        f"{FOO}/Dockerfile",
        f"{FOO}/numbers.txt",
        f"{FOO}/source_foo/client.txt",
        PAGE,
    ]
    assert text(tiny, f"{FOO}/source_foo/client.txt") == "https://example.com SourceFoo\n"
    assert "name: Foo\n" in text(tiny, f"{DEFINITIONS}/source-foo.yaml")
    check = tiny.invoke("check", "--connector=source-foo", environment=ENVIRONMENT)
    assert check.code == 0, check


def test_answers_make_the_output_the_same_again(tiny: Yard) -> None:
    fixed = ("--answer=definition_id=11111111-2222-4333-8444-555555555555",)
    dated = ("--answer=date=2026-01-31", "--answer", "display_name=Foo & Co")
    words = (*ANSWERS, "--name=foo", *fixed, *dated)
    assert generate(tiny, *words).code == 0
    first = text(tiny, f"{FOO}/.generated.json")
    answers = json.loads(first)["answers"]
    assert answers["date"] == "2026-01-31"
    assert answers["display_name"] == "Foo & Co"
    repositories.git(tiny.root, "clean", "-fdq")
    assert generate(tiny, *words).code == 0
    assert text(tiny, f"{FOO}/.generated.json") == first


def test_a_dry_run_only_shows_the_files(tiny: Yard) -> None:
    finished = generate(tiny, *ANSWERS, "--name=foo", "--dry-run")
    assert finished.code == 0
    assert f"{FOO}/Dockerfile" in finished.out.splitlines()
    assert status(tiny) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), ["`--template=…`, `--name=…`"]),
        (("--template=tiny",), ["`--name=…`, `--answer=base_url=…`"]),
        (("--template=tyni", "--name=foo"), ["no template `tyni`", "did you mean `tiny`?"]),
        ((*ANSWERS, "--name=other"), ["`source-other` exists: `connectors/source-other`"]),
        ((*ANSWERS, "--name=SOURCE-OTHER"), ["`source-other` exists"]),
        ((*ANSWERS, "--name=destination-foo"), ["did you mean `--name=source-foo`?"]),
        ((*ANSWERS, "--name=../x"), ["is a path"]),
        ((*ANSWERS, "--name=image"), ["the image `connectoryard/source-image` is that of"]),
        ((*ANSWERS, "--name=defined"), ["has a definition already"]),
        ((*ANSWERS, "--name=paged"), ["has a page already: `docs/integrations/sources/Paged.md`"]),
        ((*ANSWERS, "--name=a", "--answer=display_name=other"), ["called `other` already"]),
        ((*ANSWERS, "--name=a", "--answer=colour=red"), ["nobody asks for `colour`"]),
        ((*ANSWERS, "--name=a", "--answer=flavour=mint"), ["one of vanilla, chocolate"]),
        ((*ANSWERS, "--name=a", "--answer"), ["`--answer` has no value"]),
        ((*ANSWERS, "--name=a", "--answer=x"), ["write `--answer=key=value`"]),
        (("--update", "--name=foo"), ["takes no `--template` and no `--name`"]),
        (("--connector=source-other",), ["`--connector` goes with `--update`"]),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tiny: Yard, words: tuple[str, ...], told: list[str]
) -> None:
    tiny.commit(
        {
            "connectors/another/Dockerfile": (
                "FROM scratch\nLABEL io.airbyte.name=connectoryard/source-image\n"
            ),
            f"{DEFINITIONS}/x.yaml": "dockerRepository: connectoryard/source-defined\nname: X\n",
            "docs/integrations/sources/Paged.md": "x\n",
        }
    )
    finished = generate(tiny, *words)
    assert finished.code == 2
    for line in told:
        assert line in finished.err
    assert status(tiny) == []


def test_a_file_that_cannot_be_written_leaves_everything_as_it_was(tiny: Yard) -> None:
    (tiny.root / "docs" / "integrations" / "sources").rename(tiny.root / "sources")
    (tiny.root / "docs" / "integrations" / "sources").write_text("no folder\n")
    before = status(tiny)
    finished = generate(tiny, *ANSWERS, "--name=foo")
    assert finished.code == 1
    assert f"`{tiny.root}/docs/integrations/sources/foo.md`: Not a directory" in finished.err
    assert "nothing in the repository changed" in finished.err
    assert status(tiny) == before


def test_what_is_in_the_making_does_not_confuse_check(tiny: Yard) -> None:
    staged = ".yard/generate/source-foo/connector"
    tiny.write({f"{staged}/Dockerfile": "FROM\n", f"{staged}/secrets/config.json": "{}\n"})
    tiny.write({".gitignore": "secrets/\n"})
    check = tiny.invoke("check", "--connector=source-other", environment=ENVIRONMENT)
    assert check.code == 0, check
    assert generate(tiny, "--list").code == 0
    assert generate(tiny, *ANSWERS, "--name=foo").code == 0
    assert [path.name for path in (tiny.root / ".yard/generate").iterdir()] == ["lock"]


def test_of_two_at_once_with_one_name_one_is_refused(tiny: Yard) -> None:
    tiny.settings("templates: [templates]\nnamespace: connectoryard\n")
    words = ("generate", *ANSWERS, "--name=foo")
    with tiny.started(*words) as one, tiny.started(*words) as other:
        codes = {one.finish().code, other.finish().code}
    assert codes == {0, 2}
    assert (tiny.root / FOO / "Dockerfile").is_file()


def test_two_at_once_both_enter_the_list_of_definitions(tiny: Yard) -> None:
    place = "definitions.yaml"
    tiny.commit({place: "- name: Other\n  dockerRepository: connectoryard/source-other\n"})
    tiny.settings(f"templates: [templates]\ndefinitions: {{source: {place}}}\n")
    words = ("generate", *ANSWERS)
    with tiny.started(*words, "--name=foo") as one, tiny.started(*words, "--name=bar") as other:
        assert {one.finish().code, other.finish().code} == {0}
    names = [line for line in text(tiny, place).splitlines() if "name: " in line]
    assert sorted(names) == ["  name: Bar", "  name: Foo", "- name: Other"]


def test_a_base_that_nobody_builds_is_written_too(tiny: Yard) -> None:
    asking = tiny_templates.TEMPLATE + "bases: [base-declarative]\n"
    tiny_templates.write(tiny.root, {"template.yaml": asking})
    environment = {**ENVIRONMENT, "INVOKE_NAMESPACE": "acme", "INVOKE_LOCAL_TAG": "local"}
    tiny.commit({"connectors/bases/base-python/Dockerfile": "FROM scratch\n"})
    finished = tiny.invoke("generate", *ANSWERS, "--name=foo", environment=environment)
    assert finished.code == 0, finished
    dockerfile = text(tiny, "connectors/bases/base-declarative/Dockerfile")
    assert "FROM acme/base-python:local AS package\n" in dockerfile
    assert "LABEL io.airbyte.name=acme/base-declarative\n" in dockerfile
    assert text(tiny, "connectors/bases/base-python/Dockerfile") == "FROM scratch\n"


def test_built_in_templates_find_their_base_wherever_it_is(repository: Yard) -> None:
    environment = {
        "INVOKE_LAYOUT_CONNECTORS": "airbyte/connectors",
        "INVOKE_LAYOUT_BASES": "shared/images",
    }
    repository.commit({})
    for template in ("source-python", "source-java"):
        words = ("generate", f"--template={template}", f"--name={template}")
        finished = repository.invoke(*words, environment=environment)
        assert finished.code == 0, finished
    folder = repository.root / "airbyte" / "connectors"
    settings = tomllib.loads((folder / "source-python" / "pyproject.toml").read_text())["tool"]
    base = settings["mypy"]["mypy_path"]
    assert (folder / "source-python" / base / "base_python").is_dir()
    assert base in settings["pytest"]["ini_options"]["pythonpath"]
    assert "':shared:images:base-java'" in (folder / "source-java" / "build.gradle").read_text()
    assert "- language:java\n" in (folder / "source-java" / "metadata.yaml").read_text()


def test_connectors_may_lie_in_the_root_and_gradle_finds_them_there(repository: Yard) -> None:
    places = {"INVOKE_LAYOUT_CONNECTORS": ".", "INVOKE_LAYOUT_BASES": "bases"}
    words = ("generate", "--template=source-java", "--name=foo")
    assert repository.invoke(*words, environment=places).code == 0
    assert "\n['', 'bases'].each" in (repository.root / "settings.gradle").read_text()


# --- later changes of the template


@pytest.fixture
def made(tiny: Yard) -> Yard:
    """With a connector made from the tiny template."""
    assert generate(tiny, *ANSWERS, "--name=foo").code == 0
    commit(tiny)
    return tiny


def changed(numbers: str, *others: str) -> str:
    """The numbers of the template with some of them written otherwise."""
    text = tiny_templates.FILES["connector/numbers.txt"]
    for word in (numbers, *others):
        text = text.replace(f"{word.lower()}\n", f"{word}\n")
    return text


def test_an_update_without_changes_does_nothing(made: Yard) -> None:
    finished = generate(made, "--update")
    assert (finished.code, status(made)) == (0, [])
    assert "source-foo: up to date with the template `tiny`" in finished.err


def test_an_update_brings_what_changed_and_keeps_what_is_yours(made: Yard) -> None:
    made.commit({f"{FOO}/numbers.txt": changed("ONE"), f"{FOO}/own.txt": "mine\n"})
    (made.root / FOO / "source_foo/client.txt").unlink()
    commit(made)
    tiny_templates.write(
        made.root,
        {
            "connector/numbers.txt": changed("SEVEN"),
            "connector/{{ module }}/client.txt.jinja": "another\n",
            "connector/new/file.txt": "new\n",
            "docs.md.jinja": "# {{ display_name }}!\n",
            "template.yaml": tiny_templates.TEMPLATE
            + "  - {name: more, prompt: More, default: yes}\n",
        },
    )
    (made.root / "templates/tiny/connector/CHECKLIST.md").unlink()
    commit(made)
    dry = generate(made, "--update", "--dry-run")
    assert (dry.code, status(made)) == (0, [])
    assert "-seven\n+SEVEN\n" in dry.out
    assert "--- /dev/null\n+++ b/connectors/source-foo/new/file.txt\n" in dry.out

    finished = generate(made, "--update", "--connector=source-*")
    assert finished.code == 0, finished
    assert finished.err.splitlines() == [
        f"source-foo: removed: {FOO}/CHECKLIST.md",
        f"source-foo: added: {FOO}/new/file.txt",
        f"source-foo: merged: {FOO}/numbers.txt",
        f"source-foo: kept: {FOO}/source_foo/client.txt ({REMOVED})",
        f"source-foo: updated: {PAGE}",
    ]
    assert text(made, f"{FOO}/numbers.txt") == changed("ONE", "SEVEN")
    assert text(made, PAGE) == "# Foo!\n"
    assert text(made, f"{FOO}/own.txt") == "mine\n"
    assert json.loads(text(made, f"{FOO}/.generated.json"))["answers"]["more"] == "true"
    commit(made)
    assert "up to date" in generate(made, "--update").err
    assert status(made) == []


def test_a_conflict_is_marked_and_listed(made: Yard) -> None:
    made.commit({f"{FOO}/numbers.txt": changed("FOUR")})
    tiny_templates.write(made.root, {"connector/numbers.txt": changed("four").replace("four", "4")})
    commit(made)
    finished = generate(made, "--update", "--connector=source-foo")
    assert finished.code == 1
    assert f"error: decide in 1 file: {FOO}/numbers.txt" in finished.err
    expected = "<<<<<<< yours\nFOUR\n=======\n4\n>>>>>>> the template's\n"
    assert expected in text(made, f"{FOO}/numbers.txt")


def test_an_update_wants_everything_committed(made: Yard) -> None:
    made.write({f"{FOO}/numbers.txt": "mine\n"})
    tiny_templates.write(made.root, {"connector/numbers.txt": changed("ONE")})
    finished = generate(made, "--update")
    assert finished.code == 2
    assert "not everything is committed of `source-foo`" in finished.err
    assert text(made, f"{FOO}/numbers.txt") == "mine\n"
    assert generate(made, "--update", "--force").code == 1


def test_only_what_was_generated_can_be_updated(made: Yard) -> None:
    finished = generate(made, "--update", "--connector=source-fo")
    assert finished.code == 2
    assert "did you mean `source-foo`?" in finished.err
    assert generate(made, "--update", "--connector=source-other").code == 2


def test_an_update_of_a_template_that_is_gone_says_so(made: Yard) -> None:
    finished = made.invoke("generate", "--update")
    assert finished.code == 2
    assert "`source-foo` was made from the template `tiny`, which is gone" in finished.err


def test_a_new_question_without_a_default_needs_an_answer(made: Yard) -> None:
    asking = tiny_templates.TEMPLATE + "  - {name: region, prompt: Region}\n"
    tiny_templates.write(made.root, {"template.yaml": asking})
    commit(made)
    finished = generate(made, "--update")
    assert finished.code == 2
    assert "add `--answer=region=…`" in finished.err
    assert generate(made, "--update", "--answer=region=eu").code == 0
    assert json.loads(text(made, f"{FOO}/.generated.json"))["answers"]["region"] == "eu"
