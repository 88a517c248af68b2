"""Sources of a few lines of shell, right or wrong in one way, and what is said of them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from fakes import Told

from build_config.acceptance.config_reading import read_config
from build_config.acceptance.subject import Image, Subject
from build_config.acceptance.suite import accept
from build_config.connector import Connector, Kind, Language
from build_config.dockerfile import parse as parse_dockerfile
from build_config.image import parse

if TYPE_CHECKING:
    from engine_under_test import Engine

    from build_config.acceptance.case import CaseResult
    from build_config.sandbox.containers import Containers

_HEAD = r"""
command=$1
state=
while [ $# -gt 0 ]; do
  case $1 in
    --config) config=$(cat "$2"); shift ;;
    --state) state=$(cat "$2"); shift ;;
  esac
  shift
done
after=0  # the value of the cursor in the state
case $state in *'"id":'*) after=${state##*\"id\":}; after=$((${after%%\}*})) ;; esac

say() { printf '%s\n' "$1"; }
trace() { say '{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"'"$1"'"}}}'; }
status() { say '{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"stream_descriptor":{"name":"users"},"status":"'$1'"}}}'; }
record() { say '{"type":"RECORD","record":{"stream":"users","data":{"id":'$1',"name":"user '$1'"},"emitted_at":1}}'; }
state() { say '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"id":'$1'}}}}'; }
connection() { say '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"'$1'","message":"'"$2"'"}}'; }
"""  # noqa: E501 - one message a line

ENTRYPOINT = r"""ENTRYPOINT ["sh", "-c", "eval \"$SCRIPT\"", "connector"]"""
VARIABLE = r"""sh -c "eval \"$SCRIPT\"" connector"""

FORM = {
    "type": "object",
    "required": ["token"],
    "properties": {"token": {"type": "string", "airbyte_secret": True}},
}
STREAM = {
    "name": "users",
    "json_schema": {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "name": {"type": ["null", "string"]}},
    },
    "supported_sync_modes": ["full_refresh", "incremental"],
    "source_defined_cursor": True,
    "default_cursor_field": ["id"],
    "source_defined_primary_key": [["id"]],
}


def message(kind: str, key: str, payload: Any) -> str:
    """A line of shell that says this message."""
    return f"say '{json.dumps({'type': kind, key: payload})}'"


def spec(form: Any = FORM, **fields: Any) -> str:
    """A line that says a SPEC."""
    return message("SPEC", "spec", {"connectionSpecification": form, **fields})


def catalog(*streams: Any) -> str:
    """A line that says a CATALOG."""
    return message("CATALOG", "catalog", {"streams": list(streams)})


GOOD = {
    "spec": spec(),
    "check": """
        case $config in
          *bad*) connection FAILED 'the token is wrong' ;;
          *'"token"'*) connection SUCCEEDED ;;
          *) connection FAILED 'there is no token' ;;
        esac""",
    "discover": catalog(STREAM),
    "read": """
        status STARTED
        for id in 1 2 3 4; do
          [ $id -gt $after ] || continue
          record $id
          [ $((id % 2)) = 1 ] || state $id
        done
        status COMPLETE""",
}
"""What a connector does for each command."""


def script(**commands: str) -> str:
    """A whole connector: the good one, with other lines for some commands."""
    cases = "\n".join(f"{name})\n{lines}\n;;" for name, lines in (GOOD | commands).items())
    return f"{_HEAD}\ncase $command in\n{cases}\n*) trace 'unknown command'; exit 2 ;;\nesac\n"


def build(engine: Engine, shell: str, dockerfile: str = "") -> Image:
    """An image that runs the script in its environment, in the namespace of the shell's.

    `judge` puts it there: one image does for all scripts.
    """
    reference = f"{shell.partition('/')[0]}/source-tiny"
    lines = dockerfile or (
        f"ENV AIRBYTE_ENTRYPOINT='{VARIABLE}'\n{ENTRYPOINT}\nUSER 1000:1000\n"
        f"LABEL io.airbyte.name={reference} io.airbyte.version=0.1.0"
    )
    context = io.BytesIO(f"FROM {shell}\n{lines}\n".encode())
    engine.client.images.build(fileobj=context, tag=f"{reference}:dev", rm=True, forcerm=True)
    return Image.from_inspection(engine.client.images.get(f"{reference}:dev").attrs)


async def judge(
    containers: Containers,
    image: Image,
    folder: Path,
    text: str,
    document: Mapping[str, Any],
) -> tuple[CaseResult, ...]:
    """Run the acceptance tests of this script with this acceptance config."""
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / "config.json").write_text(json.dumps({"token": "a very good token"}))
    (secrets / "bad.json").write_text(json.dumps({"token": "a bad token"}))
    future = {"stream_descriptor": {"name": "users"}, "stream_state": {"id": 999}}
    (folder / "future.json").write_text(json.dumps([{"type": "STREAM", "stream": future}]))
    config = {**document, "custom_environment_variables": {"SCRIPT": text}}
    (folder / "acceptance-test-config.yml").write_text(yaml.safe_dump(config))
    name = image.labels.get("io.airbyte.name", "tiny/source")
    subject = Subject(
        connector=_connector(name),
        image=image,
        folder=folder,
        containers=containers,
        config=read_config(folder, "source-tiny"),
    )
    return await accept(subject, Told())


def _connector(name: str) -> Connector:
    return Connector(
        name=name.rpartition("/")[2],
        kind=Kind.SOURCE,
        language=Language.OTHER,
        image=parse(f"{name}:dev"),
        version="0.1.0",
        path="connectors/tiny",
        gradle=False,
        dockerfile=parse_dockerfile("FROM scratch"),
    )
