from __future__ import annotations

from typing import Any

from build_config.buildkit.messages import SolveRequest, SolveResponse
from build_config.buildkit.request import BuildRequest, build_result, solve_request


def solved(**settings: Any) -> SolveRequest:
    request = BuildRequest(context=lambda: iter(()), **settings)
    return solve_request(request, ref="r", session="s", context="http://buildkit-session/x")


def test_the_least_request_uses_local_bases() -> None:
    assert solved() == SolveRequest(
        ref="r",
        exporter="moby",
        session="s",
        frontend="dockerfile.v0",
        frontend_attributes={
            "filename": "Dockerfile",
            "image-resolve-mode": "local",
            "context": "http://buildkit-session/x",
        },
    )


def test_everything_that_can_be_asked_for() -> None:
    request = solved(
        tags=("docker.io/a/b:1", "docker.io/a/b:2"),
        dockerfile="a/Dockerfile",
        target="final",
        build_args={"A": "1"},
        labels={"l": "2"},
        platform="linux/arm64",
        no_cache=True,
        attributes={"add-hosts": "x=127.0.0.1"},
    )
    assert request.exporter_attributes == {"name": "docker.io/a/b:1,docker.io/a/b:2"}
    assert request.frontend_attributes == {
        "filename": "a/Dockerfile",
        "image-resolve-mode": "local",
        "target": "final",
        "platform": "linux/arm64",
        "no-cache": "",
        "build-arg:A": "1",
        "label:l": "2",
        "add-hosts": "x=127.0.0.1",
        "context": "http://buildkit-session/x",
    }


def test_only_a_build_that_shall_not_be_remembered_is_internal() -> None:
    assert not solved().internal
    assert solved(recorded=False).internal


def test_each_engine_names_its_image_in_its_own_way() -> None:
    old = build_result(SolveResponse(exporter_response={"containerimage.digest": "sha256:1"}))
    assert (old.image_id, old.config_digest) == ("sha256:1", "sha256:1")
    new = {"containerimage.digest": "sha256:1", "containerimage.config.digest": "sha256:2"}
    result = build_result(SolveResponse(exporter_response=new))
    assert (result.image_id, result.config_digest) == ("sha256:1", "sha256:2")
