"""A reference in, the recipe for an equivalent of that image out, for want of a registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from build_config.image import InvalidReferenceError, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

# Documentation, manuals and translations stay out; licences stay in. As in Docker's slim images.
SLIM = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/groff/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/linda/*",
    "path-exclude=/usr/share/lintian/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/man/*",
)

# A virtual environment *is* /usr/local, because that is how the official image looks from inside:
# sys.prefix is /usr/local, packages go to site-packages, `pip install --prefix` makes the usual
# tree and nothing is "externally managed". Debian's own pip differs in all four, and so breaks
# Dockerfiles that copy an installed tree from one stage to the next. The packages of the system
# stay visible (there are none), for otherwise pip refuses `--user`.
PYTHON_IN_USR_LOCAL = (
    "python3 -m venv --system-site-packages /usr/local",
    "rm -f /usr/local/bin/activate /usr/local/bin/activate.* /usr/local/bin/Activate.ps1",
    "/usr/local/bin/python -c 'import pip, ssl'",
)

# Alternatives of `java` have manual pages, and their links need a folder: an empty one will do.
SLIM_WITH_MANUALS = (*SLIM, "path-include=/usr/share/man/man[1-9]")

# The official image has its Java there, Debian in a directory named after the processor.
JAVA_IN_OPT = (
    "mkdir -p /opt/java && ln -s /usr/lib/jvm/java-17-openjdk-* /opt/java/openjdk",
    "/opt/java/openjdk/bin/java -version",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How to make an image from a distribution's packages.

    Attributes:
        suite: the Debian release, by code name.
        packages: beyond those that every Debian has.
        dpkg_options: lines for dpkg.cfg(5), kept in the image.
        commands: run inside the new root, in order, after the packages are there.
        environment: of the image.
        command: what the image runs by default.
    """

    suite: str
    packages: tuple[str, ...]
    dpkg_options: tuple[str, ...] = SLIM
    commands: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()


# To make another image, add an entry here; tests/engine/test_setup.py tries each of them.
RECIPES: Mapping[str, Recipe] = {
    "python:3.11-slim-bookworm": Recipe(
        suite="bookworm",
        packages=("ca-certificates", "netbase", "python3-venv", "tzdata"),
        commands=PYTHON_IN_USR_LOCAL,
        environment={
            "PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
        },
        command=("python3",),
    ),
    "eclipse-temurin:17-jre": Recipe(
        suite="bookworm",
        packages=("ca-certificates", "netbase", "openjdk-17-jre-headless", "tzdata"),
        dpkg_options=SLIM_WITH_MANUALS,
        commands=JAVA_IN_OPT,
        environment={
            "JAVA_HOME": "/opt/java/openjdk",
            "PATH": "/opt/java/openjdk/bin"
            ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
        },
        command=("bash",),
    ),
}


def find_recipe(reference: str) -> Recipe | None:
    """Return the recipe for a reference however it is spelt; None for what we cannot make."""
    try:
        return RECIPES.get(str(parse(reference)))
    except InvalidReferenceError:
        return None
