"""What `invoke publish` costs over a bare push, after a kill, and when there is nothing to do.

    python benchmarks/publishing.py [--rounds=5] [--images=200] [--megabytes=8]

Needs a local engine and Debian's `docker-registry`; both registries are started here. Prints
Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import monorepo

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tests"))

import monorepos  # noqa: E402 - from the tests
import repositories  # noqa: E402 - from the tests
from docker import APIClient  # noqa: E402 - after the path
from docker_registry import DockerRegistry, docker_registry  # noqa: E402 - from the tests
from fault_proxy import FaultProxy, Rule, before, fault_proxy  # noqa: E402 - from the tests
from published import release  # noqa: E402 - from the tests

from build_config import git_refs  # noqa: E402 - after the path
from build_config.commands.planning import Wish, plan_for  # noqa: E402 - after the path
from build_config.commands.publish_plan import targets_of  # noqa: E402 - after the path
from build_config.git_refs import Place  # noqa: E402 - after the path
from build_config.ledger import Ledger  # noqa: E402 - after the path
from build_config.machine.engine_address import find_engine_address  # noqa: E402 - after the path
from build_config.streams import Streams  # noqa: E402 - after the path

NAMESPACE = "publishing-benchmark"
USUAL = "unix:///var/run/docker.sock"
UPLOADS = "/blobs/uploads/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of the table; the values are seconds, or a count."""

    what: str
    values: Sequence[float]
    bar: float | None
    unit: str = " s"

    def __str__(self) -> str:
        """In Markdown."""
        middle, low, high = statistics.median(self.values), min(self.values), max(self.values)
        spread = f" ({low:.2f}-{high:.2f})" if len(self.values) > 1 else ""
        judged = "|  | "
        if self.bar is not None:
            met = "met" if middle <= self.bar else "not met"
            judged = f"| ≤ {self.bar:g}{self.unit} | {met}"
        return f"| {self.what} | {middle:.2f}{self.unit}{spread} {judged} |"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Measure publishing.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=200, help="that are published already")
    parser.add_argument("--megabytes", type=int, default=8, help="of an image's layer")
    flags = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="connectoryard-benchmark-") as folder:
        lines = [
            *over_a_bare_push(Path(folder), flags.rounds, flags.megabytes << 20),
            after_a_kill(Path(folder), flags.megabytes << 20),
            nothing_to_do(Path(folder), flags.rounds, flags.images),
        ]
    print("| what | measured | bar |  |\n| --- | --- | --- | --- |")
    print("\n".join(map(str, lines)))
    print(f"\n{os.cpu_count()} cores, load before: {load:.1f}")


def over_a_bare_push(folder: Path, rounds: int, size: int) -> Iterator[Line]:
    """The same image, pushed bare to a registry of its own, and published: the step alone."""
    root, bare, ours = one_base(folder / "over"), [], []
    with docker_registry() as one, docker_registry() as other, engine() as client:
        for number in range(rounds):
            new_version(root, number, size)
            ours.append(seconds_of_the_step(publish(root, host_of(one)).stdout))
            image = f"{NAMESPACE}/base-a:dev"
            begin = time.perf_counter()
            bare_push(client, image, f"{host_of(other)}/{NAMESPACE}/base-a", f"0.{number}.0")
            bare.append(time.perf_counter() - begin)
    over = [mine - theirs for mine, theirs in zip(ours, bare, strict=True)]
    megabytes = size >> 20
    yield Line(what=f"a bare push of {megabytes} MiB", values=bare, bar=None)
    yield Line(what="verification, claim, tag, ledger and `latest` over it", values=over, bar=1.0)


def after_a_kill(folder: Path, size: int) -> Line:
    """Requests that send bytes of a blob, in the run after one that was killed at the tag."""
    root = one_base(folder / "kill")
    new_version(root, 0, size)
    with docker_registry() as registry, fault_proxy(host_of(registry)) as proxy:
        killed = started(root, proxy.host)
        proxy.forget(Rule(method="PUT", path="/manifests/0.0.0", action=before(killed.kill)))
        killed.wait()
        sent = uploads(proxy)
        insist(sent > 0, "the first run sent nothing")
        proxy.forget()
        publish(root, proxy.host)
        again = uploads(proxy)
    clean()
    what = f"requests with bytes of a blob after a kill (before it: {sent})"
    return Line(what=what, values=[again], bar=0, unit="")


def nothing_to_do(folder: Path, rounds: int, images: int) -> Line:
    """`invoke publish` as a process, where everything is published."""
    root = folder / "published"
    monorepo.write(root, monorepo.plan(images))
    with docker_registry() as registry:
        fill(root, registry)
        seconds = []
        for _ in range(rounds):
            begin = time.perf_counter()
            done = publish(root, host_of(registry))
            seconds.append(time.perf_counter() - begin)
            insist(f"everything is published: {images} images" in done.stdout, done.stdout)
    return Line(what=f"`invoke publish` of {images} published images", values=seconds, bar=3.0)


