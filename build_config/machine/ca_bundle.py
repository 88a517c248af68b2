"""Environment and files in, the certificate authorities that this host trusts out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Read by OpenSSL and httpx; requests; curl and requests; pip; git; Node (added to its own).
VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
)
# The list of Go's crypto/x509 (root_linux.go, root_bsd.go), which the Docker engine uses.
DISTRIBUTION_BUNDLES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),  # Debian, Ubuntu, Arch, Gentoo
    Path("/etc/pki/tls/certs/ca-bundle.crt"),  # Fedora, RHEL 6
    Path("/etc/ssl/ca-bundle.pem"),  # openSUSE
    Path("/etc/pki/tls/cacert.pem"),
    Path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),  # RHEL 7 and newer
    Path("/etc/ssl/cert.pem"),  # Alpine, macOS
)
PACKAGED_CERTIFICATES = Path("/usr/share/ca-certificates")  # what Debian's own package ships

_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\s+(?P<body>[A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----"
)


def find_bundles(
    environment: Mapping[str, str], *, distribution: tuple[Path, ...] = DISTRIBUTION_BUNDLES
) -> tuple[Path, ...]:
    """Return every readable bundle, best first: what variables name, then the distribution's."""
    named = (Path(environment[name]) for name in VARIABLES if environment.get(name))
    existing = (path for path in (*named, *distribution) if path.is_file())
    return tuple(dict.fromkeys(existing))


def find_bundle(environment: Mapping[str, str]) -> Path | None:
    """Return the bundle to hand to something that takes just one; None when there is none.

    NODE_EXTRA_CA_CERTS holds additions only, so it never stands for the whole.
    """
    whole = {key: value for key, value in environment.items() if key != "NODE_EXTRA_CA_CERTS"}
    return next(iter(find_bundles(whole)), None)


def certificates(text: str) -> tuple[str, ...]:
    """Return the certificates of a PEM text, each once and in one form; keys are left out."""
    bodies = ("".join(match["body"].split()) for match in _CERTIFICATE.finditer(text))
    return tuple(dict.fromkeys(_pem(body) for body in bodies))


def added_certificates(bundles: Iterable[Path], *, packaged: Path) -> tuple[str, ...]:
    """Return what this host trusts beyond the distribution's own list: a company's proxy."""
    known = {
        certificate
        for path in packaged.rglob("*.crt")
        for certificate in certificates(path.read_text(errors="replace"))
    }
    trusted = (
        certificate
        for path in bundles
        for certificate in certificates(path.read_text(errors="replace"))
    )
    return tuple(dict.fromkeys(item for item in trusted if item not in known))


def _pem(body: str) -> str:
    lines = (body[start : start + 64] for start in range(0, len(body), 64))
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
