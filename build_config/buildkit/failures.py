"""What can go wrong between this client and an engine: an exception each, its facts as fields."""

from __future__ import annotations


class BuildKitError(Exception):
    """Anything that BuildKit, or the way to it, did to a build."""


class NotBuildKitError(BuildKitError):
    """Nobody answers at this address, or it is no engine that offers BuildKit's API."""


class EngineLostError(BuildKitError):
    """The connection broke: the engine stopped, was killed, or the network went away."""


class BuildFailedError(BuildKitError):
    """The engine could not build it; the text is its message without the noise of gRPC.

    Attributes:
        vertex: name of the step that failed, such as `[2/3] RUN make`; None when none had started.
        log_tail: the last lines that this step wrote.
        exit_code: of the command of a RUN.
        line: line of the Dockerfile, counted from 1, when BuildKit says it.
    """

    def __init__(
        self,
        message: str,
        *,
        vertex: str | None = None,
        log_tail: tuple[str, ...] = (),
        exit_code: int | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(message)
        self.vertex = vertex
        self.log_tail = log_tail
        self.exit_code = exit_code
        self.line = line
