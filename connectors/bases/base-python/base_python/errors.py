"""What can go wrong, as exceptions whose message is written for the user."""

from typing import Literal

FailureType = Literal["config_error", "system_error", "transient_error"]


class ConnectorError(Exception):
    """Becomes a TRACE message of type ERROR, or the reason of a failed check.

    `config_error`: the user can repair it. `transient_error`: the same run may succeed later.
    """

    def __init__(self, message: str, failure_type: FailureType = "config_error") -> None:
        super().__init__(message)
        self.message = message
        self.failure_type: FailureType = failure_type
