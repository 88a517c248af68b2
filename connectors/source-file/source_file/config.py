"""The connector's config: a JSON object in, `Settings` out."""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from source_file.errors import FileSourceError

WEB_SCHEMES: Final = ("http", "https")


@dataclass(frozen=True, kw_only=True, slots=True)
class CsvFormat:
    """How to read CSV; an empty quote or escape character means that there is none."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    encoding: str = "utf-8"
    header_row: bool = True
    null_values: frozenset[str] = frozenset({""})


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonLinesFormat:
    """How to read JSON Lines."""

    encoding: str = "utf-8"


Format = CsvFormat | JsonLinesFormat


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSettings:
    """One configured stream: `location` is a path, a folder, a glob or an address."""

    name: str
    location: str
    format: Format

    @property
    def is_web(self) -> bool:
        """Whether the location is an HTTP(S) address."""
        return self.location.partition("://")[0].lower() in WEB_SCHEMES


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """What to send to an HTTP server: a bearer token, or a user with a password, or nothing."""

    token: str | None = None
    user_and_password: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The whole config."""

    streams: tuple[StreamSettings, ...]
    login: Login


def parse_config(config: Mapping[str, Any]) -> Settings:
    """Parse a config that already satisfies the spec's JSON Schema.

    Raises:
        FileSourceError: for what a schema cannot say, such as two streams of one name.
    """
    streams = tuple(_stream(entry) for entry in config["streams"])
    names = [stream.name for stream in streams]
    for name in names:
        if names.count(name) > 1:
            raise FileSourceError(f"two streams are named `{name}`: give each its own name")
    return Settings(streams=streams, login=_login(config.get("http_authentication") or {}))


def _stream(entry: Mapping[str, Any]) -> StreamSettings:
    name, location = entry["name"], entry["location"]
    scheme, separator, rest = location.partition("://")
    if separator and scheme.lower() == "file":
        location = rest
    elif separator and scheme.lower() not in WEB_SCHEMES:
        raise FileSourceError(
            f"stream `{name}`: cannot read `{scheme}://`; use a path, http:// or https://"
        )
    elif separator and "@" in _network_location(name, location):
        raise FileSourceError(
            f"stream `{name}`: an address must not hold a password; use `http_authentication`"
        )
    return StreamSettings(name=name, location=location, format=_format(name, entry["format"]))


def _network_location(name: str, address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError as error:
        raise FileSourceError(f"stream `{name}`: not an address: {error}") from error


def _format(name: str, entry: Mapping[str, Any]) -> Format:
    encoding = entry.get("encoding") or "utf-8"
    try:
        is_text = codecs.lookup(encoding)._is_text_encoding  # noqa: SLF001 - no public way to ask
    except LookupError:
        is_text = False
    if not is_text:
        raise FileSourceError(f"stream `{name}`: unknown encoding `{encoding}`")
    if entry["format_type"] == "jsonl":
        return JsonLinesFormat(encoding=encoding)
    delimiter = entry.get("delimiter", ",").replace("\\t", "\t")
    quote, escape = entry.get("quote_character", '"'), entry.get("escape_character", "")
    special = [character for character in (delimiter, quote, escape) if character]
    if len(delimiter) != 1 or len(set(special)) < len(special) or {"\r", "\n"} & set(special):
        raise FileSourceError(
            f"stream `{name}`: delimiter, quote and escape must be different single characters"
        )
    return CsvFormat(
        delimiter=delimiter,
        quote=quote,
        escape=escape,
        encoding=encoding,
        header_row=entry.get("header_row", True),
        null_values=frozenset(entry.get("null_values", [""])),
    )


def _login(entry: Mapping[str, Any]) -> Login:
    kind = entry.get("auth_type", "none")
    if kind == "bearer":
        return Login(token=entry["token"])
    if kind == "basic":
        return Login(user_and_password=(entry["username"], entry["password"]))
    return Login()
