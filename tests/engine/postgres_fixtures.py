"""Fixtures of the tests of PostgreSQL's connectors: a server, images, a way to run each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from connector_images import Answer, Message, build, run
from engine_under_test import Engine
from postgres_server import PostgresServer, PostgresServerError, postgres_server


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    try:
        with postgres_server() as started:
            yield started
    except PostgresServerError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def images(engine: Engine) -> tuple[str, str]:
    """Ids of the images of the source and of the destination."""
    build("source-postgres", "destination-postgres")
    return tuple(engine.id(f"connectoryard/{it}-postgres:dev") for it in ("source", "destination"))  # type: ignore[return-value] # two


@pytest.fixture
def source(server: PostgresServer, images: tuple[str, str]) -> Callable[..., Answer]:
    """Runs the source on the database `shop`, which is empty at first."""
    server.make_database("shop")

    def command(name: str, *, config: Message | None = None, **files: Any) -> Answer:
        settings = {**server.config("shop", checkpoint_records=1), **(config or {})}
        return run(images[0], name, config=settings, **files)

    return command


@pytest.fixture
def destination(server: PostgresServer, images: tuple[str, str]) -> Callable[..., Answer]:
    """Runs the destination on the database `warehouse`, which is empty at first."""
    server.make_database("warehouse")

    def command(name: str, *, config: Message | None = None, **given: Any) -> Answer:
        settings = {**server.config("warehouse"), **(config or {})}
        return run(images[1], name, config=settings, **given)

    return command
