import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from airbyte_cdk.models import ConfiguredAirbyteCatalog, ConnectorSpecificationSerializer
from base_declarative.manifest import load_manifest
from base_declarative.source import make_source
from base_declarative.specification import plain_specification
from conftest import MANIFEST, Answer

Run = Callable[..., Answer]


def written(folder: Path, text: str) -> Path:
    path = folder / "manifest.yaml"
    path.write_text(text)
    return path


def test_the_plain_specification_is_the_cdk_s() -> None:
    manifest = load_manifest(MANIFEST)
    source = make_source(manifest, {}, ConfiguredAirbyteCatalog(streams=[]), [])
    expected = ConnectorSpecificationSerializer.dump(source.spec(source.logger))
    assert plain_specification(manifest) == expected


def test_spec_is_answered_without_the_cdk() -> None:
    program = (
        "import sys; from pathlib import Path; from base_declarative.run import main; "
        f"main(['spec'], Path({str(MANIFEST)!r})); sys.exit('airbyte_cdk' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0
    assert b'"title": "Things"' in done.stdout


def test_a_specification_with_references_is_resolved(run: Run, tmp_path: Path) -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["definitions"]["address"] = {"type": "string", "title": "Address"}
    manifest["spec"]["connection_specification"]["properties"]["url"] = {
        "$ref": "#/definitions/address"
    }
    answer = run(written(tmp_path, yaml.safe_dump(manifest)), "spec")
    assert answer.code == 0
    properties = answer.of("SPEC")[0]["spec"]["connectionSpecification"]["properties"]
    assert properties["url"] == {"type": "string", "title": "Address"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not YAML"),
        ("- a", "is not a mapping"),
        ("streams: [{retriever: {class_name: os.system}}]", "`streams[0].retriever.class_name`"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused(
    run: Run, tmp_path: Path, text: str, message: str
) -> None:
    answer = run(written(tmp_path, text), "spec")
    assert answer.code == 1
    [trace] = answer.of("TRACE")
    assert trace["trace"]["error"]["failure_type"] == "system_error"
    assert message in trace["trace"]["error"]["message"]


def test_an_image_without_a_manifest_says_so(run: Run, tmp_path: Path) -> None:
    answer = run(tmp_path / "manifest.yaml", "spec")
    assert answer.code == 1
    assert "cannot read the manifest" in answer.of("TRACE")[0]["trace"]["error"]["message"]


def test_a_property_called_class_name_is_no_code(tmp_path: Path) -> None:
    schema = "{properties: {class_name: {type: string}}}"
    assert load_manifest(written(tmp_path, f"schema: {schema}"))


def test_what_is_wrong_in_a_manifest_is_named(run: Run, tmp_path: Path) -> None:
    manifest = yaml.safe_load(MANIFEST.read_text())
    del manifest["definitions"]["things"]["retriever"]["record_selector"]["extractor"]
    config = tmp_path / "config.json"
    config.write_text('{"url": "http://127.0.0.1:1", "token": ""}')
    answer = run(written(tmp_path, yaml.safe_dump(manifest)), "discover", "--config", config)
    assert answer.code == 1
    [trace] = answer.of("TRACE")
    assert "the manifest is not valid: `$.streams[0]" in trace["trace"]["error"]["message"]
    assert trace["trace"]["error"]["failure_type"] == "system_error"
