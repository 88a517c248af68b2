import pytest
from postgres_base.names import literal, quoted
from source_postgres.types import Column, row_sql, schema_of


def numeric(precision: int, scale: int) -> Column:
    modifier = ((precision << 16) | (scale & 0x7FF)) + 4
    return Column(name="n", type_name="numeric", modifier=modifier)


@pytest.mark.parametrize(
    ("column", "type_name"),
    [
        (numeric(5, 0), "integer"),
        (numeric(18, 0), "integer"),
        (numeric(3, -2), "integer"),
        (numeric(19, 0), "string"),
        (numeric(17, -2), "string"),
        (numeric(15, 2), "number"),
        (numeric(3, 5), "number"),
        (numeric(16, 2), "string"),
        (Column(name="n", type_name="numeric"), "string"),
    ],
)
def test_a_numeric_is_a_number_only_where_every_reader_keeps_its_digits(
    column: Column, type_name: str
) -> None:
    schema = schema_of(column)
    assert schema["type"] == ["null", type_name]
    assert (schema.get("airbyte_type") == "big_number") == (type_name == "string")


def test_null_is_left_out_only_where_it_cannot_come() -> None:
    assert schema_of(Column(name="a", type_name="int4", is_required=True)) == {"type": "integer"}
    # a date may be infinity, which becomes null
    assert schema_of(Column(name="a", type_name="date", is_required=True)) == {
        "type": ["null", "string"],
        "format": "date",
    }


def test_types_without_json_are_text() -> None:
    for column in (
        Column(name="a", type_name="inet"),
        Column(name="a", type_name="", kind="e"),
        Column(name="a", type_name=""),
    ):
        assert schema_of(column) == {"type": ["null", "string"]}
    assert schema_of(Column(name="a", type_name="_int4", element="int4"))["type"][1] == "array"
    assert schema_of(Column(name="a", type_name="", kind="c"))["type"][1] == "object"


def test_names_cannot_leave_their_quotes() -> None:
    name = 'a"b {}\\'
    row = row_sql([Column(name=name, type_name="text"), Column(name="f", type_name="float8")], "t")
    assert row.values[0] == 't."a""b {}\\"::text AS "a""b {}\\"'
    assert len(row.changes) == 1
    assert quoted(name) == '"a""b {}\\"'
    assert literal("it's \\") == " E'it''s \\\\'"
    assert literal("plain") == "'plain'"
