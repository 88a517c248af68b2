"""The Airbyte protocol as values: lines of a connector in, judged messages out.

`messages` reads lines, `schemas` holds the rules, `json_schema` applies any JSON Schema, `catalog`
and `state` give the two payloads that travel back into a connector a shape. No engine, no disk.
"""
