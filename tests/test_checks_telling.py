from __future__ import annotations

import json

from build_config.checks.sarif import sarif
from build_config.checks.telling import as_json, github, table
from build_config.defect import Defect, Edit

DEFECTS = (
    Defect(rule="settings-image", message="setting `images.x`: none"),
    Defect(
        rule="docs-page", message="no page", connector="source-a", path="a b.yaml",
        line=3, cure="write it",
    ),
    Defect(
        rule="hadolint", message="DL1: 100%\nsure", connector="source-b", path="b/Dockerfile",
        cure="do", edit=Edit(path="x", line=None, old="", new=""),
    ),
)  # fmt: skip


def test_the_table_is_grouped_by_connector() -> None:
    assert table(DEFECTS).splitlines() == [
        "the repository",
        "  settings-image",
        "      setting `images.x`: none",
        "",
        "source-a",
        "  'a b.yaml':3: docs-page",
        "      no page",
        "      cure: write it",
        "",
        "source-b",
        "  b/Dockerfile: hadolint",
        "      DL1: 100% sure",
        "      cure: do (`--fix` does it)",
    ]


def test_json_has_exactly_five_members() -> None:
    first, second, _ = json.loads(as_json(DEFECTS))
    assert first == {
        "connector": "", "rule": "settings-image", "message": "setting `images.x`: none",
        "path": "", "line": None,
    }  # fmt: skip
    assert list(second) == ["connector", "rule", "message", "path", "line"]
    assert second["line"] == 3
    assert json.loads(as_json(())) == []


def test_github_gets_workflow_commands() -> None:
    nowhere, at_line, in_file = github(DEFECTS).splitlines()
    assert nowhere == (
        "::error title=the repository%3A settings-image::settings-image: setting `images.x`: none"
    )
    assert at_line == (
        "::error file=a b.yaml,line=3,title=source-a%3A docs-page::"
        "'a b.yaml':3: docs-page: no page (write it)"
    )
    assert in_file == (
        "::error file=b/Dockerfile,title=source-b%3A hadolint::"
        "b/Dockerfile: hadolint: DL1: 100%25 sure (do)"
    )


def test_a_path_that_no_encoding_can_say_can_be_told() -> None:
    odd = Defect(rule="directory-name", message="odd", connector="\udcff", path="c/\udcff")
    for told in (as_json([odd]), github([odd]), sarif([odd]), table([odd])):
        json.dumps(told)
    assert "c/\\\\udcff" in as_json([odd])


def test_sarif_has_the_shape_that_code_hosts_read() -> None:
    log = json.loads(sarif(DEFECTS))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["docs-page", "hadolint", "settings-image"]
    assert all(rule["shortDescription"]["text"] for rule in rules)
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        defect.rule for defect in DEFECTS
    ]
    nowhere, at_line, in_file = (result["locations"] for result in run["results"])
    assert nowhere[0]["physicalLocation"]["artifactLocation"]["uri"] == "invoke.yaml"
    assert at_line == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a%20b.yaml", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 3},
            }
        }
    ]
    assert in_file[0]["physicalLocation"]["region"] == {"startLine": 1}
    assert {result["level"] for result in run["results"]} == {"error"}
    assert run["results"][1]["message"]["text"] == "no page. Cure: write it."


def test_a_sarif_log_without_results_says_that_all_was_looked_at() -> None:
    (run,) = json.loads(sarif(()))["runs"]
    assert run["results"] == []
