"""Where a build secret is kept in, its value out: at the last moment, and kept nowhere."""

from __future__ import annotations

import os

from build_config.connector import Secret
from build_config.errors import UsageError
from build_config.settings_values import from_home


def read(secret: Secret) -> bytes:
    """The value, now.

    Raises:
        UsageError: the file cannot be read, or the variable is not set.
    """
    if secret.file is not None:
        try:
            return from_home(secret.file).read_bytes()
        except OSError as error:
            raise UsageError(
                f"secret `{secret.id}`: `{secret.file}` cannot be read: {error.strerror}"
            ) from error
    value = os.environ.get(secret.variable or "")
    if value is None:
        raise UsageError(
            f"secret `{secret.id}`: the variable `{secret.variable}` is not set",
            hint=f"export {secret.variable}=…",
        )
    return os.fsencode(value)


def check(secrets: tuple[Secret, ...]) -> None:
    """Read every secret once and forget it, so that a missing one is known before any build.

    Raises:
        UsageError: one cannot be read.
    """
    for secret in secrets:
        read(secret)
