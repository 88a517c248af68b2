"""BuildKit's messages as frozen records, each with its file in moby/buildkit and field numbers.

Only the fields that this client writes or reads; the codec skips the others. The numbers did not
change from BuildKit 0.8 (Docker 20.10) on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from build_config.buildkit import wire
from build_config.buildkit.wire import BOOL, BYTES, INT64, TEXT, Kind, text_map

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Timestamp:
    """google/protobuf/timestamp.proto, Timestamp."""

    seconds: int = field(default=0, metadata=INT64.at(1))
    nanoseconds: int = field(default=0, metadata=INT64.at(2))


def _decode_timestamp(raw: bytes) -> float:
    timestamp = wire.decode(Timestamp, raw)
    return timestamp.seconds + timestamp.nanoseconds / 1e9


def _encode_timestamp(moment: float) -> bytes:
    seconds, rest = divmod(moment, 1)
    return wire.encode(Timestamp(seconds=int(seconds), nanoseconds=round(rest * 1e9)))


MOMENT: Final = Kind(
    wire_type=wire.LENGTH_DELIMITED, encode=_encode_timestamp, decode=_decode_timestamp
)
"""A Timestamp, held as seconds since the epoch; None where there is none."""


# --- api/services/control/control.proto, package moby.buildkit.v1 ---


@dataclass(frozen=True, kw_only=True, slots=True)
class SolveRequest:
    """What to build, with which frontend, and what to do with the result.

    Attributes:
        ref: the client's own id of this build; Status asks by it.
        exporter: `moby` puts the image into the engine; a bare buildkitd knows `image`, `oci`, …
        session: the id of the session that serves context, secrets and credentials.
        internal: no record of the build is kept; engines before BuildKit 0.11 keep none anyway.
    """

    ref: str = field(default="", metadata=TEXT.at(1))
    exporter: str = field(default="", metadata=TEXT.at(3))
    exporter_attributes: Mapping[str, str] = field(default_factory=dict, metadata=text_map(4))
    session: str = field(default="", metadata=TEXT.at(5))
    frontend: str = field(default="", metadata=TEXT.at(6))
    frontend_attributes: Mapping[str, str] = field(default_factory=dict, metadata=text_map(7))
    internal: bool = field(default=False, metadata=BOOL.at(11))


@dataclass(frozen=True, kw_only=True, slots=True)
class SolveResponse:
    """What the exporter says about its work; keys in exporter/containerimage/exptypes/types.go."""

    exporter_response: Mapping[str, str] = field(default_factory=dict, metadata=text_map(1))


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusRequest:
    """Asks for the progress of the build with this `ref`."""

    ref: str = field(default="", metadata=TEXT.at(1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Vertex:
    """A step of the build as it stands now; sent again whenever it changes."""

    digest: str = field(default="", metadata=TEXT.at(1))
    name: str = field(default="", metadata=TEXT.at(3))
    cached: bool = field(default=False, metadata=BOOL.at(4))
    started: float | None = field(default=None, metadata=MOMENT.at(5))
    completed: float | None = field(default=None, metadata=MOMENT.at(6))
    error: str = field(default="", metadata=TEXT.at(7))


@dataclass(frozen=True, kw_only=True, slots=True)
class VertexStatus:
    """How far one part of a step is: a layer being pulled, the context being sent.

    Attributes:
        vertex: digest of the step.
        current: of `total`, most often bytes; total is 0 where it is unknown.
    """

    identity: str = field(default="", metadata=TEXT.at(1))
    vertex: str = field(default="", metadata=TEXT.at(2))
    name: str = field(default="", metadata=TEXT.at(3))
    current: int = field(default=0, metadata=INT64.at(4))
    total: int = field(default=0, metadata=INT64.at(5))


@dataclass(frozen=True, kw_only=True, slots=True)
class VertexLog:
    """Bytes that a step wrote; cut anywhere, even inside a character.

    Attributes:
        stream: 1 standard output, 2 standard error.
    """

    vertex: str = field(default="", metadata=TEXT.at(1))
    stream: int = field(default=0, metadata=INT64.at(3))
    chunk: bytes = field(default=b"", metadata=BYTES.at(4))


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """solver/pb/ops.proto, Position: a place in the Dockerfile, lines from 1."""

    line: int = field(default=0, metadata=INT64.at(1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """solver/pb/ops.proto, Range."""

    start: Position = field(default=Position(), metadata=wire.message(Position).at(1))


@dataclass(frozen=True, kw_only=True, slots=True)
class VertexWarning:
    """A complaint about the Dockerfile (BuildKit 0.10 and later)."""

    vertex: str = field(default="", metadata=TEXT.at(1))
    level: int = field(default=0, metadata=INT64.at(2))
    short: bytes = field(default=b"", metadata=BYTES.at(3))
    detail: tuple[bytes, ...] = field(default=(), metadata=BYTES.repeated(4))
    url: str = field(default="", metadata=TEXT.at(5))
    ranges: tuple[Range, ...] = field(default=(), metadata=wire.message(Range).repeated(7))


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusResponse:
    """What changed since the last one; the call streams them until the build ends."""

    vertexes: tuple[Vertex, ...] = field(default=(), metadata=wire.message(Vertex).repeated(1))
    statuses: tuple[VertexStatus, ...] = field(
        default=(), metadata=wire.message(VertexStatus).repeated(2)
    )
    logs: tuple[VertexLog, ...] = field(default=(), metadata=wire.message(VertexLog).repeated(3))
    warnings: tuple[VertexWarning, ...] = field(
        default=(), metadata=wire.message(VertexWarning).repeated(4)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class BytesMessage:
    """A piece of a byte stream.

    The same shape in control.proto (Control/Session) and session/upload/upload.proto (Upload/Pull).
    """

    data: bytes = field(default=b"", metadata=BYTES.at(1))


# --- session/secrets/secrets.proto, package moby.buildkit.secrets.v1 ---


@dataclass(frozen=True, kw_only=True, slots=True)
class GetSecretRequest:
    """The engine asks for `RUN --mount=type=secret,id=…`."""

    identity: str = field(default="", metadata=TEXT.at(1))


@dataclass(frozen=True, kw_only=True, slots=True)
class GetSecretResponse:
    """The secret itself."""

    data: bytes = field(default=b"", metadata=BYTES.at(1))


# --- session/auth/auth.proto, package moby.filesync.v1 ---


@dataclass(frozen=True, kw_only=True, slots=True)
class CredentialsRequest:
    """The engine asks who to be at a registry; Docker Hub is `registry-1.docker.io` here."""

    host: str = field(default="", metadata=TEXT.at(1))


@dataclass(frozen=True, kw_only=True, slots=True)
class CredentialsResponse:
    """A login; without a user name the secret is an identity token, both empty means anonymous."""

    username: str = field(default="", metadata=TEXT.at(1))
    secret: str = field(default="", metadata=TEXT.at(2))


# --- grpc/health/v1/health.proto (github.com/grpc/grpc-proto), package grpc.health.v1 ---


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthCheckRequest:
    """The engine asks every five seconds, and drops a session that does not answer."""

    service: str = field(default="", metadata=TEXT.at(1))


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthCheckResponse:
    """Status 1 is SERVING."""

    status: int = field(default=1, metadata=INT64.at(1))


# --- google/rpc/status.proto, in the `grpc-status-details-bin` trailer of a failed call ---


@dataclass(frozen=True, kw_only=True, slots=True)
class Detail:
    """google/protobuf/any.proto, Any; BuildKit writes the value as JSON (util/grpcerrors)."""

    type_url: str = field(default="", metadata=TEXT.at(1))
    value: bytes = field(default=b"", metadata=BYTES.at(2))


@dataclass(frozen=True, kw_only=True, slots=True)
class RpcStatus:
    """google/rpc/status.proto, Status."""

    code: int = field(default=0, metadata=INT64.at(1))
    text: str = field(default="", metadata=TEXT.at(2))
    details: tuple[Detail, ...] = field(default=(), metadata=wire.message(Detail).repeated(3))
