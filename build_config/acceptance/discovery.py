"""`discover`: one valid catalog whose streams can be read and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from build_config.acceptance import answers
from build_config.acceptance.case import CaseResult, Category, judged
from build_config.connector_protocol.catalog import FieldPath, Stream
from build_config.connector_protocol.json_schema import SchemaError, compile_schema
from build_config.connector_protocol.schema_walk import nodes

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.acceptance.conversation import Answer

_NOT_UNDERSTOOD: Final = ("allOf", "not")


async def judge(bench: Bench, test: Test) -> list[CaseResult]:
    """What `discover` says with the test's config."""
    answer = await bench.discover(test)
    cases = [
        answer.judged(
            Category.DISCOVERY,
            "discover gives exactly one valid CATALOG and ends with exit code 0",
            _manner(answer),
        )
    ]
    if answer.counts["CATALOG"] == 1:
        told = rules(streams(answer), test).items()
        cases += [judged(Category.DISCOVERY, name, problems) for name, problems in told]
    return cases


def rules(found: Sequence[Stream], test: Test) -> dict[str, Iterator[str]]:
    """What a case asserts of the streams -> what is wrong with them."""
    sound = [stream for stream in found if not any(_invalid_schemas([stream]))]
    told = {
        "there are streams": iter(() if found else ("the catalog has no streams",)),
        "no two streams have one name": _duplicates(found),
        "the schema of each stream is valid JSON Schema": _invalid_schemas(found),
        "schemas keep to what destinations understand": _misunderstood(sound),
        "cursors exist in their schemas": _absent_cursors(sound),
        "primary keys exist in their schemas": _absent_keys(sound),
    }
    if test.validate_primary_keys:
        told["primary keys are values, not objects or lists"] = _odd_keys(sound)
    return told


def streams(answer: Answer) -> list[Stream]:
    """The streams of the first catalog; none where there is none."""
    catalog = next(iter(answer.of("CATALOG")), {"streams": ()})
    return [Stream.from_document(document) for document in catalog["streams"]]


def _manner(answer: Answer) -> Iterator[str]:
    yield from answers.not_exactly_one(answer, "CATALOG")
    if answer.counts["CATALOG"]:
        yield from answers.not_messages(answer)
        yield from answers.ended_badly(answer)


def _duplicates(found: Sequence[Stream]) -> Iterator[str]:
    for key, count in Counter(stream.key for stream in found).items():
        if count > 1:
            yield f"stream `{key}` is {count} times in the catalog"


def _invalid_schemas(found: Sequence[Stream]) -> Iterator[str]:
    for stream in found:
        try:
            compile_schema(stream.json_schema)
        except SchemaError as error:
            yield f"stream `{stream.key}`: {error}"
            continue
        if not isinstance(stream.json_schema.get("properties"), dict):
            yield f"stream `{stream.key}`: its schema has no `properties`"


def _misunderstood(found: Sequence[Stream]) -> Iterator[str]:
    """`additionalProperties: false` would make a new field of the source an error downstream."""
    for stream in found:
        for path, node in nodes(stream.json_schema):
            where = f"stream `{stream.key}`: `{path or 'its schema'}`"
            yield from (f"{where} has `{word}`" for word in _NOT_UNDERSTOOD if word in node)
            if node.get("additionalProperties") is False:
                yield f"{where} has `additionalProperties: false`"


def _absent_cursors(found: Sequence[Stream]) -> Iterator[str]:
    for stream in found:
        if (
            stream.default_cursor
            and field_schema(stream.json_schema, stream.default_cursor) is None
        ):
            cursor = ".".join(stream.default_cursor)
            yield f"stream `{stream.key}`: its cursor `{cursor}` is not in its schema"


def _absent_keys(found: Sequence[Stream]) -> Iterator[str]:
    for stream in found:
        for path in stream.primary_key:
            if field_schema(stream.json_schema, path) is None:
                key = ".".join(path)
                yield f"stream `{stream.key}`: its primary key `{key}` is not in its schema"


def _odd_keys(found: Sequence[Stream]) -> Iterator[str]:
    for stream in found:
        for path in stream.primary_key:
            types = (field_schema(stream.json_schema, path) or {}).get("type") or ()
            odd = {"object", "array"} & {types if isinstance(types, str) else "", *types}
            if odd:
                yield f"stream `{stream.key}`: its primary key `{'.'.join(path)}` is an {odd.pop()}"


def field_schema(schema: Mapping[str, Any], path: FieldPath) -> Mapping[str, Any] | None:
    """The schema of a field, nested ones by their path; None where it has no such field."""
    found: Any = schema
    for name in path:
        properties = found.get("properties") if isinstance(found, dict) else None
        if not isinstance(properties, dict) or name not in properties:
            return None
        found = properties[name]
    return found if isinstance(found, dict) else {}
