"""Private bases: the engine asks the session who to be, whatever way the registry wants it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
import tiny_build
from tiny_build import labels, request, run
from tiny_registry import Registry, image, serving

from build_config.buildkit.failures import BuildFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_config.buildkit.client import BuildKit

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module", autouse=True)
def _clean() -> Iterator[None]:
    yield
    tiny_build.remove_images()


@pytest.mark.parametrize("tokens", [False, True], ids=["basic", "tokens"])
def test_a_private_base_is_pulled_with_the_login_for_its_host(*, tokens: bool) -> None:
    mark = uuid.uuid4().hex
    login = ("me", "pass:word")
    asked: list[str] = []

    def credentials(host: str) -> tuple[str, str]:
        asked.append(host)
        return login

    with serving(Registry(login=login, tokens=tokens, content=image(mark))) as host:

        async def build(buildkit: BuildKit) -> None:
            await buildkit.build(request(f"FROM {host}/private:1\nCOPY greeting /\n", "private"))

        run(build, credentials=credentials)
        assert set(asked) == {host}
    assert labels("private") == {"origin": mark}


@pytest.mark.parametrize("tokens", [False, True], ids=["basic", "tokens"])
def test_without_a_login_a_private_base_fails_the_build(*, tokens: bool) -> None:
    registry = Registry(login=("me", "pass"), tokens=tokens, content=image("x"))
    with serving(registry) as host:

        async def build(buildkit: BuildKit) -> None:
            await buildkit.build(request(f"FROM {host}/private:1\n"))

        with pytest.raises(BuildFailedError, match=r"nauthorized|401|authorization failed"):
            run(build)
