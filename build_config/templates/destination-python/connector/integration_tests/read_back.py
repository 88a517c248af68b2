"""A config and a catalog in, what the files of the configured streams hold out as RECORD messages.

The acceptance tests run this in the connector's image. On purpose it shares no code with it.
"""

import argparse
import hashlib
import json
from pathlib import Path
from urllib.parse import quote


def main() -> None:
    """Print every record of every stream that has a file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--catalog", type=Path, required=True)
    arguments = parser.parse_args()
    folder = Path(json.loads(arguments.config.read_bytes())["folder"])
    for entry in json.loads(arguments.catalog.read_bytes())["streams"]:
        stream = entry["stream"]
        path = folder / legal(stream.get("namespace") or "") / f"{legal(stream['name'])}.jsonl"
        for line in path.read_bytes().splitlines() if path.exists() else ():
            record = {"stream": stream["name"], **json.loads(line)}
            if stream.get("namespace"):
                record["namespace"] = stream["namespace"]
            print(json.dumps({"type": "RECORD", "record": record}))  # noqa: T201 - its output


def legal(name: str) -> str:
    """What a name becomes in the name of a file."""
    quoted = quote(name, safe=" ").replace(".", "%2E")
    if len(quoted) <= 200:
        return quoted
    return f"{quoted[:200]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


main()
