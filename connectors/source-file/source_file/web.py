"""Files behind an HTTP(S) address: an address and a login in, a `FoundFile` out."""

import io
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Final, cast
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import Buffer
from urllib3.util.retry import Retry

from source_file.config import Login
from source_file.errors import FileSourceError, ServerBusyError
from source_file.files import FoundFile, Version

TIMEOUTS: Final = (10, 60)  # seconds: to connect, between two pieces of an answer
BUSY: Final = (408, 425, 429, 500, 502, 503, 504)
CHUNK: Final = 1 << 16  # bytes


def find_web_file(address: str, login: Login) -> FoundFile:
    """The one file at an address; asks the server for its version only.

    Raises:
        FileSourceError: the server refuses.
        ServerBusyError: the server does not answer, or is busy, after three tries.
    """
    answer = _ask("HEAD", address, login)
    if answer.status_code in {403, 405, 501}:
        # Some servers, and addresses signed for GET alone, do not know HEAD.
        answer = _ask("GET", address, login)
    _accept(answer, address)
    answer.close()

    def open_bytes() -> tuple[BinaryIO, Version]:
        opened = _ask("GET", address, login)
        _accept(opened, address)
        content = io.BufferedReader(cast("io.RawIOBase", _Body(opened, address)), CHUNK)
        return cast("BinaryIO", content), _version(opened)

    return FoundFile(name=shown(address), version=_version(answer), open_bytes=open_bytes)


def shown(address: str) -> str:
    """The address without query and fragment, which may hold a signature."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


class _Body(io.RawIOBase):
    """An answer's body as a raw stream; a break in the middle is an error, never an end."""

    def __init__(self, answer: requests.Response, address: str) -> None:
        self._answer = answer
        self._address = address
        self._pieces = answer.iter_content(CHUNK)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: Buffer, /) -> int:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._pieces))
        except StopIteration:
            return 0
        except requests.RequestException as error:
            raise ServerBusyError(f"`{shown(self._address)}` broke off: {_kind(error)}") from error
        view = memoryview(target)
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        self._answer.close()
        super().close()


def _ask(method: str, address: str, login: Login) -> requests.Response:
    session = requests.Session()
    retry = Retry(
        total=3,
        backoff_factor=0.5,
        status_forcelist=BUSY,
        allowed_methods=None,
        raise_on_status=False,
        retry_after_max=30,
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    headers = {"User-Agent": "connector-yard-source-file"}
    if login.token:
        headers["Authorization"] = f"Bearer {login.token}"
    try:
        return session.request(
            method,
            address,
            headers=headers,
            auth=login.user_and_password,
            timeout=TIMEOUTS,
            stream=True,
            allow_redirects=True,
        )
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
        raise FileSourceError(f"`{shown(address)}` is not an address: {error}") from error
    except requests.RequestException as error:
        raise ServerBusyError(f"cannot reach `{shown(address)}`: {_kind(error)}") from error


def _accept(answer: requests.Response, address: str) -> None:
    if answer.status_code in BUSY:
        raise ServerBusyError(f"`{shown(address)}` answers {answer.status_code} {answer.reason}")
    if not answer.ok:
        raise FileSourceError(f"`{shown(address)}` answers {answer.status_code} {answer.reason}")


def _kind(error: Exception) -> str:
    """The class of the innermost cause: its text would quote the whole address."""
    reason = error.args[0] if error.args else error
    reason = getattr(reason, "reason", reason)
    return type(reason).__name__ if isinstance(reason, Exception) else type(error).__name__


def _version(answer: requests.Response) -> Version:
    modified_at = None
    if header := answer.headers.get("Last-Modified"):
        try:
            modified_at = parsedate_to_datetime(header).astimezone(UTC)
        except ValueError:
            modified_at = None
    length = answer.headers.get("Content-Length", "")
    plain = "Content-Encoding" not in answer.headers
    return Version(
        modified_at=_whole_seconds(modified_at),
        size=int(length) if plain and length.isdigit() else None,
    )


def _whole_seconds(moment: datetime | None) -> datetime | None:
    return moment.replace(microsecond=0) if moment else None
