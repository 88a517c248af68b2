"""`invoke bake --print`: the plan for `docker buildx bake`, for builders that are elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from build_config import git
from build_config.bake import asked_for, bake_file, secret_from
from build_config.commands.running import ca_bundle, find_origin
from build_config.connector import Connector, Secret
from build_config.context import list_kept_back, shown
from build_config.errors import RepositoryError, UsageError
from build_config.image_labels import told_labels
from build_config.performers.gradle_build import gradle_program, gradle_task
from build_config.repository import load
from build_config.settings import Settings
from build_config.streams import Streams


def bake(settings: Settings, streams: Streams, *, connector: Sequence[str], show: bool) -> int:
    """Print the file that builds what is selected, and all that it stands on; build nothing."""
    if not show:
        raise UsageError(
            "`invoke bake` builds nothing, it only prints: `--print` is missing",
            hint="`invoke build` builds here; "
            "`invoke bake --print | docker buildx bake --file=-` where buildx does",
        )
    root = settings.root
    with git.asking(root) as asked:
        repository = load(settings)
        snapshot = git.snapshot(root, asked)
    graph = repository.graph
    names = graph.with_dependencies(repository.select(connector))
    wanted = [graph.connectors[name] for name in sorted(names)]
    _refuse_what_would_be_sent(root, wanted)
    origin = find_origin(root, wanted, snapshot, datetime.now(UTC))
    labels = {c.name: told_labels(c, origin) for c in wanted}
    secrets = _secrets(settings, streams, wanted)
    streams.say(json.dumps(bake_file(graph, names, labels, secrets), indent=2))
    for note in _what_to_know(root, wanted, secrets):
        streams.note(note)
    return 0


def _refuse_what_would_be_sent(root: Path, connectors: Sequence[Connector]) -> None:
    """Bake knows the ignore file and not our fixed list."""
    defects = []
    for connector in connectors:
        kept_back = list_kept_back(root, connector.path)
        if kept_back:
            first = shown(connector.path, kept_back[0])
            more = f" and {len(kept_back) - 1} more" if len(kept_back) > 1 else ""
            defects.append(f"bake would send {first}{more}: the ignore file lets it through")
    if defects:
        raise RepositoryError(
            tuple(defects),
            hint="add `secrets`, `**/.env`, `**/.git` and `.yard` to the ignore file; "
            "`invoke build` never sends them",
        )


def _secrets(
    settings: Settings, streams: Streams, connectors: Sequence[Connector]
) -> dict[str, tuple[Secret, ...]]:
    """Those of each image, in the order in which a later one wins: as in a build here."""
    bundle = ca_bundle(settings, streams)
    found = [Secret(id="ca-bundle", file=str(bundle.absolute()))] if bundle else []
    offered = [secret_from(secret, settings.root) for secret in (*found, *settings.secrets)]
    own = {c.name: [secret_from(s, settings.root) for s in c.secrets] for c in connectors}
    return {c.name: asked_for(c, (*offered, *own[c.name])) for c in connectors}


def _what_to_know(
    root: Path, connectors: Sequence[Connector], secrets: Mapping[str, tuple[Secret, ...]]
) -> Iterator[str]:
    """What a person has to do that the file cannot say."""
    if not connectors:
        yield "nothing is selected"
        return
    if Path.cwd() != root:
        yield f"its paths start at `{root}`: run bake there"
    tasks = [gradle_task(connector) for connector in connectors if connector.gradle]
    if tasks:
        yield f"bake runs no Gradle: first `{gradle_program(root)} {' '.join(tasks)}`"
    files = {secret.file for found in secrets.values() for secret in found if secret.file}
    outside = sorted(file for file in files if Path(file).is_absolute())
    if outside:
        allowed = " ".join(f"--allow=fs.read={file}" for file in outside)
        typed = f"docker buildx bake {allowed} --file=-"
        yield f"it reads secrets from outside of the repository: allow it with `{typed}`"
    yield "these images carry no fingerprint: `invoke build` does not take them for its own"
