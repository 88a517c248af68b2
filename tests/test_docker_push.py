from __future__ import annotations

from typing import Any

import pytest

from build_config.docker_push import Pushing
from build_config.errors import StepError

DIGEST = f"sha256:{1:064x}"
SAID = {"status": f"1: digest: {DIGEST} size: 401"}
AUX = {"progressDetail": {}, "aux": {"Tag": "1", "Digest": DIGEST, "Size": 401}}
PUSHED = {"status": "Pushed", "progressDetail": {}, "id": "a563d1d6a23b"}


def heard(*records: dict[str, Any]) -> Pushing:
    pushing = Pushing(name="localhost:5000/acme/x:1", say=lambda *_: None)
    for record in records:
        pushing.hear(record)
    return pushing


@pytest.mark.parametrize("records", [(PUSHED, SAID, AUX), (PUSHED, SAID), (AUX, PUSHED)])
def test_the_digest_is_told_in_words_or_in_a_record_or_in_both(
    records: tuple[dict[str, Any], ...],
) -> None:
    assert heard(*records).digest == DIGEST


def test_what_says_no_digest_has_none() -> None:
    assert heard(PUSHED, {"status": "digest: of another kind"}).digest == ""


def test_a_failure_is_told_amid_the_stream() -> None:
    with pytest.raises(StepError, match="`localhost:5000/acme/x:1` cannot be pushed: denied"):
        heard(PUSHED, {"error": "denied"})


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("denied: requested access to the resource is denied", "`docker login localhost:5000`"),
        (
            'Get "https://localhost:5000/v2/": x509: certificate signed by unknown authority',
            "its authority belongs in `/etc/docker/certs.d/localhost:5000/ca.crt`",
        ),
        (
            "tag invalid: The image tag 'staging' already exists and the repository is immutable",
            "let the tags `staging` and `latest` be moved there",
        ),
        ("unexpected EOF", "the same command again goes on where it ended"),
    ],
)
def test_a_failure_says_what_to_do(said: str, hint: str) -> None:
    with pytest.raises(StepError) as caught:
        heard({"error": said})
    assert caught.value.hint == hint
