"""`spec`: one specification, from which the platform can make a form and keep the secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from build_config.acceptance import answers, fixtures, spec_rules
from build_config.acceptance.case import CaseResult, Category, judged
from build_config.acceptance.config import USUAL_CONFIG
from build_config.acceptance.fixtures import FixtureError
from build_config.connector import Kind
from build_config.connector_protocol.json_schema import SchemaError, compile_schema, faults
from build_config.yaml_files import YamlFileError, parse

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.acceptance.conversation import Answer


async def judge(bench: Bench, test: Test) -> list[CaseResult]:
    """What `spec` says."""
    answer = await bench.spec(test)
    cases = [
        answer.judged(
            Category.SPEC,
            "spec gives exactly one SPEC message and ends with exit code 0",
            _manner(answer),
        )
    ]
    if answer.counts["SPEC"] != 1:
        return cases
    specification = answer.of("SPEC")[0]
    form = specification["connectionSpecification"]
    invalid = list(spec_rules.invalid(form))
    cases.append(judged(Category.SPEC, "the form is an object in valid JSON Schema", invalid))
    if invalid:
        return cases
    for name, rule in spec_rules.RULES.items():
        cases.append(judged(Category.SPEC, name, rule(form)))
    if bench.subject.connector.kind is Kind.DESTINATION:
        name = "the destination says which sync modes it can do"
        cases.append(judged(Category.SPEC, name, _modes(specification)))
    if test.spec_path:
        problems = _unlike(bench, test.spec_path, specification)
        cases.append(judged(Category.SPEC, f"the SPEC equals `{test.spec_path}`", problems))
    if _has_config(bench, test):
        problems = _unfit(bench, test, form)
        cases.append(judged(Category.SPEC, "the config fits the form", problems))
    return cases


def _manner(answer: Answer) -> Iterator[str]:
    yield from answers.not_exactly_one(answer, "SPEC")
    if answer.counts["SPEC"]:
        yield from answers.not_messages(answer)
        yield from answers.ended_badly(answer)


def _modes(specification: Mapping[str, Any]) -> Iterator[str]:
    if not specification.get("supported_destination_sync_modes"):
        yield "`supported_destination_sync_modes` is missing or empty"


def _unlike(bench: Bench, path: str, specification: Mapping[str, Any]) -> Iterator[str]:
    """A file may leave out what only the connector knows, and hold what the protocol has not."""
    try:
        text = fixtures.read_bytes(bench.subject.folder, path).decode(errors="replace")
        expected = parse(text, path)
    except (FixtureError, YamlFileError) as error:
        yield str(error)
        return
    if not isinstance(expected, dict):
        yield f"`{path}` holds no object"
        return
    for key in sorted({*expected, *specification}, key=str):
        if expected.get(key) != specification.get(key):
            yield f"`{key}` differs from `{path}`"


def _has_config(bench: Bench, test: Test) -> bool:
    """The usual file is not asked for where nobody named it."""
    is_named = "config_path" in test.options
    return is_named or (bench.subject.folder / USUAL_CONFIG).is_file()


def _unfit(bench: Bench, test: Test, form: Mapping[str, Any]) -> Iterator[str]:
    try:
        config = bench.config(test)
        validator = compile_schema(form, hide_values=True)
    except (FixtureError, SchemaError) as error:
        yield str(error)
        return
    yield from (f"`{test.config_path}`: {fault}" for fault in faults(validator, config))
