from __future__ import annotations

from pathlib import Path

import monorepos
from releases import release
from repositories import new_repository

from build_config.bumping.published import published
from build_config.ledger import ledger_of


def test_the_highest_version_of_each_image_is_known(tmp_path: Path) -> None:
    settings = monorepos.settings(new_repository(tmp_path, {}), registry="ghcr.io/acme")
    ledger = ledger_of(settings)
    for version in ("1.9.0", "1.10.0", "1.10.0-rc.1"):
        ledger.add(release(version=version, repository="ghcr.io/acme/yard/source-x"))
    ledger.add(release("base-y", repository="ghcr.io/acme/yard/base-y"))
    assert published(settings) == {"yard/source-x": "1.10.0", "yard/base-y": "1.0.0"}


def test_on_docker_hub_an_image_is_named_as_its_label_says(tmp_path: Path) -> None:
    settings = monorepos.settings(new_repository(tmp_path, {}))
    ledger_of(settings).add(release(repository="yard/source-x"))
    assert published(settings) == {"yard/source-x": "1.0.0"}


def test_without_git_nothing_is_known(tmp_path: Path) -> None:
    assert published(monorepos.settings(tmp_path)) == {}
