"""The connector's `manifest.yaml` in, its content out; code of its own is refused."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

MANIFEST: Final = Path("/airbyte/integration_code/manifest.yaml")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNSAFE: Final = "AIRBYTE_ENABLE_UNSAFE_CODE"


class ManifestError(Exception):
    """The connector is broken: its manifest cannot be used, whatever the config says."""


def load_manifest(path: Path) -> dict[str, Any]:
    """The manifest as it was written, references unresolved.

    Raises:
        ManifestError: not there, not YAML, not a mapping, or with custom components.
    """
    try:
        manifest = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - safe
    except OSError as error:
        raise ManifestError(f"cannot read the manifest `{path}`: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        message = " ".join(str(error).split())
        raise ManifestError(f"the manifest `{path}` is not YAML: {message}") from error
    if not isinstance(manifest, dict):
        raise ManifestError(f"the manifest `{path}` is not a mapping")
    custom = next(_custom_components(manifest, ""), None)
    if custom:
        raise ManifestError(
            f"`{custom}` in the manifest names a Python class: a connector with code of its own "
            "stands on base-python, not on base-declarative"
        )
    # With it, the CDK would run Python code that it finds in a config.
    os.environ.pop(_UNSAFE, None)
    return manifest


def _custom_components(value: Any, place: str) -> Iterator[str]:
    """Where there is a `class_name`; a property of that name in a schema is no string."""
    if isinstance(value, dict):
        for key, inner in value.items():
            where = f"{place}.{key}" if place else str(key)
            if key == "class_name" and isinstance(inner, str):
                yield where
            yield from _custom_components(inner, where)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _custom_components(inner, f"{place}[{index}]")
