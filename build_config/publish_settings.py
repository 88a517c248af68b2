"""What the configuration says about publishing in, one frozen `Publishing` out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from build_config.errors import UsageError
from build_config.settings_values import mapping, refuse_unknown, registry_name, seconds, truth

PUBLISH_DEFAULTS: dict[str, Any] = {
    "allow_bootstrapped_bases": "false",
    "remote": "",
    "patience": "45",  # text: Invoke makes a variable what stands here, and "1.5" is no int
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Publishing:
    """How images are published.

    Attributes:
        registry: host of the registry, and a prefix where there is one: `ghcr.io/acme`.
        remote: git remote that holds what was published, for all who publish; None for the
            repository itself.
        bootstrapped: also publish what stands on a base that `invoke setup` made itself.
        patience: seconds for which a registry that does not answer is asked again.
    """

    registry: str
    remote: str | None
    bootstrapped: bool
    patience: float


def read_publishing(config: Any) -> Publishing:
    """Check what the merged configuration says about publishing.

    Raises:
        UsageError: a value that cannot be, with the name of its key.
    """
    own = mapping("publish", config["publish"])
    refuse_unknown("publish", own, PUBLISH_DEFAULTS)
    return Publishing(
        registry=registry_name("registry", str(config["registry"])),
        remote=_remote(str(own.get("remote") or "")),
        bootstrapped=truth("publish.allow_bootstrapped_bases", own.get("allow_bootstrapped_bases")),
        patience=seconds("publish.patience", own.get("patience", PUBLISH_DEFAULTS["patience"])),
    )


def _remote(text: str) -> str | None:
    """A remote's name or URL; git is started with it, for everybody to see."""
    scheme, _, rest = text.partition("://")
    login = rest.partition("/")[0].rpartition("@")[0]
    # a user of ssh is no secret, a token may stand where the web's user does
    if ":" in login or (login and scheme in {"http", "https"}):
        hint = "name a remote of git, and leave its login to git's credential helpers"
        raise UsageError("`publish.remote` has a login in it", hint=hint)
    return text or None
