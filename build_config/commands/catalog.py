"""`invoke catalog`: what was published, as the documents that programs and people read."""

from __future__ import annotations

from pathlib import Path

from build_config import ledger
from build_config.catalog import folder
from build_config.catalog.documents import PAGE, documents
from build_config.errors import YardError
from build_config.settings import Settings
from build_config.streams import Streams
from build_config.wording import counted


def catalog(settings: Settings, streams: Streams, *, output: str | None = None) -> int:
    """Write the catalog of all that was published.

    Args:
        settings: of the repository.
        streams: where to write.
        output: the folder; relative to where the command runs. None is `.yard/catalog`.

    Raises:
        UsageError: the folder holds something else.
        YardError: it cannot be written.
        RepositoryError: release records that make no valid catalog.
        UnclearError: who keeps the release records did not answer.
    """
    where = settings.state / "catalog" if output is None else Path(output)
    released = ledger.releases(settings)
    try:
        done = folder.write(where, documents(released))
    except OSError as error:
        said = error.strerror or str(error)
        raise YardError(f"cannot write `{where}`: {said}", hint="see `--output`") from error
    images = counted(len({release.name for release in released}), "image")
    changes = f"{done.written} written, {done.unchanged} as they were, {done.removed} removed"
    streams.say(f"{where / PAGE}: {images}, {counted(len(released), 'version')}; files: {changes}")
    if not released:
        streams.note(f"nothing is published to {settings.publishing.registry} yet")
        streams.note(
            "hint: `invoke publish --dry-run` shows what would be, `registry` in invoke.yaml where"
        )
    return 0
