"""Results of cases in, the same without the secrets of the configs that they were judged with out.

A connector may say what it was trusted with, and its last lines go to logs, events and JUnit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from build_config.acceptance.bench import Bench
from build_config.acceptance.case import CaseResult
from build_config.acceptance.config import Test
from build_config.acceptance.fixtures import FixtureError
from build_config.acceptance.leaks import secret_values
from build_config.acceptance.spec_rules import form_in
from build_config.acceptance.texts import texts
from build_config.masking import Mask

_SHORTEST: Final = 8
"""Characters of a text that may be a secret where no form says which are."""


def without_secrets(
    bench: Bench, tests: Iterable[Test], results: Iterable[CaseResult]
) -> list[CaseResult]:
    """The results with a mask in place of each secret of the tests' configs."""
    mask, spec = Mask(), bench.answers.get(("spec", ""))  # as far as it was asked
    form = form_in(spec.of("SPEC") if spec else ())
    for test in tests:
        try:
            config = bench.config(test)
        except FixtureError:
            continue
        for value in secrets(form, config):
            mask.hide(value.encode())
    return [
        replace(result, message=mask(result.message), details=tuple(map(mask, result.details)))
        for result in results
    ]


def secrets(form: Mapping[str, Any] | None, config: Any) -> Iterator[str]:
    """What the form marks as secret; without a form every text that could be."""
    if form is not None:
        yield from (value for _, value in secret_values(form, config))
    else:
        yield from (text for text in texts(config) if len(text) >= _SHORTEST)
