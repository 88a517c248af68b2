"""Standard output: messages in, lines of JSON out, in blocks where there are many."""

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import orjson

from base_python.errors import ConnectorError

BLOCK: Final = 1 << 17
HIDDEN: Final = "****"


def now() -> int:
    """The time as messages carry it: milliseconds."""
    return time.time_ns() // 1_000_000


class Output:
    """Writes messages through `write`; lines wait for a block to be full, messages do not.

    Args:
        write: takes bytes, and writes all of them.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._lines: list[bytes] = []
        self._size = 0
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: Iterable[str]) -> None:
        """Texts that never appear in what is said about errors."""
        self._secrets = tuple(secret for secret in secrets if secret)

    def line(self, line: bytes) -> None:
        """One line, its end included."""
        self._lines.append(line)
        self._size += len(line)
        if self._size >= BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._lines:
            block, self._lines, self._size = b"".join(self._lines), [], 0
            self._write(block)

    def message(self, kind: str, key: str, content: dict[str, Any]) -> None:
        """One message, after all that came before it."""
        self.line(orjson.dumps({"type": kind, key: content}) + b"\n")
        self.flush()

    def log(self, level: str, text: str) -> None:
        """A LOG message; `level` is INFO, WARN, ERROR."""
        self.message("LOG", "log", {"level": level, "message": self.readable(text)})

    def error(self, error: BaseException, stream: dict[str, Any] | None = None) -> None:
        """A TRACE of type ERROR; of an error of ours what it says, of a bug all that is known."""
        if isinstance(error, ConnectorError):
            described: dict[str, Any] = {"message": str(error), "failure_type": error.failure_type}
        else:
            name = type(error).__name__
            trace = "".join(traceback.format_exception(error))
            described = {
                "message": f"a bug in the connector: {name}: {error}",
                "failure_type": "system_error",
                "stack_trace": self.readable(trace),
            }
        described["message"] = self.readable(described["message"])
        if stream:
            described |= {"stream_descriptor": stream}
        self.message("TRACE", "trace", {"type": "ERROR", "emitted_at": now(), "error": described})

    def status(self, stream: dict[str, Any], status: str) -> None:
        """A TRACE that says how far a stream is: STARTED, RUNNING, COMPLETE, INCOMPLETE."""
        content = {"stream_descriptor": stream, "status": status}
        trace = {"type": "STREAM_STATUS", "emitted_at": now(), "stream_status": content}
        self.message("TRACE", "trace", trace)

    def record(self, stream: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        """A RECORD; records wait for a block to be full."""
        described = {"stream": stream["name"], "data": data, "emitted_at": now()}
        if stream.get("namespace"):
            described["namespace"] = stream["namespace"]
        self.line(orjson.dumps({"type": "RECORD", "record": described}) + b"\n")

    def state(self, stream: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        """The STATE of one stream: what the next sync is handed."""
        described = {"stream_descriptor": stream, "stream_state": state}
        self.message("STATE", "state", {"type": "STREAM", "stream": described})

    def readable(self, text: str) -> str:
        """The text with secrets hidden, and valid UTF-8 whatever a server put into it."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text.encode("utf-8", "replace").decode()
