"""The builds of a plan in, what of each image's inputs is in the repository out.

A fingerprint also counts the external bases as one machine has them. What is counted here is the
same on every machine and needs no engine: files, arguments, labels, and for a base built here what
that is made from. Two images of one version have the same content when these agree.
"""

from __future__ import annotations

from collections.abc import Mapping

from build_config.fingerprint import Inputs
from build_config.plan import Build

EXTERNAL = "external"
"""Stands for whatever content an external base has."""


def source_inputs(builds: Mapping[str, Build]) -> dict[str, Inputs]:
    """Of every image of a plan, by name.

    Args:
        builds: with all the bases that are built here.
    """
    names = {str(build.connector.image): name for name, build in builds.items()}
    found: dict[str, Inputs] = {}

    def of(name: str) -> Inputs:
        if name not in found:
            tokens: dict[str, str | None] = {
                reference: of(names[reference]).fingerprint if reference in names else EXTERNAL
                for reference in builds[name].bases
            }
            inputs = builds[name].inputs(tokens)
            if inputs is None:
                raise AssertionError(f"{name}: every token is known here")
            found[name] = inputs
        return found[name]

    for name in builds:
        of(name)
    return found
