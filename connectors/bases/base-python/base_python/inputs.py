"""The JSON files of the command line: a path in, a config, catalog or states out."""

import json
from pathlib import Path
from typing import Any

from base_python.errors import ConnectorError


def load_object(path: str, what: str) -> dict[str, Any]:
    """An object; `what` is how messages call the file: the config, the catalog.

    Raises:
        ConnectorError: no such file, not JSON, not an object.
    """
    loaded = load(path, what)
    if not isinstance(loaded, dict):
        raise ConnectorError(f"the {what} `{path}` is not a JSON object")
    return loaded


def load(path: str, what: str) -> Any:
    """Any JSON document.

    Raises:
        ConnectorError: no such file, not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConnectorError(f"cannot read the {what} `{path}`: {error.strerror}") from error
    except ValueError as error:
        raise ConnectorError(f"the {what} `{path}` is not JSON: {error}") from error


def violations(config: dict[str, Any], specification: dict[str, Any]) -> str:
    """What is wrong with a config by its specification, in one line; empty when nothing is."""
    from jsonschema import Draft7Validator

    validator = Draft7Validator(specification["connectionSpecification"])
    errors = sorted(validator.iter_errors(config), key=lambda error: error.json_path)
    # The value is not repeated: it may be the password.
    return "; ".join(f"`{error.json_path}` {_reason(error)}" for error in errors)


def _reason(error: Any) -> str:
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"lacks {', '.join(f'`{name}`' for name in missing)}"
    if error.validator == "oneOf":
        return "is none of the alternatives, or lacks what its alternative requires"
    return f"must satisfy `{error.validator}: {error.validator_value}`"


def secrets_of(config: Any, schema: Any) -> list[str]:
    """The values of a config that its schema marks with `airbyte_secret`."""
    if not isinstance(schema, dict) or not isinstance(config, dict):
        return []
    found = []
    for name, described in (schema.get("properties") or {}).items():
        value = config.get(name)
        if isinstance(value, str) and described.get("airbyte_secret"):
            found.append(value)
        found += secrets_of(value, described)
    for alternative in schema.get("oneOf") or ():
        found += secrets_of(config, alternative)
    return found
