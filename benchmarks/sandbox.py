"""What a run of a container costs in the sandbox, against a bare `docker run`.

    python benchmarks/sandbox.py [--rounds=10]

The container only says a word, so that all that is measured is the way there and back. The bare one
has no limits and gets no files; ours has both. Needs a local engine and its CLI. Prints Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess

from figures import Samples
from sync import TAG, shell_image, timed

from build_config.machine.engine_address import find_engine_address
from build_config.sandbox.containers import Containers, open_containers
from build_config.sandbox.request import Container

WORD = ("-c", "echo spec")


def main() -> None:
    """Measure both in turns."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    with shell_image() as image:
        bare, ours = asyncio.run(measured(image, rounds))
    ratio = ours.over(bare)
    print("| bare `docker run` | in the sandbox | ratio |")
    print("| --- | --- | --- |")
    print(f"| {told(bare)} s | {told(ours)} s | {told(ratio)} |")


async def measured(image: str, rounds: int) -> tuple[Samples, Samples]:
    """Seconds of each run."""
    bare, ours = [], []
    container = Container(image=image, arguments=WORD, files={"config.json": b"{}"})
    async with open_containers(find_engine_address()) as containers:
        for _ in range(rounds):
            bare.append(timed(docker_run))
            ours.append(await sandboxed(containers, container))
    return Samples(values=tuple(bare)), Samples(values=tuple(ours))


def docker_run() -> None:
    """As a person would; without a log, as ours."""
    command = ("docker", "run", "--rm", "--network=none", "--log-driver=none", TAG, *WORD)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


async def sandboxed(containers: Containers, container: Container) -> float:
    """Seconds of one run, from the request to the container being gone."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    finished = await containers.run_to_end(container)
    if not finished.ending.is_good:
        raise RuntimeError(finished.ending.story)
    return loop.time() - begin


def told(samples: Samples) -> str:
    """`0.31 (0.29-0.40)`."""
    return f"{samples.median:.2f} ({samples.low:.2f}-{samples.high:.2f})"


if __name__ == "__main__":
    main()
