from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from invoke.config import Config
from monorepos import settings

from build_config.connector import Secret
from build_config.errors import UsageError
from build_config.settings import (
    DEFAULTS,
    ImageSettings,
    Settings,
    Waiver,
    read,
    read_jobs,
    read_secret,
)


def test_the_defaults_are_settings(tmp_path: Path) -> None:
    made = settings(tmp_path)
    assert made.root == tmp_path
    assert (made.connectors, made.bases) == ("connectors", "connectors/bases")
    assert (made.jobs, made.secrets, made.images) == (None, (), {})
    assert made.state == tmp_path / ".yard"


def test_a_relative_root_starts_at_the_project(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert settings(tmp_path, root="there").root == tmp_path / "there"


def test_an_absolute_root_is_taken_and_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    assert settings(Path("/"), root=str(tmp_path / "link")).root == tmp_path / "there"


def test_paths_are_normalised(tmp_path: Path) -> None:
    made = settings(tmp_path, layout={"connectors": "./a//b/../c/", "bases": "."})
    assert (made.connectors, made.bases) == ("a/c", ".")


def test_the_configuration_that_invoke_merges_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "invoke.yaml").write_text(
        "jobs: 3\nlayout: {connectors: c}\n"
        "secrets: {pip: {src: pip.conf}}\n"
        "images: {source-a: {build_args: {A: 0, B: ''}, secrets: {token: {env: TOKEN}}},\n"
        "  source-b: }\n"
    )
    monkeypatch.setenv("INVOKE_LOCAL_TAG", "local")
    monkeypatch.setenv("INVOKE_LAYOUT_BASES", "b")
    made = read_as_invoke_does(tmp_path)
    assert (made.jobs, made.local_tag, made.connectors, made.bases) == (3, "local", "c", "b")
    assert made.secrets == (Secret(id="pip", file=str(tmp_path / "pip.conf")),)
    assert made.images == {
        "source-a": ImageSettings(
            build_args={"A": "0", "B": ""}, secrets=(Secret(id="token", variable="TOKEN"),)
        ),
        "source-b": ImageSettings(build_args={}, secrets=()),
    }


def read_as_invoke_does(root: Path) -> Settings:
    """The settings of `invoke.yaml` and of the environment, merged by Invoke itself."""
    config = Config(defaults=DEFAULTS, project_location=root, lazy=True)
    config.load_project()
    config.load_shell_env()
    return read(config, root)


def flag(key: str, root: Path) -> bool:
    made = read_as_invoke_does(root)
    return made.cache.write if key == "cache.write" else made.publishing.bootstrapped


@pytest.mark.parametrize("key", ["cache.write", "publish.allow_bootstrapped_bases"])
@pytest.mark.parametrize("file", ["", "true", "false", '"yes"'])
def test_a_variable_says_true_or_false_whatever_the_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, file: str
) -> None:
    section, _, name = key.partition(".")
    variable = f"INVOKE_{section}_{name}".upper()
    monkeypatch.delenv(variable, raising=False)
    (tmp_path / "invoke.yaml").write_text(f"{section}: {{{name}: {file}}}\n")
    assert flag(key, tmp_path) is (file in {"true", '"yes"'})
    for written in ("true", "True", "YES", "1", "false", "False", "no", "0", ""):
        monkeypatch.setenv(variable, written)
        assert flag(key, tmp_path) is (written.lower() in {"true", "yes", "1"}), written


@pytest.mark.parametrize("key", ["cache.write", "publish.allow_bootstrapped_bases"])
@pytest.mark.parametrize("file", ["", "true"])
def test_a_variable_that_is_neither_true_nor_false_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, file: str
) -> None:
    section, _, name = key.partition(".")
    (tmp_path / "invoke.yaml").write_text(f"{section}: {{{name}: {file}}}\n")
    monkeypatch.setenv(f"INVOKE_{section}_{name}".upper(), "flase")
    with pytest.raises(UsageError, match=f"`{key}` must be true or false, not `flase`"):
        read_as_invoke_does(tmp_path)


