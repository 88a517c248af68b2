"""Configs and mounts, as a person types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from build_config.errors import UsageError
from build_config.sandbox.request import Mount
from build_config.sync import inputs


def test_the_real_config_comes_before_the_sample(tmp_path: Path) -> None:
    for place in reversed(inputs.CONFIG_PLACES):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
        assert inputs.find_config(tmp_path, None, flag="--source-config") == path


def test_no_config_is_an_error_that_says_where_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as failure:
        inputs.find_config(tmp_path, None, flag="--source-config")
    assert "secrets/config.json" in failure.value.hint


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"password": "hidden'])
def test_what_is_no_object_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(UsageError) as failure:
        inputs.read_object(path, "the config")
    assert "hidden" not in str(failure.value)


def test_mounts_are_as_docker_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    texts = (f"{tmp_path}:/data", ".:/data:ro", ".:/data:rw")
    found = inputs.read_mounts(texts, flag="--source-mount", read_only=True)
    here = str(tmp_path.resolve())
    assert found == tuple(
        Mount(source=here, target="/data", read_only=each) for each in (True, True, False)
    )


@pytest.mark.parametrize(
    "text",
    ["", "/data", "x:", ":/data", ".:data", "/no/such/folder:/data", "~nobody-has-it:/data"],
)
def test_another_shape_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        inputs.read_mounts((text,), flag="--source-mount", read_only=True)


def test_rows_have_one_place_however_and_wherever_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def place(config: str | None, mount: str) -> str:
        mounts = inputs.read_mounts([mount], flag="--destination-mount", read_only=False)
        return inputs.place((None, config), ((), mounts))

    places = []
    for name in ("a", "b"):
        (tmp_path / name / "out").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / name)
        same = {
            place("x.json", "out:/out"),
            place("./x.json", f"{tmp_path}/{name}/out:/out:rw"),
            place(f"../{name}/x.json", f"../{name}/out:/out:ro"),
        }
        assert len(same) == 1
        places += [*same, place(None, "out:/out"), place("x.json", "out:/other")]
    assert len(set(places)) == 6
    assert inputs.place((None, None), ((), ())) == ""


@pytest.mark.parametrize(
    "text", ["{}", '{"streams": 7}', '{"streams": [7]}', '{"streams": [{"name": "users"}]}']
)
def test_what_is_no_configured_catalog_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalog.json"
    path.write_text(text)
    with pytest.raises(UsageError):
        inputs.read_catalog(path)


def test_a_configured_catalog_is_read(tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    path.write_text('{"streams": [{"stream": {"name": "users"}}]}')
    assert inputs.read_catalog(path)["streams"]
