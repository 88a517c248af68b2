"""Whatever a client does to an engine's images, the kept list says what the engine would list."""

from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from archives import archive

from build_config.image_rows import LIST, Asking, image_rows
from build_config.machine import engine_socket
from build_config.machine.engine_address import find_engine_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker
    from engine_under_test import Engine

pytestmark = [pytest.mark.engine, pytest.mark.long]  # an engine may have many images to list


@pytest.fixture
def namespace(engine: Engine) -> Iterator[str]:
    """For the names of a test; none of its images is left."""
    name = f"rows-{uuid.uuid4().hex[:10]}"
    yield name
    engine.remove_all(name)


@pytest.fixture
def asking() -> Asking:
    """The engine of the tests, as a build asks it."""
    address = find_engine_address()
    path = engine_socket.socket_path(address)
    if path is None:
        pytest.skip("the engine has no socket here")
    return Asking(
        name=path,
        get=partial(engine_socket.get, address, path),
        get_lines=partial(engine_socket.get_lines, address, path),
    )


def names(rows: Any, namespace: str) -> set[tuple[str, str]]:
    """The names of a test, and the images that they are of."""
    fields = ("RepoTags", "RepoDigests")
    found = ((name, row["Id"]) for row in rows for field in fields for name in row[field] or ())
    return {pair for pair in found if pair[0].startswith(f"{namespace}/")}


def imported(api: docker.APIClient, name: str) -> None:
    """An image that is another one each time."""
    repository, _, tag = name.partition(":")
    api.import_image_from_data(
        archive({"file": uuid.uuid4().bytes}), repository=repository, tag=tag
    )


def built(api: docker.APIClient, name: str) -> None:
    """By BuildKit, as `docker build` does it; another one each time."""
    context = archive({"Dockerfile": b"FROM scratch\nCOPY file /\n", "file": uuid.uuid4().bytes})
    answer = api.post(
        f"{api.base_url}/v1.41/build", params={"version": "2", "t": name}, data=context
    )
    assert answer.ok
    assert b'"error"' not in answer.content


def loaded(api: docker.APIClient, name: str) -> None:
    """A name that is gone comes back out of an archive."""
    saved = b"".join(api.get_image(name))
    api.remove_image(name)
    api.load_image(saved)  # type: ignore[no-untyped-call]


def committed(api: docker.APIClient, name: str) -> None:
    """A container becomes an image of the same repository."""
    container = api.create_container(name, ["nothing"])
    try:
        api.commit(container, repository=name.partition(":")[0], tag="committed")
    finally:
        api.remove_container(container)


def tagged(api: docker.APIClient, name: str) -> None:
    """The image gets a name in another repository, and an old name there moves to it."""
    api.tag(name, f"{name.partition(':')[0]}-2", "other")


def removed_by_id(api: docker.APIClient, name: str) -> None:
    """With all its names at once."""
    image: dict[str, str] = api.inspect_image(name)  # type: ignore[no-untyped-call]
    api.remove_image(image["Id"], force=True)


DEEDS: tuple[Callable[[Any, str], None], ...] = (
    *(imported, built, tagged, built, tagged, committed, loaded),
    *(lambda api, name: api.remove_image(name), built, tagged, removed_by_id),
)


def test_after_each_deed_of_another_client_the_list_is_as_if_asked_for(
    engine: Engine, namespace: str, asking: Asking, tmp_path: Path
) -> None:
    api = engine.client.api
    for deed in DEEDS:
        deed(api, f"{namespace}/image:1")
        said = names(image_rows(asking, tmp_path), namespace)
        assert said == names(asking.get(LIST), namespace)
