"""A manifest in, the specification that it spells out out; without the CDK, which takes seconds."""

from collections.abc import Mapping
from typing import Any, Final

_SHOWN: Final = ("connection_specification", "documentation_url")
_HIDDEN: Final = ("type", "config_normalization_rules")
_DEFAULTS: Final = {"supportsNormalization": False, "supportsDBT": False}
"""What the CDK says of every source."""


def plain_specification(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """What `spec` answers; None where only the CDK can tell, because of references and the like."""
    written = manifest.get("spec")
    if (
        not isinstance(written, dict)
        or not isinstance(written.get("connection_specification"), dict)
        or not {*_SHOWN, *_HIDDEN}.issuperset(written)
        or "$parameters" in manifest
        or any(_refers(written.get(key)) for key in _SHOWN)
    ):
        return None
    specification = {**_DEFAULTS, "connectionSpecification": written["connection_specification"]}
    if written.get("documentation_url"):
        specification["documentationUrl"] = written["documentation_url"]
    return specification


def _refers(value: Any) -> bool:
    """Whether anything in it is resolved or handed down by the CDK."""
    if isinstance(value, dict):
        return (
            "$ref" in value or "$parameters" in value or any(_refers(it) for it in value.values())
        )
    if isinstance(value, list):
        return any(_refers(it) for it in value)
    return isinstance(value, str) and value.startswith("#/")
