import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Answer = tuple[int, list[dict[str, Any]]]
Run = Callable[..., Answer]


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command of a connector: the exit code and the messages; its options are JSON."""

    def run(main: Callable[[list[str]], int], command: str, **files: Any) -> Answer:
        arguments = [command]
        for option, content in files.items():
            path = tmp_path / f"{option}.json"
            path.write_text(content if isinstance(content, str) else json.dumps(content))
            arguments.append(f"--{option}={path}")
        code = main(arguments)
        return code, [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    return run
