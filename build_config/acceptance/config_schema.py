"""The format of `acceptance-test-config.yml` as a JSON Schema: Airbyte's keys, and ours.

Airbyte's (docs.airbyte.com, "Acceptance Tests Reference") came with connector-acceptance-test 1.0;
keys that we accept and do not act on are marked. Ours begin with `x-`, or are the classes `image`,
`write` and `robustness`, which Airbyte has not.
"""

from __future__ import annotations

from typing import Any, Final

from build_config.acceptance.case import Category

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_YES_OR_NO: Final[Schema] = {"type": "boolean"}
_ANYTHING: Final[Schema] = {}
_TARGET: Final[Schema] = {"type": "string", "pattern": "^/.+"}


def _of(required: str = "", /, **properties: Schema) -> Schema:
    """An object with these keys and no others; `required` names some of them."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


def _each(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _class(**keys: Schema) -> Schema:
    """A class of tests: a reason to bypass it, or tests with these keys."""
    test = _of(
        config_path=_TEXT,
        timeout_seconds={"type": "number", "exclusiveMinimum": 0},
        deployment_mode={"enum": ["cloud", "oss"]},
        client_container_config=_ANYTHING,  # not acted on: a container beside the connector's
        **keys,
    )
    return _of(bypass_reason={"type": "string", "minLength": 1}, tests=_each(test))


_REASONED: Final = _of("name", name=_TEXT, bypass_reason=_TEXT)
_IGNORED: Final[Schema] = {
    "type": ["object", "null"],
    "additionalProperties": _each({"anyOf": [_TEXT, _REASONED]}),
}
_COMPATIBILITY: Final = _of(previous_connector_version=_TEXT, disable_for_version=_TEXT)
_EXPECTED: Final = _of(
    path=_TEXT,
    bypass_reason=_TEXT,
    exact_order=_YES_OR_NO,
    extra_fields=_YES_OR_NO,
    extra_records=_YES_OR_NO,
)
_FUTURE: Final = _of(
    future_state_path=_TEXT,
    bypass_reason=_TEXT,
    missing_streams=_each(_REASONED),
    cursor_format=_ANYTHING,  # not acted on: the state is passed as it is
)
_READ: Final[Schema] = {"configured_catalog_path": _TEXT, "ignored_fields": _IGNORED}

CLASSES: Final[dict[str, Schema]] = {
    Category.IMAGE: _class(),
    Category.SPEC: _class(
        spec_path=_TEXT,
        backward_compatibility_tests_config=_COMPATIBILITY,  # not acted on
        auth_default_method=_ANYTHING,  # not acted on
    ),
    Category.CONNECTION: _class(status={"enum": ["succeed", "failed", "exception"]}),
    Category.DISCOVERY: _class(
        backward_compatibility_tests_config=_COMPATIBILITY,  # not acted on
        validate_primary_keys_data_type=_YES_OR_NO,
    ),
    Category.BASIC_READ: _class(
        **_READ,
        empty_streams=_each({"anyOf": [_TEXT, _REASONED]}),
        expect_records=_EXPECTED,
        validate_schema=_YES_OR_NO,
        validate_stream_statuses=_YES_OR_NO,
        validate_state_messages=_YES_OR_NO,
        validate_primary_keys_data_type=_YES_OR_NO,
        validate_data_points=_YES_OR_NO,
        fail_on_extra_columns=_YES_OR_NO,
        expect_trace_message_on_failure=_YES_OR_NO,  # not acted on: robustness looks at it
        file_types=_ANYTHING,  # not acted on
    ),
    Category.FULL_REFRESH: _class(**_READ),
    Category.INCREMENTAL: _class(
        **_READ,
        future_state=_FUTURE,
        future_state_path=_TEXT,  # before 0.2.12
        cursor_paths=_ANYTHING,  # not acted on: the catalog says it
        threshold_days={"type": "integer"},  # not acted on
        skip_comprehensive_incremental_tests=_YES_OR_NO,
    ),
    # `read_back` and all else that is peculiar to writing is read by its category.
    Category.WRITE: _class(configured_catalog_path=_TEXT, read_back=_ANYTHING),
    Category.ROBUSTNESS: _class(configured_catalog_path=_TEXT),
    # Airbyte's, about documents and not about the image:
    "connector_attributes": _ANYTHING,
    "connector_documentation": _ANYTHING,
}

SANDBOX: Final = _of(
    network=_TEXT,
    mounts=_each(_of("source target", source=_TEXT, target=_TARGET, writable=_YES_OR_NO)),
    folders=_each(_TARGET),
    memory_mb={"type": "integer", "minimum": 16},
)

CONFIG: Final = _of(
    connector_image=_TEXT,
    base_path=_TEXT,
    test_strictness_level={"enum": ["low", "high"]},
    custom_environment_variables={"type": "object"},
    cached_discovered_catalog=_ANYTHING,  # not acted on: discover is asked once anyway
    acceptance_tests=_of(**CLASSES),
    **{
        "x-sandbox": SANDBOX,
        "x-protocol-level": {"enum": ["2021", "current"]},
        "x-service": {"type": "array", "items": _TEXT, "minItems": 1},
    },
)
