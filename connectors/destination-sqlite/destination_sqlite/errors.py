"""What can go wrong with a sync, as exceptions whose message is written for the user."""

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException


class DestinationError(AirbyteTracedException):
    """Something the user can repair: a config, a catalog, a path. Becomes a TRACE message."""

    def __init__(self, message: str, failure_type: FailureType = FailureType.config_error) -> None:
        super().__init__(message=message, internal_message=message, failure_type=failure_type)


class ProtocolError(DestinationError):
    """Input that is no Airbyte message although it looks like one: going on would lose data."""

    def __init__(self, message: str) -> None:
        super().__init__(message, FailureType.system_error)


class IncompleteStreamError(DestinationError):
    """The source did not finish a stream that was to replace a table: the next sync may."""

    def __init__(self, message: str) -> None:
        super().__init__(message, FailureType.transient_error)
