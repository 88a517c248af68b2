"""Which certificate authorities this host trusts, and which of them are its own additions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from build_config.machine.ca_bundle import (
    added_certificates,
    certificates,
    find_bundle,
    find_bundles,
)

if TYPE_CHECKING:
    from pathlib import Path

MOZILLA = "-----BEGIN CERTIFICATE-----\nTW96aWxsYQ==\n-----END CERTIFICATE-----\n"
COMPANY = "-----BEGIN CERTIFICATE-----\nQ29tcGFueQ==\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nU2VjcmV0\n-----END PRIVATE KEY-----\n"


def test_variables_come_before_the_distributions_bundle(tmp_path: Path) -> None:
    named, usual = tmp_path / "named.pem", tmp_path / "usual.pem"
    for path in (named, usual):
        path.write_text(MOZILLA)
    environment = {
        "CURL_CA_BUNDLE": str(named),
        "PIP_CERT": str(named),
        "SSL_CERT_FILE": str(tmp_path / "gone.pem"),
        "REQUESTS_CA_BUNDLE": "",
    }
    assert find_bundles(environment, distribution=(usual,)) == (named, usual)
    assert find_bundle(environment) == named


def test_nodes_additions_are_trusted_but_are_no_whole_bundle(tmp_path: Path) -> None:
    extra = tmp_path / "extra.pem"
    extra.write_text(COMPANY)
    environment = {"NODE_EXTRA_CA_CERTS": str(extra)}
    assert find_bundles(environment, distribution=()) == (extra,)
    assert find_bundle(environment) != extra


def test_keys_comments_and_repetitions_are_left_out() -> None:
    text = f"# a comment\n{COMPANY}{KEY}{COMPANY.replace(chr(10), chr(13) + chr(10))}"
    assert certificates(text) == (COMPANY,)


def test_only_what_the_distribution_does_not_ship_is_added(tmp_path: Path) -> None:
    packaged = tmp_path / "packaged"
    packaged.mkdir()
    (packaged / "mozilla.crt").write_text(MOZILLA)
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(MOZILLA + COMPANY)
    assert added_certificates((bundle,), packaged=packaged) == (COMPANY,)
