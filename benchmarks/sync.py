"""How fast `invoke sync` moves records, against the two containers joined by a plain shell pipe.

    python benchmarks/sync.py [--rounds=3] [--small=1000000] [--large=10000]

The connectors are `cat`: all that is measured is the way between them, where a real connector
would be the slower part. The pipe gets `--log-driver=none`, as our containers do; without it the
engine would write all records to a log on disk, too. Needs a local engine. Prints Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from docker import APIClient

from build_config.machine.engine_address import find_engine_address
from build_config.sandbox.containers import open_containers
from build_config.sandbox.request import Container, Limits, Mount
from build_config.sync import journal, pipeline
from build_config.sync.ledger import Ledger
from build_config.sync.states import SavedState
from build_config.sync.traffic import Traffic

TAG = "sync-benchmark-shell:1"
PROGRAMS = ("sh", "cat")
READ = ("-c", "cat /records/records.jsonl")
WRITE = ("-c", "cat > /dev/null")
CATALOG = {"streams": [{"stream": {"name": "users"}, "sync_mode": "full_refresh"}]}
LIMITS = Limits(seconds=None, output_bytes=None, line_bytes=1 << 26)


def main() -> None:
    """Measure both ways with both kinds of records."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=10_000)
    options = parser.parse_args()
    print("| records | size | shell pipe | sync | ratio | records/s | MB/s | memory grew by |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with shell_image() as image, tempfile.TemporaryDirectory() as folder:
        for count, length in ((options.small, 100), (options.large, 100_000)):
            write_records(Path(folder) / "records.jsonl", count, length)
            measure(image, Path(folder), count, options.rounds)


def measure(image: str, folder: Path, count: int, rounds: int) -> None:
    """One row of the table; the ways take turns, so that a busy machine is busy for both."""
    pipes, syncs = [], []
    before = memory()
    for _ in range(rounds):
        pipes.append(timed(lambda: pipe(folder)))
        syncs.append(timed(lambda: asyncio.run(synced(image, folder, count))))
    plain, ours = statistics.median(pipes), statistics.median(syncs)
    size = (folder / "records.jsonl").stat().st_size
    print(
        f"| {count:,} | {size / 1e6:,.0f} MB | {plain:.2f} s | {ours:.2f} s | {plain / ours:.2f} "
        f"| {count / ours:,.0f} | {size / 1e6 / ours:,.0f} | {(memory() - before) / 1e3:.1f} MB |"
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def memory() -> int:
    """The most that this process ever had, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def pipe(folder: Path) -> None:
    """The containers joined by a shell."""
    common = "docker run --rm --network=none --log-driver=none"
    source = f"{common} -v {folder}:/records:ro {TAG} {READ[0]} '{READ[1]}'"
    destination = f"{common} -i {TAG} {WRITE[0]} '{WRITE[1]}'"
    subprocess.run(["sh", "-c", f"{source} | {destination}"], check=True)


async def synced(image: str, folder: Path, count: int) -> None:
    """The containers joined by us; every record is counted."""
    mount = Mount(source=str(folder), target="/records", read_only=True)
    source = Container(image=image, arguments=READ, mounts=(mount,), limits=LIMITS)
    destination = Container(image=image, arguments=WRITE, stdin=True, limits=LIMITS)
    job = pipeline.Job(
        source=pipeline.Side(name="source", container=source),
        destination=pipeline.Side(name="destination", container=destination),
        catalog=CATALOG,
    )
    traffic = Traffic.of(CATALOG)
    ledger = Ledger(path=folder / "state.json", state=SavedState(), traffic=traffic)
    with journal.opened(folder / "log") as log:
        async with open_containers(find_engine_address()) as containers:
            await pipeline.run(containers, job, ledger, log)
    if traffic.records != count:
        raise SystemExit(f"{traffic.records} records came through, not {count}")


def write_records(path: Path, count: int, length: int) -> None:
    """Records of about this many bytes each."""
    with path.open("w") as file:
        for number in range(count):
            data = {"id": number, "name": f"name {number}", "text": "x" * (length - 50)}
            record = {"stream": "users", "data": data, "emitted_at": 1_700_000_000_000}
            message = {"type": "RECORD", "record": record}
            file.write(json.dumps(message, separators=(",", ":")) + "\n")


@contextmanager
def shell_image() -> Iterator[str]:
    """The id of an image with this machine's own `sh` and `cat`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in {path for program in PROGRAMS for path in linked(program)}:
            entry = tarfile.TarInfo(path.lstrip("/"))
            content = Path(path).read_bytes()
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    client = APIClient(base_url=os.environ.get("DOCKER_HOST"))
    changes = ["ENV PATH=/bin:/usr/bin", 'ENTRYPOINT ["sh"]']
    name, tag = TAG.split(":")
    client.import_image_from_data(buffer.getvalue(), repository=name, tag=tag, changes=changes)
    try:
        yield client.inspect_image(TAG)["Id"]  # type: ignore[no-untyped-call]  # the stubs lack it
    finally:
        client.remove_image(TAG, force=True)
        client.close()


def linked(program: str) -> Iterator[str]:
    """The program and the libraries that it needs."""
    path = shutil.which(program)
    if path is None:
        raise SystemExit(f"there is no `{program}`")
    yield path
    listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
    yield from (word for word in listed.split() if word.startswith("/"))


if __name__ == "__main__":
    main()
