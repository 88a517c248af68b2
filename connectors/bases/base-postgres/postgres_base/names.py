"""Names in SQL: any text in, an identifier or a literal that means exactly this text out."""


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """An SQL identifier of something in a schema."""
    return f"{quoted(schema)}.{quoted(name)}"


def literal(text: str) -> str:
    """An SQL string; for statements such as COPY, which take no parameters."""
    escaped = text.replace("'", "''")
    if "\\" not in escaped:
        return f"'{escaped}'"
    # The E form means the same whatever `standard_conforming_strings` is.
    return " E'" + escaped.replace("\\", "\\\\") + "'"
