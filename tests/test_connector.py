from __future__ import annotations

from pathlib import Path

from monorepos import AIRBYTE_2021, AIRBYTE_LAYOUT, connectors


def test_people_call_it_by_its_directory_or_by_its_image(tmp_path: Path) -> None:
    there = connectors(tmp_path, AIRBYTE_2021, **AIRBYTE_LAYOUT)
    assert there["base"].aliases == {"base", "integration-base"}
    assert there["source-new"].aliases == {"source-new"}


def test_its_dockerfile_is_named_from_the_root(tmp_path: Path) -> None:
    there = connectors(tmp_path, AIRBYTE_2021, **AIRBYTE_LAYOUT)
    assert there["base"].dockerfile_path == "airbyte-integrations/bases/base/Dockerfile"
