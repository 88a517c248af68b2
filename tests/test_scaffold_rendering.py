"""Templates on disk, their questions, and what they give."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_templates

from build_config.connector import Kind
from build_config.errors import RepositoryError, UsageError
from build_config.scaffold import record as records
from build_config.scaffold.asking import all_answers
from build_config.scaffold.files import File
from build_config.scaffold.questions import STANDARD, problems, read_answers
from build_config.scaffold.record import Record, base_of
from build_config.scaffold.rendering import Rendered, render
from build_config.scaffold.template import Template, find_templates
from build_config.scaffold.variables import with_answers

FACTS = {
    "name": "source-foo-bar",
    "module": "source_foo_bar",
    "class_name": "SourceFooBar",
    "stem": "foo-bar",
    "image": "acme/source-foo-bar",
    "version": "0.1.0",
    "display_name": "Foo Bar",
    "documentation_url": "https://example.com",
    "definition_id": "11111111-2222-4333-8444-555555555555",
    "date": "2026-11-22",
}
URL = {"base_url": "https://x"}


def tiny(root: Path, changes: dict[str, str | None] | None = None) -> Template:
    return find_templates([tiny_templates.write(root, changes)])["tiny"]


def rendered(template: Template, **answers: str) -> Rendered:
    complete = all_answers(template, FACTS, {**URL, **answers}, None)
    return render(template, with_answers(FACTS, complete))


def test_files_are_rendered_or_copied_and_paths_are_rendered_too(tmp_path: Path) -> None:
    files = rendered(tiny(tmp_path)).connector
    assert files["source_foo_bar/client.txt"].content == b"https://x SourceFooBar\n"
    assert b"LABEL io.airbyte.name=acme/source-foo-bar\n" in files["Dockerfile"].content
    assert "sweet.txt" not in files


def test_a_path_that_renders_to_nothing_drops_the_file(tmp_path: Path) -> None:
    files = rendered(tiny(tmp_path), flavour="chocolate").connector
    assert files["sweet.txt"].content == b"{{ as it is }}\n"


def test_a_default_may_be_made_of_what_is_known(tmp_path: Path) -> None:
    answers = all_answers(tiny(tmp_path), FACTS, URL, None)
    assert answers["package"] == "com.foo-bar"
    assert answers["flavour"] == "vanilla"


def test_executable_files_stay_executable(tmp_path: Path) -> None:
    template = tiny(tmp_path, {"connector/run.sh.jinja": "#!/bin/sh\n"})
    (template.folder / "connector" / "run.sh.jinja").chmod(0o755)
    files = rendered(template).connector
    assert files["run.sh"].executable
    assert not files["Dockerfile"].executable


def test_what_tools_leave_in_a_template_is_not_copied(tmp_path: Path) -> None:
    template = tiny(tmp_path, {"connector/__pycache__/a.pyc": "x", "connector/b.pyc": "x"})
    assert not [path for path in rendered(template).connector if path.endswith("pyc")]


def test_an_own_template_has_shared_files_only_if_it_asks_for_them(tmp_path: Path) -> None:
    without = rendered(tiny(tmp_path)).connector
    asking = tiny_templates.TEMPLATE + "shared: true\n"
    assert "metadata.yaml" not in without
    template = tiny(tmp_path, {"template.yaml": asking})
    assert template.shared


def test_all_that_cannot_be_rendered_is_told_at_once_with_its_lines(tmp_path: Path) -> None:
    template = tiny(
        tmp_path,
        {
            "connector/a.jinja": "fine\n{{ nobody }}\n",
            "connector/b.jinja": "{% if %}\n",
            "connector/{{ '..' }}/c": "",
            "connector/d.jinja": "x\n\n{{ ''.__class__.__mro__ }}\n",
        },
    )
    with pytest.raises(RepositoryError) as broken:
        rendered(template)
    told = [line.partition("/connector/")[2] for line in broken.value.defects]
    assert [line.partition(" ")[0] for line in sorted(told)] == [
        "a.jinja:2:",
        "b.jinja:1:",
        "d.jinja:3:",
        "{{",
    ]


def test_a_template_without_a_dockerfile_is_none(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="Dockerfile"):
        rendered(tiny(tmp_path, {"connector/Dockerfile.jinja": None}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kind: base\nlanguage: other\n", "`kind` must be one of"),
        ("kind: source\nlanguage: cobol\n", "`language` must be one of"),
        ("kind: source\nlanguage: other\nquestion: []\n", "`question` is unknown"),
        ("kind: source\nlanguage: other\nbases: x\n", "`bases` must be a list"),
        ("kind: source\nlanguage: other\nquestions: [{name: X}]\n", "cannot be the name"),
        ("kind: source\nlanguage: other\nquestions: [{name: date}]\n", "cannot be the name"),
        ("kind: source\nlanguage: other\nquestions: [{name: a, pattern: '('}]\n", "pattern"),
        ("kind: source\nlanguage: other\nquestions: [{name: a}, {name: a}]\n", "twice"),
        ("kind: [\n", "template.yaml:2"),
    ],
)
def test_what_a_template_yaml_cannot_say(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(RepositoryError) as broken:
        tiny(tmp_path, {"template.yaml": text})
    assert reason in str(broken.value)


def test_a_folder_without_templates_is_said(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="has no template"):
        find_templates([tmp_path / "nowhere"])


def test_a_setting_may_name_a_template_or_a_folder_of_them(tmp_path: Path) -> None:
    folder = tiny_templates.write(tmp_path)
    for place in (folder, folder / "tiny"):
        template = find_templates([place])["tiny"]
        assert (template.own, template.kind, template.language) == (True, Kind.SOURCE, "other")


def test_the_templates_of_ours_can_be_read() -> None:
    templates = find_templates([])
    assert templates
    assert all(template.description and not template.own for template in templates.values())


def test_wrong_answers_are_all_told(tmp_path: Path) -> None:
    questions = (*STANDARD, *tiny(tmp_path).questions)
    given = {
        "bas_url": "x",
        "base_url": "ftp://x",
        "flavour": "mint",
        "display_name": "Foo: bar",
        "documentation_url": "example.com",
        "definition_id": "ABC",
        "date": "today",
        "package": "a\nb",
    }
    told = problems(questions, given)
    assert len(told) == len(given)
    assert "did you mean `base_url`" in told[0]
    assert told[2] == "`--answer=flavour=mint`: one of vanilla, chocolate"


@pytest.mark.parametrize("name", ["yes", "NULL", "12", "a\tb", "- a", "a: b", "a #b", "", "'a'"])
def test_a_display_name_is_text_in_yaml_too(name: str) -> None:
    assert problems(STANDARD, {"display_name": name})


@pytest.mark.parametrize("name", ["Foo Bar", "Café", "S3", "A.B. (beta)", "R&D", "1Password"])
def test_usual_display_names_are_fine(name: str) -> None:
    assert problems(STANDARD, {"display_name": name}) == []


def test_answers_are_key_and_value() -> None:
    assert read_answers(["a=b=c", "display-name=X", "e="]) == {
        "a": "b=c",
        "display_name": "X",
        "e": "",
    }
    for typed in (["a"], ["=b"], ["a=1", "a=2"]):
        with pytest.raises(UsageError):
            read_answers(typed)


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    base = {
        **base_of(rendered(tiny(tmp_path))),
        "connector/logo": File(content=b"\xff\0", executable=True),
    }
    record = Record(template="tiny", answers={"name": "source-foo-bar", **URL}, base=base)
    text = records.encode(record)
    assert records.decode(text, "x") == record
    assert records.encode(records.decode(text, "x")) == text


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "[" * 9999, '{"format": 1}', '{"format": 9}', "\0"]
)
def test_a_record_that_is_none_is_said(text: str) -> None:
    with pytest.raises(RepositoryError):
        records.decode(text.encode(), "connectors/source-x/.generated.json")


@pytest.mark.parametrize(
    ("answers", "path"),
    [({}, "docs"), ({"name": "thing-x"}, "docs"), ({"name": "source-x"}, "connector/../../x")],
)
def test_a_record_names_a_connector_and_only_its_files(answers: dict[str, str], path: str) -> None:
    record = Record(template="tiny", answers=answers, base={path: File(content=b"")})
    with pytest.raises(RepositoryError, match="not what `invoke generate` wrote"):
        records.decode(records.encode(record), "x")


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (None, ".generated.json\n"),
        ("*\n!main.py\n", "*\n!main.py\n"),
        ("secrets\n", "secrets\n.generated.json\n"),
        ("*.json", "*.json"),
        ("a\n!.generated.json", "a\n!.generated.json\n.generated.json\n"),
    ],
)
def test_the_record_stays_out_of_the_image(tmp_path: Path, own: str | None, expected: str) -> None:
    template = tiny(tmp_path, {"connector/.dockerignore": own})
    files = records.with_ignore_rule(rendered(template)).connector
    assert files[".dockerignore"].content.decode() == expected
