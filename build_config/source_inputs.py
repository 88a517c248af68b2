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
        builds: with all the bases that are built here, each before what stands on it.
    """
    fingerprints: dict[str, str] = {}
    found: dict[str, Inputs] = {}
    for name, build in builds.items():
        inputs = build.inputs({base: fingerprints.get(base, EXTERNAL) for base in build.bases})
        if inputs is None:
            raise AssertionError(f"{name}: every token is known here")
        fingerprints[str(build.connector.image)] = inputs.fingerprint
        found[name] = inputs
    return found
