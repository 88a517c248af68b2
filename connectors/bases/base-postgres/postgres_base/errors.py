"""What can go wrong with a server, as exceptions whose message is written for the user."""

from base_python.errors import ConnectorError


class CannotConnectError(ConnectorError):
    """There is no connection: every further attempt of this run would end the same way."""