def fill(root: Path, registry: DockerRegistry) -> None:
    """Have everything published, without building it."""
    settings = monorepos.settings(root, registry=host_of(registry))
    planned = plan_for(settings, Streams.of_process(), Wish(engine_needed=False))
    records = {}
    for target in targets_of(settings, planned).values():
        made = release(
            target.name,
            target.version,
            kind=target.connector.kind.value,
            repository=target.repository,
            digest=registry.push(target.path, target.version, "latest"),
            fingerprint=target.sources.fingerprint,
            inputs=target.sources.to_json(),
        )
        records[f"releases/{target.path}/{target.version}.json"] = made.to_json().encode()
    place = Place(root=root)
    commit = git_refs.commit_of(place, None, records, said="everything", at=int(time.time()))
    branch = Ledger(place=place, registry=host_of(registry)).branch
    insist(git_refs.swap(place, branch, old=None, new=commit), "there is a ledger already")


def one_base(root: Path) -> Path:
    """A repository with a base: it needs neither tests nor a definition."""
    return repositories.new_repository(root, {".gitignore": ".yard/\n"})


def new_version(root: Path, number: int, size: int) -> None:
    """Committed, with a layer that nobody has."""
    label = f"LABEL io.airbyte.name={NAMESPACE}/base-a io.airbyte.version=0.{number}.0\n"
    folder = "connectors/bases/base-a"
    repositories.write(root, {f"{folder}/Dockerfile": f"FROM scratch\nCOPY content /\n{label}"})
    (root / folder / "content").write_bytes(os.urandom(size))
    repositories.git(root, "add", "--all")
    repositories.git(root, "commit", "--quiet", "--message=a version")


def publish(root: Path, host: str) -> subprocess.CompletedProcess[str]:
    """Run it; it must succeed."""
    done = subprocess.run(
        command(host),
        cwd=PROJECT,
        env=environment(root),
        capture_output=True,
        text=True,
        check=False,
    )
    insist(done.returncode == 0, done.stdout + done.stderr)
    return done


def started(root: Path, host: str) -> subprocess.Popen[str]:
    """Start it."""
    return subprocess.Popen(
        command(host), cwd=PROJECT, env=environment(root), stdout=subprocess.DEVNULL, text=True
    )


def command(host: str) -> list[str]:
    """What is run."""
    words = ("publish", f"--registry={host}", "--progress=json")
    return [sys.executable, "-m", "invoke", *words]


def seconds_of_the_step(output: str) -> float:
    """From its start to its end, as its events say."""
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    steps = [e for e in events if e.get("key") == "publish base-a"]
    return float(next(e["seconds"] for e in steps if e["event"] == "step_finished"))


def bare_push(client: APIClient, image: str, repository: str, tag: str) -> None:
    """As `docker push` does."""
    client.tag(image, repository, tag)
    for news in client.push(repository, tag=tag, stream=True, decode=True):
        insist("error" not in news, str(news))
    client.remove_image(f"{repository}:{tag}", noprune=True)


def uploads(proxy: FaultProxy) -> int:
    """Requests that carried bytes of a blob."""
    return sum(seen.size > 0 and UPLOADS in seen.path for seen in proxy.seen)


def host_of(registry: DockerRegistry) -> str:
    """Address and port."""
    return registry.url.removeprefix("http://")


@contextmanager
def engine() -> Iterator[APIClient]:
    """The local one; nothing of ours is left on it."""
    address = find_engine_address()
    client = APIClient(base_url=address.url or USUAL, timeout=120)
    try:
        yield client
    finally:
        client.close()
        clean()


def insist(holds: bool, told: str) -> None:  # noqa: FBT001 - like an assert
    """End the program where a measurement would mean nothing."""
    if not holds:
        raise SystemExit(told)


def clean() -> None:
    """Take our images off the engine."""
    client = APIClient(base_url=find_engine_address().url or USUAL, timeout=120)
    for row in client.images():
        label = (row.get("Labels") or {}).get("io.airbyte.name", "")
        if label.startswith(f"{NAMESPACE}/"):
            client.remove_image(row["Id"], force=True)
    client.close()


def environment(root: Path) -> dict[str, str]:
    """Our settings, and nobody else's."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("INVOKE_")}
    return own | {"INVOKE_ROOT": str(root), "INVOKE_NAMESPACE": NAMESPACE}


if __name__ == "__main__":
    main()
