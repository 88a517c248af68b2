"""What can go wrong with a file, as exceptions whose message is written for the user."""

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException


class FileSourceError(AirbyteTracedException):
    """Something the user can repair: a config, a path, a file's content.

    The CDK makes a TRACE message of it, and FAILED of one that ends a check.
    """

    def __init__(self, message: str, failure_type: FailureType = FailureType.config_error) -> None:
        super().__init__(message=message, internal_message=message, failure_type=failure_type)


class ServerBusyError(FileSourceError):
    """A server that did not answer as it should: the same read may succeed later."""

    def __init__(self, message: str) -> None:
        super().__init__(message, FailureType.transient_error)
