"""A sync from one real PostgreSQL server to another database of it: every row, compared."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from connector_images import (
    REPOSITORY,
    Answer,
    Message,
    configured,
    container,
    discovered,
    pipe,
)
from postgres_server import USER, PostgresServer

pytest_plugins = ["postgres_fixtures"]
pytestmark = pytest.mark.engine

ROWS = 100_000
TABLE = f"""
CREATE TABLE "Big ""x"" table" (
    id int PRIMARY KEY, name text, amount numeric(12, 2), wide numeric, at timestamptz, day date,
    tags text[], document jsonb
);
INSERT INTO "Big ""x"" table"
SELECT g, CASE WHEN g % 7 > 0 THEN E'user\t"' || g || E'"\\n\\\\' END, g * 1.25, g / 7.0,
    timestamptz '2026-01-01 00:00:00.123456+00' + (g / 10) * interval '1 second',
    date '2000-01-01' + g % 1000, ARRAY[g::text, 'é'], jsonb_build_object('g', g, 'n', NULL)
FROM generate_series(1, {ROWS}) AS g;
"""  # noqa: S608 - our own numbers
COLUMNS = "id, name, amount::numeric, wide, at, day, to_jsonb(tags), document"
TYPES = (
    "id int, name text, amount numeric, wide numeric, at timestamptz, day date, tags jsonb,"
    " document jsonb"
)


def compared(server: PostgresServer) -> str:
    """How many rows there are on both sides, and how many differ."""
    login = f"host={server.host} port={server.port} dbname=shop user={USER}"
    login += f" password={server.password}"
    rows = f'SELECT {COLUMNS} FROM "Big ""x"" table"'  # noqa: S608 - our own names
    there = rows.replace("to_jsonb(tags)", "tags")
    return server.sql(
        "CREATE EXTENSION IF NOT EXISTS dblink;"  # noqa: S608 - our own names
        f"CREATE TEMP TABLE s AS SELECT * FROM dblink('{login}', $${rows}$$) AS s ({TYPES});"
        f"CREATE TEMP TABLE d AS {there};"
        "SELECT (SELECT count(*) FROM s), (SELECT count(*) FROM d),"
        " (SELECT count(*) FROM (TABLE s EXCEPT ALL TABLE d) AS missing),"
        " (SELECT count(*) FROM (TABLE d EXCEPT ALL TABLE s) AS surplus)",
        database="warehouse",
    )


@pytest.mark.parametrize("mode", ["append", "overwrite", "append_dedup"])
def test_a_hundred_thousand_rows_arrive_as_they_were(
    server: PostgresServer,
    images: tuple[str, str],
    source: Callable[..., Answer],
    destination: Callable[..., Answer],
    mode: str,
) -> None:
    del destination  # an empty database is all that is needed of it
    server.sql(TABLE, database="shop")
    catalog = configured(discovered(source, 'Big "x" table'), mode, cursor="at")
    one = {"config": server.config("shop"), "catalog": catalog}
    other = {"config": server.config("warehouse"), "catalog": catalog}
    confirmed = pipe(
        container(images[0], "read", one), container(images[1], "write", other, stdin=True)
    )
    assert json.loads(confirmed[-1])["state"]["stream"]["stream_state"]["ties"]["count"] == 1
    assert compared(server) == f"{ROWS}|{ROWS}|0|0"


@pytest.mark.long
def test_killed_ten_times_and_resumed_the_rows_are_the_same(
    server: PostgresServer,
    images: tuple[str, str],
    source: Callable[..., Answer],
    destination: Callable[..., Answer],
) -> None:
    del destination
    server.sql(TABLE, database="shop")
    catalog = configured(discovered(source, 'Big "x" table'), "append_dedup", cursor="at")
    chance = random.Random(20261122)  # noqa: S311 - the same moments each time
    state: list[Message] = []
    moments: list[float | None] = [chance.uniform(0.3, 3.0) for _ in range(10)]
    for seconds in [*moments, None]:
        config = server.config("shop", checkpoint_records=2000)
        one = {"config": config, "catalog": catalog, "state": state}
        other = {"config": server.config("warehouse"), "catalog": catalog}
        confirmed = pipe(
            container(images[0], "read", one),
            container(images[1], "write", other, stdin=True),
            seconds=seconds,
        )
        state = [json.loads(confirmed[-1])] if confirmed else state
    assert compared(server) == f"{ROWS}|{ROWS}|0|0"


def test_invoke_sync_moves_them_and_resumes(
    server: PostgresServer,
    images: tuple[str, str],
    source: Callable[..., Answer],
    destination: Callable[..., Answer],
    tmp_path: Path,
) -> None:
    """As a developer types it: no catalog; killed in the middle once, then run to its end."""
    del images, source, destination  # the images and the two databases are there
    server.sql(TABLE, database="shop")
    for name, database in (("source", "shop"), ("destination", "warehouse")):
        config = server.config(
            database, **({"checkpoint_records": 2000} if name == "source" else {})
        )
        (tmp_path / f"{name}.json").write_text(json.dumps(config))
    command = (
        *(sys.executable, "-m", "invoke", "sync", "--source=source-postgres"),
        *("--destination=destination-postgres", "--network=host", "--progress=plain"),
        *(f"--{name}-config={tmp_path / name}.json" for name in ("source", "destination")),
        f"--state={tmp_path / 'state.json'}",
    )
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as killed:
        time.sleep(5)
        killed.kill()
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert compared(server) == f"{ROWS}|{ROWS}|0|0", done.stdout
