"""What the user can repair, as an exception of the CDK, which makes a TRACE message of it."""

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException


class InputError(AirbyteTracedException):
    """A config, catalog or state that cannot be used."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message=message, internal_message=message, failure_type=FailureType.config_error
        )


class BrokenManifestError(AirbyteTracedException):
    """A manifest that the CDK does not accept: only a new version of the connector helps."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message=message, internal_message=message, failure_type=FailureType.system_error
        )
