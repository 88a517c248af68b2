"""Destinations of a few lines of shell, right or wrong in one way, and what is said of them."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import engine_under_test
import yaml
from fakes import Told
from tiny_connectors import ENTRYPOINT

from build_config.acceptance.bench import Bench
from build_config.acceptance.case import CaseResult, Category
from build_config.acceptance.config import Test
from build_config.acceptance.config_reading import read_config
from build_config.acceptance.subject import Image, Subject
from build_config.acceptance.suite import Judge
from build_config.connector import Connector, Kind, Language
from build_config.dockerfile import parse as parse_dockerfile
from build_config.image import parse
from build_config.machine.engine_address import EngineAddress
from build_config.sandbox.containers import open_containers
from build_config.sandbox.request import Volume

if TYPE_CHECKING:
    from engine_under_test import Engine

_HEAD = r"""
trap 'exit 143' TERM
command=$1
while [ $# -gt 0 ]; do
  case $1 in
    --config) config=$2; shift ;;
    --catalog) catalog=$2; shift ;;
  esac
  shift
done
say() { printf '%s\n' "$1"; }
refuse() {
  say '{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"'"$1"'"}}}'
  exit 1
}
"""

GOOD = {
    "modes": '"append"',
    "check": """
        [ -f "$config" ] || refuse 'there is no config'
        case $(cat "$config") in
          '{'*'}') say '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}' ;;
          *) refuse 'the config is no object' ;;
        esac""",
    "large": """
        cat >/data/large
        stream=${streams#*'"large_'}
        stream='{"stream_descriptor":{"name":"large_'${stream%%'"'*}'"}'
        state='"stream_state":{"position":100000}'
        say '{"type":"STATE","state":{"type":"STREAM","stream":'"$stream,$state"'}}}'""",
    "record": 'keep "$line"',
    "state": 'say "$line"',
    "end": "",
}
"""What it does for a command, for the large stream, for a line, and when the input has ended."""

READ_BACK = """
[ ! -f /data/kept ] || while IFS= read -r line; do
  case $line in '{'*'}}') printf '%s\\n' "$line" ;; esac
done </data/kept
"""
"""Whole records only: a kill can tear the last line that is written (a page is, or is not)."""


def script(**changes: str) -> str:
    """A whole connector: the good one, which only appends, with other lines in some places."""
    lines = GOOD | changes
    spec = '"connectionSpecification":{"type":"object"}'
    return f"""{_HEAD}
keep() {{ printf '%s\\n' "$1" >>/data/kept; }}
case $command in
spec) say '{{"type":"SPEC","spec":{{{spec},"supported_destination_sync_modes":[{lines["modes"]}]}}}}' ;;
check) {lines["check"]}
  ;;
write)
  [ -f "$catalog" ] || refuse 'there is no catalog'
  streams=$(cat "$catalog")
  case $streams in *'"large_'*) {lines["large"]}
    exit ;; esac
  [ ! -f /data/kept ] || say '' >>/data/kept
  while IFS= read -r line; do
    case $line in
      '{{"type": "RECORD"'*'}}}}') {lines["record"]}
        ;;
      '{{"type": "STATE"'*) {lines["state"]}
        ;;
    esac
  done
  {lines["end"]}
  ;;
*) refuse 'unknown command' ;;
esac
"""  # noqa: E501 - one message a line


def build(engine: Engine, shell: str) -> Image:
    """An image that runs the script in its environment."""
    reference = f"{shell.partition('/')[0]}/destination-tiny:dev"
    lines = f"FROM {shell}\n{ENTRYPOINT}\nUSER 1000:1000\n"
    context = io.BytesIO(lines.encode())
    engine.client.images.build(fileobj=context, tag=reference, rm=True, forcerm=True)
    return Image.from_inspection(engine.client.images.get(reference).attrs)


def run(judge: Judge, image: Image, folder: Path, text: str, **settings: Any) -> list[CaseResult]:
    """What a category says of the connector that this script is.

    Args:
        judge: of the category.
        image: as `build` makes it.
        folder: an empty one.
        text: the script.
        settings: `kind` of the connector, a destination if not said; `level` of the protocol.
    """
    kind = settings.get("kind", Kind.DESTINATION)
    (folder / "read_back.sh").write_text(READ_BACK)
    (folder / "config.json").write_text("{}")
    tests = {"tests": [{"config_path": "config.json"}]}
    read_back = {"command": ["sh"], "path": "read_back.sh"}
    document = {
        "acceptance_tests": {
            "write": {"tests": [{"config_path": "config.json", "read_back": read_back}]},
            "robustness": tests,
        },
        "x-protocol-level": settings.get("level", "current"),
        "x-sandbox": {"folders": ["/data"]},
        "custom_environment_variables": {"SCRIPT": text},
    }
    (folder / "acceptance-test-config.yml").write_text(yaml.safe_dump(document))

    async def judged() -> list[CaseResult]:
        address = EngineAddress(url=engine_under_test.ADDRESS)
        async with asyncio.timeout(280), open_containers(address) as containers:
            subject = Subject(
                connector=_connector(kind),
                image=image,
                folder=folder,
                containers=containers,
                config=read_config(folder, "tiny"),
            )
            async with containers.volume(image.id) as volume:
                volumes = (Volume(name=volume, target="/data"),)
                bench = Bench(subject=subject, tell=Told(), volumes=volumes)
                return await judge(bench, _test(subject))

    return asyncio.run(judged())


def _test(subject: Subject) -> Test:
    return subject.settings.classes[Category.WRITE].tests[0]


def _connector(kind: Kind) -> Connector:
    return Connector(
        name=f"{kind}-tiny",
        kind=kind,
        language=Language.OTHER,
        image=parse(f"tiny/{kind}-tiny:dev"),
        version="0.1.0",
        path=f"connectors/{kind}-tiny",
        gradle=False,
        dockerfile=parse_dockerfile("FROM scratch"),
    )
