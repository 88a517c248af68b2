"""The engine's address as the Docker SDK has it in, where asyncio connects to it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from build_config.buildkit.endpoint import Endpoint
from build_config.machine.engine_address import EngineAddress

if TYPE_CHECKING:
    import ssl

_USUAL: Final = "unix:///var/run/docker.sock"


def engine_endpoint(address: EngineAddress) -> Endpoint:
    """The same address for our own clients of the engine's API: BuildKit's and the sandbox's."""
    return Endpoint.parse(address.url or _USUAL, tls=_tls_context(address))


def _tls_context(address: EngineAddress) -> ssl.SSLContext | None:
    """The SDK keeps file names; asyncio wants a context made from them."""
    if not address.tls:
        return None
    import ssl

    context = ssl.create_default_context(cafile=address.tls.ca_cert or None)
    if not address.tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if address.tls.cert:
        context.load_cert_chain(*address.tls.cert)
    return context
