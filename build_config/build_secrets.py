"""Where a build secret is kept in, its value out: at the last moment, and kept nowhere."""

from __future__ import annotations

import os

from build_config.connector import Secret
from build_config.errors import UsageError
from build_config.settings_values import from_home


def read(secret: Secret) -> bytes:
    """The value, now.

    Raises:
        UsageError: the file cannot be read, or is a pipe that was read before, or the variable is
            not set.
    """
    if secret.file is not None:
        return _in_file(secret.id, secret.file)
    value = os.environ.get(secret.variable or "")
    if value is None:
        raise UsageError(
            f"secret `{secret.id}`: the variable `{secret.variable}` is not set",
            hint=f"export {secret.variable}=…",
        )
    return os.fsencode(value)


def _in_file(name: str, path: str) -> bytes:
    place = from_home(path)
    try:
        value = place.read_bytes()
    except OSError as error:
        reason = error.strerror
        raise UsageError(f"secret `{name}`: `{path}` cannot be read: {reason}") from error
    if not value and place.is_fifo():
        raise UsageError(
            f"secret `{name}`: `{path}` is a pipe, and was read before",
            hint="every image that wants it reads it: put it into a variable, or into a file",
        )
    return value


def check(secrets: tuple[Secret, ...]) -> None:
    """Read every secret once and forget it, so that a missing one is known before any build.

    Not a pipe, as of `src=<(command)`: what was read from one is gone.

    Raises:
        UsageError: one cannot be read.
    """
    for secret in secrets:
        if secret.file is None or not from_home(secret.file).is_fifo():
            read(secret)
