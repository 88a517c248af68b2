"""`invoke matrix`: who builds and tests what, when many runners share the work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_config import history
from build_config.acceptance.config import configured
from build_config.errors import UsageError, YardError, one_of
from build_config.matrix import Cell, Matrix, estimate, include, plan_matrix
from build_config.repository import Repository, load
from build_config.settings import Settings
from build_config.settings_values import count
from build_config.streams import Streams
from build_config.wording import counted


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixFlags:
    """The flags of `invoke matrix`, as typed."""

    connector: Sequence[str] = ()
    kind: str | None = None
    changed_since: str | None = None
    shards: str | None = None
    format: str = "json"


def matrix(settings: Settings, streams: Streams, **typed: Any) -> int:
    """Print the cells of the two waves as JSON, or hand them to the workflow that runs this.

    Args:
        settings: of the repository.
        streams: where to write.
        typed: the fields of `MatrixFlags`.
    """
    flags = MatrixFlags(**typed)
    one_of("--format", flags.format, ("json", "github"))
    shards = None if flags.shards is None else count("--shards", flags.shards)
    repository = load(settings)
    selected = _selected(settings, repository, flags)
    seconds = _seconds(settings, repository)
    cache = settings.cache
    joined = bool(cache.registry and cache.write)
    planned = plan_matrix(repository.graph, selected, seconds, shards, joined=joined)
    waves = {"bases": include(planned.bases), "connectors": include(planned.connectors)}
    if flags.format == "github":
        _hand_over({name: json.dumps(wave) for name, wave in waves.items()}, streams)
    else:
        streams.say(json.dumps(waves, indent=2))
    streams.note(_summary(planned) if selected else _nothing(flags))
    return 0


def _selected(settings: Settings, repository: Repository, flags: MatrixFlags) -> frozenset[str]:
    """With those whose tests alone changed: a cell also tests."""
    selected = repository.select(flags.connector, kind=flags.kind)
    if flags.changed_since is None:
        return selected
    # imported only now: it brings the engine's modules along
    from build_config.commands.planning import changed_since

    return selected & changed_since(settings, repository, flags.changed_since, tests=True)


def _seconds(settings: Settings, repository: Repository) -> dict[str, float]:
    connectors = repository.connectors
    have_tests = configured(settings.root, connectors)
    return estimate(connectors, have_tests, history.read(settings.state))


def _hand_over(outputs: dict[str, str], streams: Streams) -> None:
    """Set the outputs of a step; the values have no line breaks, being JSON.

    Source: docs.github.com/actions, "Workflow commands", "Setting an output parameter".
    """
    place = streams.environ.get("GITHUB_OUTPUT")
    if not place:
        raise UsageError(
            "`--format=github` writes to the file that `GITHUB_OUTPUT` names, and it names none",
            hint="leave `--format` out to see the matrix",
        )
    try:
        with Path(place).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in outputs.items())
    except OSError as error:
        raise YardError(f"`{place}` cannot be written: {error.strerror}") from error


def _summary(planned: Matrix) -> str:
    waves = [_wave(wave) for wave in (planned.bases, planned.connectors) if wave]
    return ", then ".join(waves)


def _nothing(flags: MatrixFlags) -> str:
    since = flags.changed_since
    return f"nothing changed since `{since}`" if since else "nothing is selected"


def _wave(wave: tuple[Cell, ...]) -> str:
    images = counted(sum(len(cell.connectors) for cell in wave), "image")
    longest = max(cell.seconds for cell in wave)
    return f"{images} in {counted(len(wave), 'cell')} of {longest:g} s at most"
