"""What can go wrong in writing to a registry: refused, or nobody knows whether it was done."""

from __future__ import annotations

from build_config.errors import YardError


class RegistryError(YardError):
    """A registry did not do what it was asked."""


class RefusedError(RegistryError):
    """The registry said no, and the tag is not what was to be written.

    Attributes:
        status: of HTTP: 401 and 403 where the login does not suffice, 400 for what it calls
            broken, 409 and 412 where the tag may not be moved.
        codes: the error codes of the protocol that came with it, such as `TAG_INVALID`.
        there: digest that the tag has; None where it has none, or where nobody can tell.
        at_once: at the first try, so that nothing of it may yet land.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        codes: tuple[str, ...],
        there: str | None,
        at_once: bool,
    ) -> None:
        super().__init__(message, hint="put that right there: the same command goes on from here")
        self.status = status
        self.codes = codes
        self.there = there
        self.at_once = at_once


class UnclearError(RegistryError):
    """No answer, too late an answer, or a fault of the server: the write may yet have been done.

    What was to be written may even land after this. It is safe to try again with the same bytes.
    """

    exit_code = 4