@pytest.mark.parametrize("key", ["cache", "publish"])
def test_a_patience_in_a_variable_need_not_be_whole_and_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv(f"INVOKE_{key.upper()}_PATIENCE", "1.5")
    made = read_as_invoke_does(tmp_path)
    assert 1.5 in {made.cache.patience, made.publishing.patience}
    monkeypatch.setenv(f"INVOKE_{key.upper()}_PATIENCE", "long")
    with pytest.raises(UsageError, match=f"`{key}.patience` must be seconds"):
        read_as_invoke_does(tmp_path)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"root": "absent"}, "`root`"),
        ({"layout": {"connectors": "../x"}}, "`layout.connectors` leaves"),
        ({"layout": {"bases": "/etc"}}, "`layout.bases` leaves"),
        ({"layout": {"bases": "connectors"}}, "the same directory"),
        ({"layout": {"bases": ["x"]}}, "`layout.bases` must be text"),
        ({"layout": {"bases": None}}, "`layout.bases` must be text"),
        ({"layout": {"conectors": "x"}}, "unknown setting `layout.conectors`"),
        ({"layout": {True: "x"}}, "unknown setting `layout.True`"),  # YAML's `on: x`
        ({"layout": "connectors"}, "`layout` must be a mapping"),
        ({"definitions": {"sources": "x"}}, "unknown setting `definitions.sources`"),
        ({"definitions": {"source": "../../x"}}, "`definitions.source` leaves"),
        ({"definitions": 3}, "`definitions` must be a mapping"),
        ({"namespace": "Not Legal"}, "`namespace` or `local_tag`"),
        ({"namespace": ""}, "`namespace` or `local_tag`"),
        ({"local_tag": "a b"}, "`namespace` or `local_tag`"),
        ({"jobs": 0}, "`jobs`"),
        ({"jobs": -1}, "`jobs`"),
        ({"jobs": 1.5}, "`jobs`"),
        ({"jobs": "many"}, "`jobs`"),
        ({"jobs": [4]}, "`jobs`"),
        ({"jobs": True}, "`jobs`"),
        ({"jobs": "9" * 5000}, "`jobs`"),
        ({"secrets": "x"}, "`secrets` must be a mapping"),
        ({"secrets": {"pip": "value"}}, "`secrets.pip` must be"),
        ({"secrets": {"pip": {"src": "a", "env": "b"}}}, "`secrets.pip` must be"),
        ({"secrets": {"pip": {"src": None}}}, "`secrets.pip.src` must be text"),
        ({"images": ["x"]}, "`images` must be a mapping"),
        ({"images": {"x": "y"}}, "`images.x` must be a mapping"),
        ({"images": {"x": {"args": {}}}}, "unknown setting `images.x.args`"),
        ({"images": {"x": {"build_args": ["A=1"]}}}, "`images.x.build_args` must be a mapping"),
        ({"images": {"x": {"build_args": {"A": False}}}}, "`images.x.build_args.A` must be text"),
        ({"images": {"x": {"build_args": {"A": None}}}}, "`images.x.build_args.A` must be text"),
        ({"images": {"x": {"secrets": {"y": {}}}}}, "`images.x.secrets.y` must be"),
        ({"check": {"ignored": []}}, "unknown setting `check.ignored`"),
        ({"check": {"ignore": {"rule": "x"}}}, "`check.ignore` must be a list"),
        ({"check": {"ignore": ["x"]}}, "`check.ignore[0]` must be a mapping"),
        ({"check": {"ignore": [{"reason": "x"}]}}, "`check.ignore[0].rule` must be text"),
        ({"check": {"ignore": [{"rule": "x", "why": "y"}]}}, "setting `check.ignore[0].why`"),
    ],
)
def test_a_setting_that_cannot_be_is_named(
    tmp_path: Path, changes: dict[str, Any], key: str
) -> None:
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, **changes)
    assert key in str(caught.value)


def test_an_exception_is_for_all_connectors_unless_it_names_some(tmp_path: Path) -> None:
    entries = [{"rule": "a", "connector": "source-*", "reason": " why "}, {"rule": "b"}]
    made = settings(tmp_path, check={"ignore": entries}).waivers
    assert made == (
        Waiver(rule="a", connector="source-*", reason="why"),
        Waiver(rule="b", connector="*", reason=""),
    )
    assert settings(tmp_path, check={"ignore": None}).waivers == ()


def test_a_mistyped_setting_gets_a_guess(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, layout={"conectors": "x"})
    assert caught.value.hint == "did you mean `layout.connectors`?"


def test_a_secret_in_settings_never_holds_its_value(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, secrets={"pip": "hunter2"})
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_the_file_of_a_secret_is_found_from_the_root_or_from_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    made = settings(tmp_path, secrets={"a": {"src": "~/a"}, "b": {"src": "b"}, "c": {"src": "/c"}})
    assert [s.file for s in made.secrets] == ["/home/me/a", str(tmp_path / "b"), "/c"]


@pytest.mark.parametrize(
    ("value", "jobs"), [("auto", None), (None, None), ("", None), (1, 1), ("12", 12)]
)
def test_jobs_are_a_number_or_chosen_from_the_machine(value: object, jobs: int | None) -> None:
    assert read_jobs(value) == jobs


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("0", 0),
        (0, 0),
        (4096, 4096),
        ("500 MB", 500_000_000),
        ("1.5GiB", 3 << 29),
        ("2g", 2_000_000_000),
        (" 1 kib ", 1024),
    ],
)
def test_the_floor_of_disks_is_a_size(tmp_path: Path, value: object, count: int) -> None:
    assert settings(tmp_path, disk_floor=value).disk_floor == count


@pytest.mark.parametrize(
    "value", ["", "much", "-1", "1 PB", "1 iB", None, True, [], "nan", "9" * 400]
)
def test_a_floor_of_another_shape_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(UsageError, match="`disk_floor` must be a size, not "):
        settings(tmp_path, disk_floor=value)


def test_a_secret_is_typed_as_for_docker() -> None:
    assert read_secret("id=a,src=/b/c=d") == Secret(id="a", file="/b/c=d")
    assert read_secret("env=B,id=a") == Secret(id="a", variable="B")


@pytest.mark.parametrize(
    "text", ["", "hunter2", "id=hunter2", "id=,src=x", "id=a,src=", "id=a,src=b,env=c", "a=b,src=c"]
)
def test_a_secret_of_another_shape_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_secret(text)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert "id=NAME,src=FILE" in caught.value.hint
