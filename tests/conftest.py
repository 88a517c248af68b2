"""Fixtures that modules of tests share."""

from __future__ import annotations

import signal
import uuid
from typing import TYPE_CHECKING

import engine_under_test
import pytest
from debian_packages import DebianPackagesError
from docker.errors import DockerException
from hypothesis import settings
from memory_registry import MemoryRegistry, memory_registry
from publications import Publisher, publisher_of
from yard import NOBODY, Yard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from browser import Browser
    from engine_under_test import Engine


settings.register_profile("nightly", max_examples=200, stateful_step_count=50)

# A shell starts background jobs deaf to SIGINT, and so everything that these tests would interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Beside what everybody runs all the time there is what takes its time."""
    parser.addoption("--long", action="store_true", help="also run the tests marked `long`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless it is asked for."""
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The real engine; without one the test fails, and says what to do."""
    try:
        with engine_under_test.connected() as answering:
            yield answering
    except (DockerException, OSError) as error:
        pytest.fail(
            f"no Docker engine answers at {engine_under_test.ADDRESS} ({error}): "
            'run `invoke setup`, or leave these tests out with `pytest -m "not engine"`',
            pytrace=False,
        )


@pytest.fixture(scope="session")
def shell(engine: Engine) -> Iterator[str]:
    """Reference of an external image with `sh`, `cat` and `sleep`: just enough for a RUN."""
    namespace = _namespace()
    reference = f"{namespace}/shell:1"
    engine.import_shell(reference)
    yield reference
    engine.remove_all(namespace)


@pytest.fixture
def yard(tmp_path: Path, engine: Engine) -> Iterator[Yard]:
    """An empty repository, not yet git's, before the real engine; its images go in the end."""
    made = _yard(tmp_path, engine_under_test.ADDRESS)
    yield made
    engine.remove_all(made.namespace)


@pytest.fixture
def registry() -> Iterator[MemoryRegistry]:
    """An empty one, in memory."""
    with memory_registry() as started:
        yield started


@pytest.fixture
def publisher(tmp_path: Path, registry: MemoryRegistry) -> Publisher:
    """Who publishes to it."""
    return publisher_of(tmp_path, registry.host)


@pytest.fixture
def repository(tmp_path: Path) -> Yard:
    """The same where no engine answers."""
    return _yard(tmp_path, NOBODY)


def _yard(tmp_path: Path, engine: str) -> Yard:
    root, home = tmp_path / "repository", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    return Yard(root=root, home=home, namespace=_namespace(), engine=engine)


def _namespace() -> str:
    return f"end-to-end-{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="module")
def running() -> Iterator[Browser]:
    """A browser, installed where there is none."""
    import browser  # only now: selenium takes its time, and few tests want it

    try:
        with browser.browser() as started:
            yield started
    except DebianPackagesError as error:
        pytest.fail(str(error), pytrace=False)
