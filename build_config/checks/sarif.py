"""Defects in, a SARIF log out (OASIS SARIF 2.1.0), which code hosts show beside the lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from build_config.checks.rules import RULES
from build_config.defect import Defect

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NOWHERE = "invoke.yaml"
"""Where a defect of no file is shown: GitHub refuses a whole log for one without a place."""


def sarif(defects: Sequence[Defect]) -> str:
    """One run; rules that were broken are described in it."""
    from importlib import metadata  # takes a tenth of a check of a large repository

    broken = sorted({defect.rule for defect in defects})
    driver = {
        "name": "Connector Yard",
        "semanticVersion": metadata.version("connector-yard"),
        "rules": [{"id": rule, "shortDescription": {"text": RULES[rule]}} for rule in broken],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(defect, broken.index(defect.rule)) for defect in defects],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(defect: Defect, rule_index: int) -> dict[str, Any]:
    cure = f" Cure: {defect.cure}." if defect.cure else ""
    uri = quote((defect.path or _NOWHERE).encode(errors="surrogateescape"))
    place = {
        "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": defect.line or 1},
    }
    result: dict[str, Any] = {
        "ruleId": defect.rule,
        "ruleIndex": rule_index,
        "level": "error",
        "message": {"text": f"{defect.message}.{cure}"},
        "locations": [{"physicalLocation": place}],
    }
    if defect.connector:
        result["properties"] = {"connector": defect.connector}
    return result
